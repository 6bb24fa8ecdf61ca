import { z } from "zod";
import type { IncidentMemory } from "../../jobs/store.ts";
import { confirmedIn } from "../../pipeline/labelled-case.ts";
import {
  isSameIncident,
  PastIncident,
  pastIncident,
  type SimilarIncident,
  similarIncidents,
} from "../../pipeline/past-incident.ts";
import { fits } from "../../pipeline/permitted.ts";
import { readSaved } from "./read-saved.ts";
import { redisFeedback } from "./redis-feedback.ts";
import type { RedisHashes, RedisMemoryOptions } from "./redis-hashes.ts";

/** All of them are read with each diagnosis, about a kilobyte each; the oldest beyond this go. */
const mostIncidents = 2_000;
/** They go to the process of each diagnosis. */
const mostRecalled = 300;

/**
 * Diagnosed incidents in one Redis hash, by the id of their question. An incident that was asked about
 * several times is kept once, as it was last seen.
 *
 * Throws: what the client throws. What another version saved and cannot be read is passed over.
 */
export function redisMemory(redis: RedisHashes, options: RedisMemoryOptions): IncidentMemory {
  const { key, retentionMs, now } = options;
  const feedback = redisFeedback(redis, options);

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
      const isShown = (service: string) => fits(service, permitted?.services ?? null);
      const similar = similarIncidents(
        incident,
        others.map((one) => one.incident).filter(({ service }) => isShown(service)),
      );
      if (similar.length === 0) return [];
      const cases = await feedback.list();
      return similar.map((one): SimilarIncident => {
        const confirmed = confirmedIn(one.incident, cases);
        return {
          ...one,
          incident: permitted === undefined ? one.incident : withoutWords(one.incident),
          confirmed: confirmed !== null && isShown(confirmed) ? confirmed : null,
        };
      });
    },
    async recall(permitted) {
      const isShown = (service: string) => fits(service, permitted?.services ?? null);
      const known = (await all()).filter(({ incident }) => isShown(incident.service)).slice(0, mostRecalled);
      const cases = known.length === 0 ? [] : await feedback.list();
      return known.map(({ incident }) => {
        const confirmed = confirmedIn(incident, cases);
        return {
          incident: permitted == null ? incident : withoutWords(incident),
          confirmed: confirmed !== null && isShown(confirmed) ? confirmed : null,
        };
      });
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

function read(text: string): Remembered[] {
  const remembered = readSaved(text, Remembered);
  return remembered === null ? [] : [remembered];
}
