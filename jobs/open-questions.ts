import { createHash } from "node:crypto";
import type { Job, QueueEventsListener } from "bullmq";
import { z } from "zod";
import { asBotError, BotError } from "../pipeline/errors.ts";
import type { ChatQuestion } from "../pipeline/types.ts";
import { bullmq } from "./bullmq.ts";
import { type DiagnoseJob, diagnoseJobId, type JobProgress, jobName, readFailure } from "./diagnose-job.ts";
import type { Ahead, Order, Questions } from "./enqueue.ts";
import type { ChatThread, Content, Outbox } from "./notifier.ts";
import type { RedisConnections } from "./redis-connection.ts";
import type { Store } from "./store.ts";

export interface OpenQuestionsOptions {
  readonly queueName: string;
  readonly connections: RedisConnections;
  readonly store: Store;
  readonly outbox: Outbox;
  /** Finished jobs are forgotten after this long, and a question that was answered is not taken again. */
  readonly keepMs: number;
  /** How often to look for questions that nobody works on, though somebody should. */
  readonly sweepMs?: number;
  /** A question that could not be looked after; it is looked at again. */
  readonly onTrouble: (error: unknown) => void;
}

/** The questions of all chats that are not answered yet, and what is made of them in the end. */
export interface OpenQuestions extends Questions {
  /** The order of a question; null where it is no chat's, or settled. */
  orderOf(questionId: string): Promise<SavedOrder | null>;
  /** Whether somebody said to stop it. */
  isStopped(questionId: string): Promise<boolean>;
  /** Hears that a job is to be stopped, whichever program said so. */
  onCancel(listener: (jobId: string) => void): void;
  /** Leaves the outcome with the outbox, and lets the thread's next question go. Twice is the same as once. */
  settle(order: SavedOrder, outcome: Outcome): Promise<void>;
  /** Shows the stages so far in the question's message. */
  tell(order: SavedOrder, stages: JobProgress["stages"]): Promise<void>;
  /** Says how long a diagnosis took, so that those who wait can be told. */
  took(milliseconds: number): Promise<void>;
  /** Looks for questions whose job is gone or over. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

export type Outcome = { readonly kind: "made" } | { readonly kind: "failed"; readonly error: unknown };

/**
 * An order as Redis keeps it; the question itself is in the store. What other versions have more is passed
 * over, and what they have less has a default.
 */
export const SavedOrder = z.object({
  questionId: z.string(),
  task: z.enum(["diagnose", "summarize"]).default("diagnose"),
  thread: z.object({ surface: z.string(), thread: z.string() }),
  slot: z.string(),
  channel: z.string().default(""),
  person: z.string().default(""),
  isScheduled: z.boolean().default(false),
  since: z.string().nullable().default(null),
});
export type SavedOrder = z.infer<typeof SavedOrder>;

const attempts = 3;
/** Scheduled summaries come after every question of a person. */
const scheduledPriority = 1_000;
const mostShare = 900;
const cancelEvent = "cancel-asked";

interface CancelListener extends QueueEventsListener {
  [cancelEvent]: (event: { jobId: string }) => void;
}

/** KEYS: open, line, shares, settled. ARGV: id, order, channel, person. Gives the place in the thread's line; 0: settled. */
const openScript = `
if redis.call('EXISTS', KEYS[4]) == 1 then return 0 end
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 1 then
  redis.call('RPUSH', KEYS[2], ARGV[1])
  redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
  redis.call('HINCRBY', KEYS[3], ARGV[4], 1)
end
local line = redis.call('LRANGE', KEYS[2], 0, -1)
for place, id in ipairs(line) do if id == ARGV[1] then return place end end
return 0`;
/** KEYS: open, line, shares, settled. ARGV: id, milliseconds, channel, person. Gives the next of the thread. */
const settleScript = `
redis.call('SET', KEYS[4], '1', 'PX', ARGV[2])
if redis.call('HDEL', KEYS[1], ARGV[1]) == 1 then
  for index = 3, 4 do
    if redis.call('HINCRBY', KEYS[3], ARGV[index], -1) <= 0 then redis.call('HDEL', KEYS[3], ARGV[index]) end
  end
end
redis.call('LREM', KEYS[2], 0, ARGV[1])
return redis.call('LINDEX', KEYS[2], 0)`;

const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);

/**
 * Keeps every question of a chat from the moment it is taken until its answer lies in the outbox: one of a
 * thread at a time, people before schedules, and each channel's and person's first before another's second.
 */
