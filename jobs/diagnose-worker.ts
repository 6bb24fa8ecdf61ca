import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "bullmq";
import type { Diagnosis, EarlierIncident } from "../pipeline/diagnosis.ts";
import { asBotError, BotError } from "../pipeline/errors.ts";
import { bullmq } from "./bullmq.ts";
import { DiagnoseJob, type JobProgress, writeFailure } from "./diagnose-job.ts";
import type { DiagnosePool } from "./diagnose-pool.ts";
import type { RedisConnections } from "./redis-connection.ts";
import type { IncidentMemory, Store } from "./store.ts";

/** More than a process takes to stop, or to be killed (diagnose-pool.ts). */
const leaveMs = 3_000;

export interface DiagnoseWorkerOptions {
  readonly queueName: string;
  readonly connections: RedisConnections;
  readonly store: Store;
  readonly memory: IncidentMemory;
  readonly pool: DiagnosePool;
  readonly concurrency: number;
  /** A job whose worker has not been heard of for this long goes to another one. */
  readonly lockMs?: number;
}

export interface DiagnoseWorker {
  /** Stops a job that runs here, or that is about to. */
  cancel(jobId: string): void;
  /** Takes no new job, and waits for those that run; after `drainMs` they go back to the queue. */
  close(drainMs: number): Promise<void>;
}

/** Takes questions off the queue, one diagnosis or summary each. */
export function startDiagnoseWorker(options: DiagnoseWorkerOptions): DiagnoseWorker {
  // A job can be cancelled between being taken and being started.
  const cancelled = new Set<string>();
  const leaving = new AbortController();
  const lockMs = options.lockMs ?? 10_000;
  const connection = options.connections.openBlocking();
  const worker = new bullmq.Worker<unknown, null>(
    options.queueName,
    async (job, token, signal) => {
      const stop = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]);
      try {
        if (cancelled.delete(job.id ?? "")) throw new BotError("cancelled", "The diagnosis was stopped.");
        return await runJob(job, options, stop);
      } catch (error) {
        if (!leaving.signal.aborted || signal?.aborted === true) throw asJobError(error);
        await job.moveToWait(token);
        throw new bullmq.WaitingError();
      }
    },
    {
      connection,
      prefix: options.connections.prefix,
      concurrency: options.concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      // The first time a worker vanishes may be its restart; a question that takes two down stays down.
      maxStalledCount: 1,
    },
  );
  // Connection trouble: BullMQ tries again by itself, and the event without a listener would end the process.
  worker.on("error", () => {});

  return {
    cancel(jobId) {
      if (worker.cancelJob(jobId)) return;
      // Most of these run in other programs, and never come here.
      if (cancelled.size >= 1_000) cancelled.clear();
      cancelled.add(jobId);
    },
    async close(drainMs) {
      const closed = worker.close().then(() => true);
      closed.catch(() => {});
      if (await Promise.race([closed, falseAfter(drainMs)])) return;
      leaving.abort();
      if (await Promise.race([closed, falseAfter(leaveMs)])) return;
      // Redis is away as well: the jobs' locks run out, and another worker takes them.
      connection.disconnect();
    },
  };
}

async function falseAfter(milliseconds: number): Promise<false> {
  return sleep(milliseconds, false as const, { ref: false });
}

async function runJob(
  job: Job<unknown, null>,
  { store, memory, pool }: DiagnoseWorkerOptions,
  signal: AbortSignal,
): Promise<null> {
  const { questionId, task } = DiagnoseJob.parse(job.data);
  const question = await store.loadQuestion(questionId);
  if (question === null) {
    throw new BotError("question-invalid", `The question ${questionId} is no longer saved. Ask it again.`);
  }
  const report = stageReporter(job);
  switch (task) {
    case "diagnose":
      await keep(await pool.diagnose(question, report.add, signal), store, memory);
      break;
    case "summarize": {
      const { summary, diagnoses } = await pool.summarize(question, report.add, signal);
      // The summary last: whoever has it can look at each of its incidents.
      for (const diagnosis of diagnoses) await keep(diagnosis, store, memory);
      await store.saveSummary(summary);
    }
  }
  await report.sent();
  return null;
}

/** Saves a diagnosis, with the earlier incidents like the one it found. */
async function keep(diagnosis: Diagnosis, store: Store, memory: IncidentMemory): Promise<void> {
  const similar = await memory.remember(diagnosis);
  const earlier = similar.map(({ incident, likeness }): EarlierIncident => {
    const { signature: _signature, confidence: _confidence, ...told } = incident;
    return { ...told, likeness };
  });
  await store.saveDiagnosis({ ...diagnosis, earlier });
}

/** Sends the list of stages as it grows, one after the other so that they arrive in order. */
function stageReporter(job: Job<unknown, null>) {
  const stages: JobProgress["stages"] = [];
  let sending = Promise.resolve();
  return {
    add(stage: JobProgress["stages"][number]): void {
      stages.push(stage);
      const progress: JobProgress = { attempt: job.attemptsStarted, stages: [...stages] };
      sending = sending.then(() => job.updateProgress(progress));
      sending.catch(() => {});
    },
    sent: (): Promise<void> => sending,
  };
}

/** Only what may be better in a moment is worth another attempt. */
function asJobError(error: unknown): Error {
  const text = writeFailure(error);
  const retryable = asBotError(error)?.retryable === true;
  return retryable ? new Error(text, { cause: error }) : new bullmq.UnrecoverableError(text);
}
