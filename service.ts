import { chatCommands } from "./bot/commands.ts";
import { conversation } from "./bot/conversation.ts";
import { durableVoice, placeOf } from "./bot/durable-voice.ts";
import { threads } from "./bot/follow-up/threads.ts";
import { hearChat } from "./bot/hear-chat.ts";
import { messenger } from "./bot/messenger.ts";
import type { ChatSurface } from "./bot/surface.ts";
import type { ApplicationOptions } from "./compose.ts";
import {
  day,
  drainMs,
  memoryOptions,
  openPool,
  openQuestionReader,
  openRedis,
  sharedModels,
} from "./compose.ts";
import type { Config } from "./config.ts";
import { redisMemory } from "./connectors/store/redis-memory.ts";
import { redisStore } from "./connectors/store/redis-store.ts";
import { startDiagnoseWorker } from "./jobs/diagnose-worker.ts";
import { openLanes, startLaneWork } from "./jobs/lanes.ts";
import { type OpenQuestions, openQuestions } from "./jobs/open-questions.ts";
import { openOutbox, startDelivery } from "./jobs/outbox.ts";
import type { RedisConnections } from "./jobs/redis-connection.ts";
import { rememberedCalls } from "./jobs/remembered-calls.ts";
import { openSchedules, startScheduleWork } from "./jobs/schedules.ts";
import type { Store } from "./jobs/store.ts";
import { readQuestion } from "./pipeline/question/index.ts";
import { readSchedule } from "./pipeline/question/read-schedule.ts";
import { readFirst, serviceNames } from "./question-reader.ts";

/** `bot` talks to the chats, `worker` makes the answers; on one Redis as many of each as are needed. */
export const roles = ["all", "bot", "worker"] as const;
export type Role = (typeof roles)[number];

export interface ServiceOptions extends ApplicationOptions {
  readonly role: Role;
  readonly surfaces: readonly ChatSurface[];
  /** Hears what the operator should know: what went wrong, and that it goes on. */
  readonly onTrouble: (what: string, error: unknown) => void;
  /** A program that has not been heard of for this long has lost its work to others. */
  readonly lockMs?: number;
}

export interface Service {
  readonly redis: { readonly description: string; readonly version: string };
  readonly warnings: readonly string[];
  /** Takes no more, finishes what it can within some seconds, and leaves the rest to others or the next start. */
  close(): Promise<void>;
}

/** Answers and messages wait so long for a chat that is down. */
const keepMs = day;
const messagesAtOnce = 32;
/** A question may lose so many workers: restarts, kills, machines. */
const stalls = 5;
const namesKeepMs = 60_000;

/**
 * Starts what answers in chats, as one role or all of them: messages are saved in the inbox before a chat
 * hears that they arrived, questions stay open until their answers lie in the outbox, and the outbox is
 * emptied as the chats take it. So each part may end at any moment and another goes on.
 *
 * Throws: BotError "redis-unavailable", "redis-unsuitable" or "not-set-up"; nothing is left running then.
 */