export async function openQuestions(options: OpenQuestionsOptions): Promise<OpenQuestions> {
  const { connections, queueName, store, outbox, keepMs, onTrouble } = options;
  const { client, prefix } = connections;
  const base = `${prefix}:questions:${queueName}`;
  const keys = {
    open: `${base}:open`,
    shares: `${base}:shares`,
    mean: `${base}:mean`,
    sweeping: `${base}:sweeping`,
    line: ({ surface, thread }: ChatThread) => `${base}:line:${hash(JSON.stringify([surface, thread]))}`,
    settled: (id: string) => `${base}:settled:${hash(id)}`,
    stopped: (id: string) => `${base}:stopped:${hash(id)}`,
  };
  const queue = new bullmq.Queue(queueName, { prefix, connection: client });
  const producer = new bullmq.QueueEventsProducer(queueName, { prefix, connection: client });
  const events = new bullmq.QueueEvents(queueName, { prefix, connection: connections.openBlocking() });
  queue.on("error", () => {});
  producer.on("error", () => {});
  events.on("error", () => {});
  const cancelListeners: ((jobId: string) => void)[] = [];
  events.on<CancelListener>(cancelEvent, ({ jobId }: { jobId: string }) => {
    for (const listener of cancelListeners) listener(jobId);
  });
  // A worker settles what it finishes; what the queue itself gives up is settled here, by any program that hears of it.
  events.on("failed", ({ jobId }) => void queue.getJob(jobId).then(settleFailed).catch(onTrouble));
  await events.waitUntilReady();
  const jobIdOf = ({ thread, questionId }: SavedOrder) => diagnoseJobId(thread.surface, questionId);

  async function orderOf(questionId: string): Promise<SavedOrder | null> {
    const text = await client.hget(keys.open, questionId);
    return text === null ? null : SavedOrder.parse(JSON.parse(text));
  }

  /** Puts the question on the queue, if it is first in its thread's line; it may be there already. */
  async function go(order: SavedOrder): Promise<void> {
    const shares = await client.hmget(keys.shares, `c ${order.channel}`, `p ${order.person}`);
    const share = Math.max(1, ...shares.map((count) => Number(count ?? 0)));
    const job: DiagnoseJob = { questionId: order.questionId, task: order.task };
    await queue.add(jobName, job, {
      jobId: jobIdOf(order),
      attempts,
      backoff: { type: "exponential", delay: 500 },
      priority: Math.min(mostShare, share) + (order.isScheduled ? scheduledPriority : 0),
      removeOnComplete: { age: keepMs / 1_000 },
      removeOnFail: { age: keepMs / 1_000 },
    });
  }

  async function goNext(questionId: string | null): Promise<void> {
    const next = questionId === null ? null : await orderOf(questionId);
    if (next !== null) await go(next);
  }

  async function settle(order: SavedOrder, outcome: Outcome): Promise<void> {
    const { questionId, thread, slot, task, since } = order;
    // A worker that was stopped for a while may come late: what the thread is at by now is not its to say.
    const isOpen = (await client.hexists(keys.open, questionId)) === 1;
    if (isOpen) await outbox.put(thread, slot, contentOf(outcome, { questionId, task, since }), true);
    if (isOpen && outcome.kind === "made" && task === "diagnose") {
      const record = await store.loadThread(thread.surface, thread.thread);
      const waiting = record?.waiting ?? null;
      await store.saveThread(thread.surface, thread.thread, { answered: questionId, waiting });
    }
    const next = await client.eval(
      settleScript,
      4,
      keys.open,
      keys.line(thread),
      keys.shares,
      keys.settled(questionId),
      questionId,
      keepMs,
      `c ${order.channel}`,
      `p ${order.person}`,
    );
    await goNext(typeof next === "string" ? next : null);
  }

  async function settleFailed(job: Job | undefined): Promise<void> {
    const failed = job === undefined ? null : await orderOf((job.data as DiagnoseJob).questionId);
    if (job === undefined || failed === null || !(await job.isFailed())) return;
    await settle(failed, { kind: "failed", error: readFailure(job.failedReason) });
  }

  async function made({ questionId, task }: SavedOrder): Promise<boolean> {
    const saved =
      task === "diagnose" ? await store.loadDiagnosis(questionId) : await store.loadSummary(questionId);
    return saved !== null;
  }

  /** Looks after one question that should be on the queue, or done with. */
  async function lookAfter(order: SavedOrder): Promise<void> {
    if ((await client.lindex(keys.line(order.thread), 0)) !== order.questionId) return;
    const job: Job | undefined = await queue.getJob(jobIdOf(order));
    if (job !== undefined && job.finishedOn === undefined) return;
    if (await made(order)) return settle(order, { kind: "made" });
    if (job === undefined) return go(order);
    if (await job.isFailed()) return settle(order, { kind: "failed", error: readFailure(job.failedReason) });
    // It ran to its end, and what it saved is gone.
    await job.remove();
    await go(order);
  }

  async function lookAfterSaved(text: string): Promise<void> {
    await lookAfter(SavedOrder.parse(JSON.parse(text)));
  }

  async function sweep(): Promise<void> {
    if ((await client.set(keys.sweeping, "1", "PX", sweepMs, "NX")) === null) return;
    let cursor = "0";
    do {
      const [next, found] = await client.hscan(keys.open, cursor, "COUNT", 100);
      cursor = next;
      for (let index = 1; index < found.length; index += 2) {
        // One that cannot be looked after is no reason to leave the others.
        await lookAfterSaved(found[index] ?? "").catch(onTrouble);
      }
    } while (cursor !== "0");
  }
  const sweepMs = options.sweepMs ?? 5_000;
  const timer = setInterval(() => void sweep().catch(onTrouble), sweepMs);
  timer.unref();

  async function ahead(order: SavedOrder, place: number): Promise<Ahead> {
    if (place > 1) return { inThread: place - 1, inQueue: 0, aboutMs: null };
    const [job, counts, mean] = await Promise.all([
      queue.getJob(jobIdOf(order)),
      queue.getJobCounts("active", "waiting"),
      client.get(keys.mean),
    ]);
    if (job === undefined || job.processedOn !== undefined) return { inThread: 0, inQueue: 0, aboutMs: null };
    const priorities = Array.from({ length: job.priority }, (_, index) => index + 1);
    const before = Object.values(await queue.getCountsPerPriority(priorities)).reduce((a, b) => a + b, 0);
    // Its own is among them, unless it was taken meanwhile.
    const inQueue = Math.max(0, before - 1) + (counts.waiting ?? 0);
    const aboutMs =
      mean === null ? null : Number(mean) * Math.ceil((inQueue + 1) / Math.max(1, counts.active ?? 1));
    return { inThread: 0, inQueue, aboutMs };
  }

  async function stop(order: SavedOrder): Promise<void> {
    await client.set(keys.stopped(order.questionId), "1", "PX", keepMs);
    const jobId = jobIdOf(order);
    const isHead = (await client.lindex(keys.line(order.thread), 0)) === order.questionId;
    const isHere = isHead && (await queue.remove(jobId)) === 0 && (await queue.getJob(jobId)) !== undefined;
    if (isHere) return void (await producer.publishEvent({ eventName: cancelEvent, jobId }));
    await settle(order, { kind: "failed", error: new BotError("cancelled", "The question was withdrawn.") });
  }

  return {
    async submit({ question, ...rest }: Order) {
      const order: SavedOrder = { ...rest, questionId: question.id };
      await store.saveQuestion(question satisfies ChatQuestion);
      const place = await client.eval(
        openScript,
        4,
        keys.open,
        keys.line(order.thread),
        keys.shares,
        keys.settled(question.id),
        question.id,
        JSON.stringify(order),
        `c ${order.channel}`,
        `p ${order.person}`,
      );
      if (typeof place !== "number" || place === 0) return { inThread: 0, inQueue: 0, aboutMs: null };
      if (place === 1) await go(order);
      return ahead(order, place);
    },
    async stop(thread, questionId) {
      const ids = questionId === null ? await client.lrange(keys.line(thread), 0, -1) : [questionId];
      const orders = (await Promise.all(ids.map(orderOf))).filter((order) => order !== null);
      const own = orders.filter(
        (order) => order.thread.surface === thread.surface && order.thread.thread === thread.thread,
      );
      // The last first: none of those behind may start when the one before it ends.
      for (const order of own.reverse()) await stop(order);
      return own.length;
    },
    async load() {
      const [{ active = 0 }, open] = await Promise.all([
        queue.getJobCounts("active"),
        client.hlen(keys.open),
      ]);
      return { running: active, waiting: Math.max(0, open - active) };
    },
    orderOf,
    isStopped: async (questionId) => (await client.exists(keys.stopped(questionId))) === 1,
    onCancel: (listener) => void cancelListeners.push(listener),
    settle,
    tell: ({ questionId, thread, slot }, stages) =>
      outbox.put(thread, slot, { kind: "progress", questionId, stages }, false),
    async took(milliseconds) {
      const before = Number((await client.get(keys.mean)) ?? milliseconds);
      await client.set(keys.mean, String(Math.round(before * 0.8 + milliseconds * 0.2)), "PX", keepMs);
    },
    sweep,
    async close() {
      clearInterval(timer);
      await Promise.allSettled([events.close(), producer.close(), queue.close()]);
    },
  };
}

function contentOf(outcome: Outcome, made: Pick<SavedOrder, "questionId" | "task" | "since">): Content {
  if (outcome.kind === "made") return { kind: "made", ...made };
  const known = asBotError(outcome.error);
  // What a bug says is for the log, not for the thread.
  if (known === null) return { kind: "failed", code: null, message: "" };
  return { kind: "failed", code: known.code, message: known.message };
}
