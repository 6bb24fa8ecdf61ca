import type { Job, QueueEventsListener } from "bullmq";
import { asBotError, BotError } from "../pipeline/errors.ts";
import type { ChatQuestion } from "../pipeline/types.ts";
import { bullmq } from "./bullmq.ts";
import { type DiagnoseJob, diagnoseJobId, jobName, readFailure } from "./diagnose-job.ts";
import type { Enqueue } from "./enqueue.ts";
import { pendingAnswer, type Waiting } from "./pending-answer.ts";
import type { RedisClient, RedisConnections } from "./redis-connection.ts";
import type { StageListener, Store } from "./store.ts";

export interface AskQueueOptions {
  readonly queueName: string;
  readonly connections: RedisConnections;
  readonly store: Store;
  /** Finished jobs are forgotten after this long. */
  readonly retentionMs: number;
  /** Hears that a job is to be stopped, whichever program said so. */
  readonly onCancel: (jobId: string) => void;
  /** How long Redis may be away before those who wait are told. */
  readonly patienceMs?: number;
}

export interface AskQueue extends Enqueue {
  /** Those who still wait hear "cancelled"; their jobs stay in the queue. */
  close(): Promise<void>;
}

/** Events make an answer quick; looking now and then makes it certain. */
const lookEveryMs = 1_000;
const attempts = 3;
const cancelEvent = "cancel-asked";

interface CancelListener extends QueueEventsListener {
  [cancelEvent]: (event: { jobId: string }) => void;
}

/** Hands questions to the workers of a queue, and waits for what they say. */
export async function openAskQueue(options: AskQueueOptions): Promise<AskQueue> {
  const { connections, queueName, store } = options;
  const { prefix, client } = connections;
  const reader = connections.openBlocking();
  const queue = new bullmq.Queue(queueName, { prefix, connection: client });
  const producer = new bullmq.QueueEventsProducer(queueName, { prefix, connection: client });
  const events = new bullmq.QueueEvents(queueName, { prefix, connection: reader });
  const waiting = new Map<string, Set<Waiting>>();
  /** Those whose job was put on the queue: before that, no job means nothing. */
  const placed = new WeakSet<Waiting>();

  const entries = (jobId: string) => [...(waiting.get(jobId) ?? [])];
  const failAll = (error: Error) => {
    for (const jobId of waiting.keys()) for (const entry of entries(jobId)) entry.fail(error);
  };
  const lookAt = (jobId: string) => {
    for (const entry of entries(jobId)) {
      if (placed.has(entry)) void look(entry).catch((error) => entry.fail(inWords(error)));
    }
  };
  async function look(entry: Waiting): Promise<void> {
    const job: Job | undefined = await queue.getJob(entry.jobId);
    if (job !== undefined) entry.onProgress(job.progress);
    if (job !== undefined && job.finishedOn === undefined) return;
    if (job !== undefined && (await job.isFailed())) return entry.fail(readFailure(job.failedReason));
    if (await entry.arrive()) return;
    entry.fail(
      job === undefined
        ? new BotError("cancelled", "The question was taken off the queue.")
        : new BotError("question-invalid", "The answer to this question is no longer saved. Ask it again."),
    );
  }

  // Trouble reaches those who wait below; the events without a listener would end the process.
  queue.on("error", () => {});
  producer.on("error", () => {});
  events.on("error", () => {});
  onLongAbsence(reader, options.patienceMs ?? 10_000, () => failAll(away(null)));
  events.on("progress", ({ jobId, data }) => {
    for (const entry of entries(jobId)) entry.onProgress(data);
  });
  events.on("completed", ({ jobId }) => lookAt(jobId));
  events.on("failed", ({ jobId }) => lookAt(jobId));
  events.on<CancelListener>(cancelEvent, ({ jobId }: { jobId: string }) => options.onCancel(jobId));
  const timer = setInterval(() => [...waiting.keys()].forEach(lookAt), lookEveryMs);
  timer.unref();
  await events.waitUntilReady();

  async function cancel(jobId: string): Promise<void> {
    // One that waits is taken away; one that runs, here or elsewhere, is told.
    const removed = await queue.remove(jobId);
    if (removed === 0) await producer.publishEvent({ eventName: cancelEvent, jobId });
  }

  async function place<Made>(
    surface: string,
    question: ChatQuestion,
    task: DiagnoseJob["task"],
    load: () => Promise<Made | null>,
    onStage: StageListener,
    signal: AbortSignal,
  ): Promise<{ jobId: string; made: Promise<Made> }> {
    if (signal.aborted) throw new BotError("cancelled", "The question was withdrawn.");
    const jobId = diagnoseJobId(surface, question.id);
    const { entry, made } = pendingAnswer(jobId, load, onStage);
    waiting.set(jobId, new Set([...entries(jobId), entry]));
    const onAbort = () => {
      entry.fail(new BotError("cancelled", "The question was withdrawn."));
      options.onCancel(jobId);
      void cancel(jobId).catch(() => {});
    };
    const forget = () => {
      signal.removeEventListener("abort", onAbort);
      waiting.get(jobId)?.delete(entry);
      if (waiting.get(jobId)?.size === 0) waiting.delete(jobId);
    };
    made.then(forget, forget);
    try {
      await store.saveQuestion(question);
      await queue.add(jobName, { questionId: question.id, task } satisfies DiagnoseJob, {
        jobId,
        attempts,
        backoff: { type: "exponential", delay: 500 },
        removeOnComplete: { age: options.retentionMs / 1_000 },
        removeOnFail: { age: options.retentionMs / 1_000 },
      });
    } catch (error) {
      entry.fail(inWords(error));
      throw inWords(error);
    }
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    placed.add(entry);
    // A question delivered again finds its job finished, and no event will come.
    lookAt(jobId);
    return { jobId, made };
  }

  return {
    async ask(surface, question, onStage, signal) {
      const load = () => store.loadDiagnosis(question.id);
      const { jobId, made } = await place(surface, question, "diagnose", load, onStage, signal);
      return { jobId, diagnosis: made };
    },
    async summarize(surface, question, onStage, signal) {
      const load = () => store.loadSummary(question.id);
      const { jobId, made } = await place(surface, question, "summarize", load, onStage, signal);
      return { jobId, summary: made };
    },
    async close() {
      clearInterval(timer);
      failAll(new BotError("cancelled", "The program is ending."));
      await Promise.allSettled([events.close(), producer.close(), queue.close()]);
    },
  };
}

/** Calls `tell` whenever the connection has been away for `patienceMs`. */
function onLongAbsence(client: RedisClient, patienceMs: number, tell: () => void): void {
  let timer: NodeJS.Timeout | null = null;
  client.on("close", () => {
    timer ??= setTimeout(tell, patienceMs).unref();
  });
  client.on("ready", () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  });
}

function away(cause: unknown): BotError {
  return new BotError(
    "redis-unavailable",
    "Redis went away while the question was waiting. Check that it runs, and ask again.",
    { cause },
  );
}

/** The client's own errors say that it gave up on a connection. */
function inWords(error: unknown): Error {
  const known = asBotError(error);
  if (known !== null) return known;
  const text = error instanceof Error ? `${error.name} ${error.message}` : String(error);
  if (/MaxRetriesPerRequest|Connection is closed|ECONN|EPIPE|ENOENT|CLUSTERDOWN/.test(text))
    return away(error);
  return error instanceof Error ? error : new Error(text);
}