export async function startService(config: Config, options: ServiceOptions): Promise<Service> {
  const { role, surfaces, onTrouble } = options;
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const connections = await openRedis(config, closers);
    const { client, prefix } = connections;
    const names = laneNames(config.deployment);
    const store = redisStore(client, { prefix, retentionMs: config.retentionDays * day });
    const outbox = openOutbox({ name: names.outbox, connections, keepMs });
    closers.push(() => outbox.close());
    const questions = await openQuestions({
      queueName: names.questions,
      connections,
      store,
      outbox,
      keepMs,
      onTrouble: (error) => onTrouble("A question could not be looked after; it is looked at again.", error),
    });
    closers.push(() => questions.close());
    const parts = { config, options, connections, store, questions, closers };
    if (role !== "bot") startWorker(parts);
    if (role !== "worker") startBot({ ...parts, outbox });
    for (const surface of role === "worker" ? [] : surfaces) closers.push(() => surface.stop());
    const { description, version, warnings } = connections;
    return { redis: { description, version }, warnings, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function laneNames(deployment: string) {
  return {
    inbox: `inbox-${deployment}`,
    outbox: `outbox-${deployment}`,
    questions: `chat-${deployment}`,
    schedules: `schedules-${deployment}`,
  };
}

interface Parts {
  readonly config: Config;
  readonly options: ServiceOptions;
  readonly connections: RedisConnections;
  readonly store: Store;
  readonly questions: OpenQuestions;
  readonly closers: (() => Promise<unknown>)[];
}

function startWorker({ config, options, connections, store, questions, closers }: Parts): void {
  const models = config.model === undefined ? null : sharedModels(config.model, Promise.resolve(connections));
  const chatOf = models === null ? null : (id: string) => rememberedCalls(models.chat, id, store);
  const pool = openPool(config, options, chatOf);
  closers.push(() => pool.close());
  const worker = startDiagnoseWorker({
    queueName: laneNames(config.deployment).questions,
    connections,
    store,
    memory: redisMemory(connections.client, memoryOptions(config, connections.prefix)),
    pool,
    questions,
    concurrency: config.worker.concurrency ?? config.worker.processes,
    stalls,
    ...(options.lockMs === undefined ? {} : { lockMs: options.lockMs }),
  });
  questions.onCancel((jobId) => worker.cancel(jobId));
  closers.push(() => worker.close(drainMs));
}

function startBot(parts: Parts & { readonly outbox: ReturnType<typeof openOutbox> }): void {
  const { config, options, connections, store, questions, outbox, closers } = parts;
  const { surfaces, onTrouble } = options;
  const names = laneNames(config.deployment);
  const common = {
    connections,
    keepMs,
    concurrency: messagesAtOnce,
    ...(options.lockMs === undefined ? {} : { lockMs: options.lockMs }),
  };
  const delivery = startDelivery({
    ...common,
    name: names.outbox,
    notifier: messenger({ surfaces, store }),
    onDropped: ({ surface }, error) => onTrouble(`A message for ${surface} could not be sent.`, error),
  });
  closers.push(() => delivery.close(drainMs));
  const reader = {
    names: remembered(namesKeepMs, (signal: AbortSignal) => serviceNames(config, signal)),
    helpers: () => openQuestionReader(config),
  };
  const scheduling = { name: names.schedules, connections, now: Date.now };
  const schedules = openSchedules(scheduling);
  closers.push(() => schedules.close());
  const firing = startScheduleWork({
    ...scheduling,
    questions,
    longestMs: config.pipeline.longestWindowMs,
    permit: () => null,
    onTrouble,
  });
  closers.push(() => firing.close());
  const talk = conversation({
    canAsk: true,
    voiceOf: durableVoice({ outbox, questions }),
    read: (question, previous) => readFirst(question, previous, config, reader, new AbortController().signal),
    threads: threads(store, true),
    commands: chatCommands({
      questions,
      schedules,
      readWish: readSchedule,
      readServices: async (text, { at, timeZone }) =>
        readQuestion(
          { id: "", text: `sum up ${text}`, askedAt: at, timeZone, askedWindow: null },
          await reader.names(new AbortController().signal),
          config.pipeline,
        ),
      rootOf: (thread) => surfaces.find(({ name }) => name === thread.surface)?.rootOf?.(thread) ?? thread,
      placeOf,
    }),
    defaultWindowMs: config.pipeline.defaultWindowMs,
    onError: "again",
  });
  const heard = hearChat({ surfaces, conversation: talk, outbox });
  const hearing = startLaneWork({
    ...common,
    name: names.inbox,
    handle: (body, signal) => heard.hear(body, signal),
    onDropped: (body, error) => {
      onTrouble("A message could not be understood.", error);
      heard.giveUp(body).catch((again) => onTrouble("Nor could that be said.", again));
    },
  });
  closers.push(() => hearing.close(drainMs));
  const inbox = openLanes({ name: names.inbox, connections, keepMs });
  closers.push(() => inbox.close());
  for (const surface of surfaces) {
    surface
      .start((message) => inbox.put(JSON.stringify(message.thread), { id: message.id, body: message }))
      .catch((error) => onTrouble(`${surface.name} could not be started.`, error));
  }
}

/** What was found out, for a while; a failure is not kept. */
function remembered<Input, Found>(forMs: number, find: (input: Input) => Promise<Found>) {
  let found: { readonly at: number; readonly value: Promise<Found> } | null = null;
  return (input: Input): Promise<Found> => {
    if (found !== null && performance.now() - found.at < forMs) return found.value;
    const value = find(input);
    found = { at: performance.now(), value };
    value.catch(() => {
      found = null;
    });
    return value;
  };
}
