import { z } from "zod";
import type { IncidentMemory } from "../../jobs/store.ts";
import {
  isSameIncident,
  PastIncident,
  pastIncident,
  similarIncidents,
} from "../../pipeline/past-incident.ts";
import { fits } from "../../pipeline/permitted.ts";

/** What the memory asks of a Redis client. */
export interface RedisHashes {
  hgetall(key: string): Promise<Record<string, string>>;
  hset(key: string, field: string, value: string): Promise<unknown>;
  hdel(key: string, ...fields: string[]): Promise<number>;
  pexpire(key: string, milliseconds: number): Promise<number>;
}

export interface RedisMemoryOptions {
  /** The hash that holds the incidents: one per telemetry, or one system's would be told of another. */
  readonly key: string;
  /** What was last asked about longer ago is forgotten. */
  readonly retentionMs: number;
  readonly now: () => number;
}

/** All of them are read with each diagnosis, about a kilobyte each; the oldest beyond this go. */
const mostIncidents = 2_000;

/**
 * Diagnosed incidents in one Redis hash, by the id of their question. An incident that was asked about
 * several times is kept once, as it was last seen.
 *
 * Throws: what the client throws. What another version saved and cannot be read is passed over.
 */
export function redisMemory(redis: RedisHashes, options: RedisMemoryOptions): IncidentMemory {
  const { key, retentionMs, now } = options;

  async function all(): Promise<Remembered[]> {
    const saved = Object.values(await redis.hgetall(key)).flatMap((text) => read(text));
    return saved.sort((a, b) => b.incident.start - a.incident.start);
  }

  async function drop(remembered: readonly Remembered[]): Promise<void> {
    const ids = remembered.map(({ incident }) => incident.questionId);
    if (ids.length > 0) await redis.hdel(key, ...ids);
  }

  return {
    async remember(diagnosis) {
      const incident = pastIncident(diagnosis);
      if (incident === null) return [];
      const known = await all();
      const same = known.filter((one) => isSameIncident(one.incident, incident));
      const others = known.filter((one) => !same.includes(one));
      const whole = {
        ...incident,
        start: Math.min(incident.start, ...same.map((one) => one.incident.start)),
        end: Math.max(incident.end, ...same.map((one) => one.incident.end)),
      };
      const remembered: Remembered = { savedAt: now(), incident: whole };
      await redis.hset(key, incident.questionId, JSON.stringify(remembered));
      // Telemetry that nobody asks about any more, a demo's say, leaves nothing behind.
      await redis.pexpire(key, retentionMs);
      await drop(same.filter((one) => one.incident.questionId !== incident.questionId));
      const oldest = now() - retentionMs;
      await drop(others.filter(({ savedAt }, index) => savedAt < oldest || index >= mostIncidents));
      const { permitted } = diagnosis.question;
      const past = others.map((one) => one.incident);
      return similarIncidents(
        incident,
        past.filter(({ service }) => fits(service, permitted?.services ?? null)),
      ).map((one) => (permitted === undefined ? one : { ...one, incident: withoutWords(one.incident) }));
    },
    async list({ service, limit }) {
      const known = (await all()).map(({ incident }) => incident);
      return known.filter((one) => service === null || one.service === service).slice(0, limit);
    },
    async forget({ before, questionId }) {
      const known = await all();
      const gone = known.filter(
        ({ incident }) =>
          (before === null || incident.end < before) &&
          (questionId === null || incident.questionId === questionId),
      );
      await drop(gone);
      return gone.map(({ incident }) => incident);
    },
  };
}

/** What was said of it then may name what may not be seen now. */
function withoutWords(incident: PastIncident): PastIncident {
  return { ...incident, metric: null, why: "" };
}

const Remembered = z.object({ savedAt: z.number(), incident: PastIncident });
type Remembered = z.infer<typeof Remembered>;

const Json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "is no JSON" });
    return z.NEVER;
  }
});

function read(text: string): Remembered[] {
  const parsed = Json.pipe(Remembered).safeParse(text);
  return parsed.success ? [parsed.data] : [];
}
