import { bullmq } from "./bullmq.ts";
import type { RedisConnections } from "./redis-connection.ts";

/** What is done at set times, whoever is there to do it. */
export interface ClockTask {
  readonly id: string;
  readonly cron: string;
  readonly timeZone: string;
  /** Aborted when the program ends; what was not finished then is begun again. */
  run(signal: AbortSignal): Promise<void>;
}

export interface ClockWorkOptions {
  /** Of the queue; of the programs with the same name one does what is due. */
  readonly name: string;
  readonly connections: RedisConnections;
  readonly tasks: readonly ClockTask[];
  /** A program that has not been heard of for this long has lost its work to others. */
  readonly lockMs: number;
  readonly onTrouble: (what: string, error: unknown) => void;
}

export interface ClockWork {
  /** When a task is due next; null where it is no task of these. */
  nextOf(id: string): Promise<number | null>;
  /** Does a task now. */
  start(id: string): Promise<void>;
  close(): Promise<void>;
}

/** A time that was missed is made up for once, whatever it takes. */
const taskOptions = {
  attempts: 3,
  backoff: { type: "fixed", delay: 60_000 },
  removeOnComplete: 20,
  removeOnFail: 20,
} as const;

/** Puts the tasks on the clock, takes those off that are none any more, and does them one at a time. */
export async function startClockWork(options: ClockWorkOptions): Promise<ClockWork> {
  const { name, connections, tasks, lockMs, onTrouble } = options;
  const { prefix, client } = connections;
  const queue = new bullmq.Queue(name, { prefix, connection: client });
  queue.on("error", () => {});
  for (const { key } of await queue.getJobSchedulers()) {
    if (!tasks.some(({ id }) => id === key)) await queue.removeJobScheduler(key);
  }
  for (const { id, cron, timeZone } of tasks) {
    await queue.upsertJobScheduler(id, { pattern: cron, tz: timeZone }, { name: id, opts: taskOptions });
  }
  const stop = new AbortController();
  const worker = new bullmq.Worker(
    name,
    async (job) => tasks.find(({ id }) => id === job.name)?.run(stop.signal),
    {
      connection: connections.openBlocking(),
      prefix,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: taskOptions.attempts,
    },
  );
  worker.on("error", () => {});
  worker.on("failed", (job, error) => {
    if (!stop.signal.aborted) onTrouble(`What was due (${job?.name}) could not be done.`, error);
  });
  return {
    nextOf: async (id) => (await queue.getJobScheduler(id))?.next ?? null,
    async start(id) {
      await queue.add(id, {}, taskOptions);
    },
    async close() {
      stop.abort();
      await Promise.allSettled([worker.close(), queue.close()]);
    },
  };
}
