import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "bullmq";
import type { Diagnosis, EarlierIncident } from "../pipeline/diagnosis.ts";
import { asBotError, BotError } from "../pipeline/errors.ts";
import { bullmq } from "./bullmq.ts";
import { DiagnoseJob, type JobProgress, writeFailure } from "./diagnose-job.ts";
import type { DiagnosePool } from "./diagnose-pool.ts";
import type { OpenQuestions, SavedOrder } from "./open-questions.ts";
import { asRedisTrouble, type RedisConnections } from "./redis-connection.ts";
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
  /** Those of chats, whose answers are left for them; null where whoever asks waits for the answer. */
  readonly questions?: OpenQuestions | null;
  /** So often may a job's worker vanish; the first time may be its restart, and one that goes on taking them down is given up. */
  readonly stalls?: number;
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
        if (!leaving.signal.aborted || signal?.aborted === true) {
          const known = asRedisTrouble(error) ?? error;
          // One that was stopped for a while and goes on: the job is another one's, and so is its outcome.
          if (await isHeld(job, token, options)) await settleFailure(job, options, known);
          throw asJobError(known);
        }
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
      maxStalledCount: options.stalls ?? 1,
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
  options: DiagnoseWorkerOptions,
  signal: AbortSignal,
): Promise<null> {
  const { store, questions = null } = options;
  const { questionId, task } = DiagnoseJob.parse(job.data);
  const order = (await questions?.orderOf(questionId)) ?? null;
  if (questions === null || order === null) {
    await make(questionId, task, options, stageReporter(job), signal);
    return null;
  }
  if (await questions.isStopped(questionId)) {
    throw new BotError("cancelled", "The question was withdrawn.");
  }
  // A worker may have ended between saving what it made and leaving it for the chat.
  const saved = task === "diagnose" ? store.loadDiagnosis(questionId) : store.loadSummary(questionId);
  if ((await saved) === null) {
    const begun = performance.now();
    const reporter = stageReporter(
      job,
      thinned((stages) => questions.tell(order, stages)),
    );
    await make(questionId, task, options, reporter, signal);
    await questions.took(performance.now() - begun);
  }
  await questions.settle(order, { kind: "made" });
  return null;
}

async function make(
  questionId: string,
  task: DiagnoseJob["task"],
  { store, memory, pool }: DiagnoseWorkerOptions,
  report: StageReporter,
  signal: AbortSignal,
): Promise<void> {
  const question = await store.loadQuestion(questionId);
  if (question === null) {
    throw new BotError("question-invalid", `The question ${questionId} is no longer saved. Ask it again.`);
  }
  const known = await memory.recall(question.permitted);
  switch (task) {
    case "diagnose":
      await keep(await pool.diagnose(question, report.add, signal, known), store, memory);
      break;
    case "summarize": {
      const { summary, diagnoses } = await pool.summarize(question, report.add, signal, known);
      // The summary last: whoever has it can look at each of its incidents.
      const earlier = new Map<string, readonly EarlierIncident[]>();
      for (const diagnosis of diagnoses) {
        earlier.set(diagnosis.question.id, await keep(diagnosis, store, memory));
      }
      const incidents = summary.incidents.map((incident) => ({
        ...incident,
        earlier: [...(earlier.get(incident.diagnosisId) ?? [])],
      }));
      await store.saveSummary({ ...summary, incidents });
    }
  }
  await report.sent();
}

/** Whether the job is still this worker's, by the lock that BullMQ keeps of it. */
async function isHeld(
  job: Job<unknown, null>,
  token: string | undefined,
  { connections: { client, prefix }, queueName }: DiagnoseWorkerOptions,
): Promise<boolean> {
  return (await client.get(`${prefix}:${queueName}:${job.id}:lock`)) === token;
}

/** A chat's question that failed for good gets its answer too: what went wrong, and what to do. */
async function settleFailure(
  job: Job<unknown, null>,
  { questions = null }: DiagnoseWorkerOptions,
  error: unknown,
): Promise<void> {
  const isLast = asBotError(error)?.retryable !== true || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
  const data = DiagnoseJob.safeParse(job.data);
  if (questions === null || !isLast || !data.success) return;
  const order: SavedOrder | null = await questions.orderOf(data.data.questionId);
  if (order !== null) await questions.settle(order, { kind: "failed", error });
}

/** Saves a diagnosis, with the earlier incidents like the one it found; gives those. */
async function keep(
  diagnosis: Diagnosis,
  store: Store,
  memory: IncidentMemory,
): Promise<readonly EarlierIncident[]> {
  const similar = await memory.remember(diagnosis);
  const earlier = similar.map(({ incident, likeness, confirmed }): EarlierIncident => {
    const { signature: _signature, confidence: _confidence, ...told } = incident;
    return { ...told, likeness, confirmed };
  });
  await store.saveDiagnosis({ ...diagnosis, earlier });
  return earlier;
}

type Stages = JobProgress["stages"];
type StageReporter = ReturnType<typeof stageReporter>;

/** Sends the list of stages as it grows, one after the other so that they arrive in order. */
function stageReporter(job: Job<unknown, null>, onStages: (stages: Stages) => void = () => {}) {
  const stages: Stages = [];
  let sending = Promise.resolve();
  return {
    add(stage: Stages[number]): void {
      stages.push(stage);
      const progress: JobProgress = { attempt: job.attemptsStarted, stages: [...stages] };
      onStages(progress.stages);
      sending = sending.then(() => job.updateProgress(progress));
      sending.catch(() => {});
    },
    sent: (): Promise<void> => sending,
  };
}

/** A chat takes about one message in a second: of what comes faster, the latest is told. */
const tellEveryMs = 1_000;

function thinned(tell: (stages: Stages) => Promise<void>): (stages: Stages) => void {
  let latest: Stages | null = null;
  let timer: NodeJS.Timeout | null = null;
  const send = () => {
    timer = null;
    if (latest === null) return;
    // A stage that cannot be shown is no reason to lose the answer, which replaces it anyway.
    tell(latest).catch(() => {});
    latest = null;
    timer = setTimeout(send, tellEveryMs).unref();
  };
  return (stages) => {
    latest = stages;
    if (timer === null) send();
  };
}

/** Only what may be better in a moment is worth another attempt. */
function asJobError(error: unknown): Error {
  const text = writeFailure(error);
  const retryable = asBotError(error)?.retryable === true;
  return retryable ? new Error(text, { cause: error }) : new bullmq.UnrecoverableError(text);
}
