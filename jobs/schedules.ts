import { createHash } from "node:crypto";
import { z } from "zod";
import { BotError } from "../pipeline/errors.ts";
import type { ChatQuestion, EpochMs } from "../pipeline/types.ts";
import { bullmq } from "./bullmq.ts";
import type { Questions, Schedule, Schedules } from "./enqueue.ts";
import type { RedisConnections } from "./redis-connection.ts";

export interface SchedulesOptions {
  /** Of the queue; programs with the same name share their schedules. */
  readonly name: string;
  readonly connections: RedisConnections;
  readonly now: () => EpochMs;
}

export interface ScheduleWorkOptions extends SchedulesOptions {
  readonly questions: Questions;
  /** The longest period that one summary may cover, in milliseconds. */
  readonly longestMs: number;
  /** What may be seen, asked anew each time, since it can have changed. Throws: BotError "access-denied". */
  readonly permit: (schedule: Schedule) => ChatQuestion["permitted"];
  /** A program that has not been heard of for this long has lost its work to others. */
  readonly lockMs: number;
  readonly onTrouble: (what: string, error: unknown) => void;
}

const Saved = z.object({
  id: z.string(),
  wish: z.string().default(""),
  thread: z.object({ surface: z.string(), thread: z.string() }),
  channel: z.string(),
  person: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  words: z.string(),
  services: z.array(z.string()),
  isPaused: z.boolean(),
  isFixed: z.boolean().default(false),
  from: z.unknown(),
  createdAt: z.number(),
  coveredTo: z.number().nullable(),
});
type Saved = z.infer<typeof Saved>;

const SavedChannel = z.object({
  channel: z.string(),
  thread: z.object({ surface: z.string(), thread: z.string() }),
  from: z.unknown(),
});

export interface OpenSchedules extends Schedules {
  /** Takes one away, wherever it was made. */
  drop(id: string): Promise<void>;
  close(): Promise<void>;
}

const mostPerChannel = 20;
const dueName = "due";
/** Whoever is to fire one may find Redis away. */
const dueOptions = {
  attempts: 20,
  backoff: { type: "exponential", delay: 1_000 },
  removeOnComplete: 100,
  removeOnFail: 100,
} as const;

const keyOf = ({ connections, name }: SchedulesOptions) => `${connections.prefix}:schedules:${name}`;

function queueOf({ connections: { prefix, client }, name }: SchedulesOptions) {
  const queue = new bullmq.Queue(name, { prefix, connection: client });
  queue.on("error", () => {});
  return queue;
}

async function load(options: SchedulesOptions, id: string): Promise<Saved | null> {
  const text = await options.connections.client.hget(keyOf(options), id);
  return text === null ? null : Saved.parse(JSON.parse(text));
}

async function save(options: SchedulesOptions, schedule: Saved): Promise<void> {
  await options.connections.client.hset(keyOf(options), schedule.id, JSON.stringify(schedule));
}

/**
 * The schedules of a deployment: what each asks for is kept in Redis, when it is due by BullMQ, which knows
 * one next time of each. So after a downtime there is one summary of all that was missed, and not one for
 * each time.
 */
