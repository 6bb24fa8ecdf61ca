import { arrivals } from "./bot/arrivals.ts";
import { hearChat } from "./bot/hear-chat.ts";
import type { ReadHome } from "./bot/home.ts";
import { messenger } from "./bot/messenger.ts";
import type { ChatMessage, ChatSurface } from "./bot/surface.ts";
import { chatDesk } from "./chat-desk.ts";
import type { ApplicationOptions } from "./compose.ts";
import { day, drainMs, memoryOptions, openPool, openRedis, schedulesName, sharedModels } from "./compose.ts";
import { type Config, readSecret } from "./config.ts";
import { redisAnswered } from "./connectors/store/redis-answered.ts";
import { redisFeedback } from "./connectors/store/redis-feedback.ts";
import { redisInstallations } from "./connectors/store/redis-installations.ts";
import { redisMemory } from "./connectors/store/redis-memory.ts";
import { redisQuota } from "./connectors/store/redis-quota.ts";
import { redisStore } from "./connectors/store/redis-store.ts";
import { startFitting } from "./fitting.ts";
import type { Chat } from "./jobs/chat.ts";
import { startDiagnoseWorker } from "./jobs/diagnose-worker.ts";
import { openLanes, startLaneWork } from "./jobs/lanes.ts";
import { type OpenQuestions, openQuestions } from "./jobs/open-questions.ts";
import { openOutbox, startDelivery } from "./jobs/outbox.ts";
import type { RedisConnections } from "./jobs/redis-connection.ts";
import { rememberedCalls } from "./jobs/remembered-calls.ts";
import { openSchedules, startScheduleWork } from "./jobs/schedules.ts";
import type { IncidentMemory, InstallationStore, Store } from "./jobs/store.ts";

/** `bot` talks to the chats, `worker` makes the answers; on one Redis as many of each as are needed. */
export type Role = "all" | "bot" | "worker";

export interface ServiceOptions extends ApplicationOptions {
  readonly role: Role;
  /** Opened, not started. */
  readonly openSurfaces: (tools: SurfaceTools) => readonly ChatSurface[];
  /** Hears what the operator should know: what went wrong, and that it goes on. */
  readonly onTrouble: (what: string, error: unknown) => void;
  /** Hears what was done that nobody asked for, such as a nightly fit. */
  readonly onNews?: (text: string) => void;
}

/** What surfaces may keep and show, beside what they hand over. */
export interface SurfaceTools {
  readonly readHome: ReadHome;
  /** Tokens of workspaces, encrypted with the key that `slack.oauth` names; null where it names none. */
  readonly installations: InstallationStore | null;
  readonly answered: ReturnType<typeof redisAnswered>;
}

export interface Service {
  readonly redis: { readonly description: string; readonly version: string };
  readonly warnings: readonly string[];
  /** Names of the chats. */
  readonly surfaces: readonly string[];
  /** Takes no more, finishes what it can within some seconds, and leaves the rest to others or the next start. */
  close(): Promise<void>;
}

/** Answers and messages wait so long for a chat that is down. */
const keepMs = day;
const messagesAtOnce = 32;
/** A question may lose so many workers: restarts, kills, machines. */
const stalls = 5;

/**
 * Starts what answers in chats, as one role or all of them: messages are saved in the inbox before a chat
 * hears that they arrived, questions stay open until their answers lie in the outbox, and the outbox is
 * emptied as the chats take it. So each part may end at any moment and another goes on.
 *
 * Throws: BotError "redis-unavailable", "redis-unsuitable" or "not-set-up"; nothing is left running then.
 */