export function openSchedules(options: SchedulesOptions): OpenSchedules {
  const { client } = options.connections;
  const queue = queueOf(options);

  async function putOnClock({ id, cron, timeZone, isPaused }: Saved): Promise<void> {
    if (isPaused) await queue.removeJobScheduler(id);
    else {
      const template = { name: dueName, data: { id }, opts: dueOptions };
      await queue.upsertJobScheduler(id, { pattern: cron, tz: timeZone }, template);
    }
  }

  async function all(): Promise<Saved[]> {
    const texts = Object.values(await client.hgetall(keyOf(options)));
    return texts.map((text) => Saved.parse(JSON.parse(text))).sort((a, b) => a.createdAt - b.createdAt);
  }
  const mine = async (channel: string) => (await all()).filter((schedule) => schedule.channel === channel);

  /** Another channel's schedule is not there for who asks, whether it exists or not. */
  async function named(channel: string, id: string): Promise<Saved> {
    const schedule = await load(options, id);
    if (schedule !== null && schedule.channel === channel) return schedule;
    throw new BotError(
      "question-invalid",
      `There is no schedule ${id} here. Say "schedules" to see those there are.`,
    );
  }

  async function changeable(channel: string, id: string): Promise<Saved> {
    const schedule = await named(channel, id);
    if (!schedule.isFixed) return schedule;
    throw new BotError(
      "question-invalid",
      `${id} stands in the configuration. Change it there (schedules in docs/configuration.md).`,
    );
  }

  async function drop(id: string): Promise<void> {
    await queue.removeJobScheduler(id);
    await client.hdel(keyOf(options), id);
  }

  return {
    async add(wanted) {
      const known = await mine(wanted.channel);
      // The same wish, delivered twice, is one schedule.
      const same = known.find(({ wish }) => wish === wanted.wish);
      if (same !== undefined) return same;
      if (known.length >= mostPerChannel) {
        throw new BotError(
          "question-invalid",
          `There are ${mostPerChannel} schedules here already. Delete one first, for example "delete ${known[0]?.id}".`,
        );
      }
      const id = `s${await client.incr(`${keyOf(options)}:last`)}`;
      const schedule = {
        ...Saved.parse({ ...wanted, id, isPaused: false, createdAt: options.now(), coveredTo: null }),
      };
      await save(options, schedule);
      await putOnClock(schedule);
      return schedule;
    },
    list: mine,
    madeBy: async (person) => (await all()).filter((schedule) => schedule.person === person),
    async change(channel, id, change) {
      const schedule = { ...(await changeable(channel, id)), ...change };
      const changed = { ...schedule, services: [...schedule.services] };
      await save(options, changed);
      await putOnClock(changed);
      return changed;
    },
    async delete(channel, id) {
      await drop((await changeable(channel, id)).id);
    },
    drop,
    async run(channel, id) {
      await named(channel, id);
      await queue.add(dueName, { id }, dueOptions);
    },
    async nextOf(id) {
      return (await queue.getJobScheduler(id))?.next ?? null;
    },
    all,
    async sawChannel(seen) {
      return (await client.hset(`${keyOf(options)}:channels`, seen.channel, JSON.stringify(seen))) === 1;
    },
    async channels() {
      const texts = Object.values(await client.hgetall(`${keyOf(options)}:channels`));
      return texts.map((text) => SavedChannel.parse(JSON.parse(text)));
    },
    close: () => queue.close(),
  };
}

/**
 * Fires schedules: each time, a question about all since the last summary goes to the workers, behind those
 * of people. Fired again, it is the same question.
 */
export function startScheduleWork(options: ScheduleWorkOptions): { close(): Promise<void> } {
  const { connections, name, questions, longestMs, permit, now, lockMs, onTrouble } = options;
  const queue = queueOf(options);
  const worker = new bullmq.Worker<{ id: string }>(
    name,
    async (job) => {
      const schedule = await load(options, job.data.id);
      if (schedule === null) return;
      const question = questionOf(schedule, { to: now(), jobId: job.id ?? "" });
      const since = await startOf(schedule, question.askedAt);
      const start = Math.max(since, question.askedAt - longestMs);
      await questions.submit({
        question: {
          ...question,
          askedWindow: { start, end: question.askedAt },
          permitted: permit(schedule),
        },
        task: "summarize",
        thread: schedule.thread,
        slot: question.id,
        channel: schedule.channel,
        person: schedule.person,
        isScheduled: true,
        since: null,
      });
      // Read anew: it may have been changed or deleted meanwhile.
      const latest = await load(options, schedule.id);
      if (latest !== null) await save(options, { ...latest, coveredTo: question.askedAt });
    },
    {
      connection: connections.openBlocking(),
      prefix: connections.prefix,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      // It stays due until it was fired, however many programs end over it.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    },
  );
  worker.on("error", () => {});
  worker.on("failed", (job, error) => onTrouble(`The schedule ${job?.data.id} could not be fired.`, error));

  /** Where the last summary ended; before the first one, a day before, or since the schedule's time before. */
  async function startOf({ coveredTo, id }: Saved, to: EpochMs): Promise<EpochMs> {
    if (coveredTo !== null && coveredTo < to) return coveredTo;
    const next = (await queue.getJobScheduler(id))?.next;
    return next === undefined || next <= to ? to - day : to - Math.min(week, next - to);
  }

  return {
    async close() {
      await Promise.allSettled([worker.close(), queue.close()]);
    },
  };
}

const day = 24 * 60 * 60 * 1_000;
const week = 7 * day;

function questionOf(
  schedule: Saved,
  { to, jobId }: { readonly to: EpochMs; readonly jobId: string },
): ChatQuestion {
  const { id, services, words, timeZone } = schedule;
  const what = services.length === 0 ? "" : ` for ${services.join(", ")}`;
  const hash = createHash("sha256").update(jobId).digest("hex").slice(0, 16);
  return {
    id: `schedule-${id}-${hash}`,
    text: `Summary of ${words}${what} (${id})`,
    askedAt: to,
    timeZone,
    askedWindow: null,
    carried: { services: [...services], modalities: null, note: "" },
  };
}