export async function startService(config: Config, options: ServiceOptions): Promise<Service> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const connections = await openRedis(config, closers);
    const { client, prefix } = connections;
    const store = redisStore(client, { prefix, retentionMs: config.retentionDays * day });
    const names = namesOf(config);
    const outbox = openOutbox({ name: names.outbox, connections, keepMs });
    closers.push(() => outbox.close());
    const questions = await openQuestions({
      queueName: names.questions,
      connections,
      store,
      outbox,
      keepMs,
      onTrouble: (error) =>
        options.onTrouble("A question could not be looked after; it is looked at again.", error),
    });
    closers.push(() => questions.close());
    const models =
      config.model === undefined ? null : sharedModels(config.model, Promise.resolve(connections));
    models?.prepare();
    const parts: Parts = {
      config,
      options,
      connections,
      store,
      memory: redisMemory(client, memoryOptions(config, prefix)),
      questions,
      chat: models === null ? null : models.chat,
      closers,
    };
    if (options.role !== "bot") {
      startWorker(parts);
      await keepFitted(parts);
    }
    const surfaces = options.role === "worker" ? [] : startBot(parts, outbox);
    const { description, version, warnings } = connections;
    return {
      redis: { description, version },
      warnings,
      surfaces: surfaces.map(({ name }) => name),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function namesOf({ deployment }: Config) {
  return {
    inbox: `inbox-${deployment}`,
    outbox: `outbox-${deployment}`,
    questions: `chat-${deployment}`,
    fits: `fits-${deployment}`,
    schedules: schedulesName({ deployment }),
  };
}

interface Parts {
  readonly config: Config;
  readonly options: ServiceOptions;
  readonly connections: RedisConnections;
  readonly store: Store;
  readonly memory: IncidentMemory;
  readonly questions: OpenQuestions;
  readonly chat: Chat | null;
  readonly closers: (() => Promise<unknown>)[];
}

function startWorker({ config, options, connections, store, memory, questions, chat, closers }: Parts): void {
  const chatOf = chat === null ? null : (id: string) => rememberedCalls(chat, id, store);
  const pool = openPool(config, options, chatOf);
  closers.push(() => pool.close());
  const worker = startDiagnoseWorker({
    queueName: namesOf(config).questions,
    connections,
    store,
    memory,
    pool,
    questions,
    concurrency: config.worker.concurrency ?? config.worker.processes,
    stalls,
    lockMs: lockOf(config),
  });
  questions.onCancel((jobId) => worker.cancel(jobId));
  closers.push(() => worker.close(drainMs));
}

/** Where the configuration asks for it. The models lie in the state folder of the program that fits. */
async function keepFitted({ config, options, connections, memory, closers }: Parts): Promise<void> {
  if (config.fit === undefined) return;
  const { client, prefix } = connections;
  const { onNews = () => {}, onTrouble } = options;
  const fitting = await startFitting(config, {
    name: namesOf(config).fits,
    connections,
    memory,
    feedback: redisFeedback(client, memoryOptions(config, prefix)),
    lockMs: lockOf(config),
    now: Date.now,
    onNews,
    onTrouble,
  });
  closers.push(() => fitting.close());
}

function startBot(parts: Parts, outbox: ReturnType<typeof openOutbox>): readonly ChatSurface[] {
  const { config, options, connections, store, questions, closers } = parts;
  const { onTrouble } = options;
  const { client, prefix } = connections;
  const names = namesOf(config);
  const scheduling = { name: names.schedules, connections, now: Date.now };
  const schedules = openSchedules(scheduling);
  closers.push(() => schedules.close());
  const surfaces: ChatSurface[] = [];
  const desk = chatDesk({
    ...parts,
    surfaces,
    outbox,
    schedules,
    quota: redisQuota(client, { prefix }),
    feedback: redisFeedback(client, memoryOptions(config, prefix)),
  });
  const tokenKey = config.slack?.oauth?.tokenKey;
  surfaces.push(
    ...options.openSurfaces({
      readHome: desk.readHome,
      installations:
        tokenKey === undefined
          ? null
          : redisInstallations(client, { prefix, key: () => readSecret(tokenKey) }),
      answered: redisAnswered(client, { prefix, retentionMs: config.retentionDays * day }),
    }),
  );
  const firing = startScheduleWork({
    ...scheduling,
    questions,
    longestMs: config.pipeline.longestWindowMs,
    permit: desk.permit,
    lockMs: lockOf(config),
    onTrouble,
  });
  closers.push(() => firing.close());
  const arriving = arrivals();
  const { send, takeBack } = messenger({ surfaces, store });
  const work = { connections, keepMs, concurrency: messagesAtOnce, lockMs: lockOf(config) };
  const delivery = startDelivery({
    ...work,
    name: names.outbox,
    notifier: {
      takeBack,
      async send(message) {
        await arriving.taken();
        return send(message);
      },
    },
    onDropped: ({ surface }, error) => onTrouble(`A message for ${surface} could not be sent.`, error),
  });
  closers.push(() => delivery.close(drainMs));
  desk.keepFixed().catch((error) => onTrouble("The configured schedules could not be kept.", error));
  const heard = hearChat({ surfaces, conversation: desk.conversation, outbox, onHeard: desk.saw });
  const hearing = startLaneWork({
    ...work,
    name: names.inbox,
    async handle(body, { signal }) {
      await arriving.taken();
      await heard.hear(body, signal);
    },
    onDropped: (body, error) => {
      onTrouble("A message could not be understood.", error);
      heard.giveUp(body, error).catch((again) => onTrouble("Nor could that be said.", again));
    },
  });
  closers.push(() => hearing.close(drainMs));
  const inbox = openLanes({ name: names.inbox, connections, keepMs });
  closers.push(() => inbox.close());
  const saved = (message: ChatMessage) =>
    inbox.put(JSON.stringify(message.thread), { id: message.id, body: message });
  for (const surface of surfaces) {
    closers.push(() => surface.stop());
    surface
      .start((message) => arriving.take(message, saved))
      .catch((error) => onTrouble(`${surface.name} could not be started.`, error));
  }
  return surfaces;
}

const lockOf = ({ jobs }: Config) => jobs.takeOverSeconds * 1_000;
