import { createHash } from "node:crypto";
import { type Config, modelKey, readSecret, redisSecrets } from "./config.ts";
import type { Connector } from "./connectors/connector.ts";
import { backendsOf, openConnector, sourceName } from "./connectors/index.ts";
import type { Gate } from "./connectors/llm/gate.ts";
import { languageModel } from "./connectors/llm/language-model.ts";
import type { ModelOptions, ServerOptions } from "./connectors/llm/model-options.ts";
import { modelNames, openModels } from "./connectors/llm/models.ts";
import { openNames } from "./connectors/names/names.ts";
import { loadPrompts } from "./connectors/prompts/prompt-files.ts";
import type { Chat } from "./jobs/chat.ts";
import { type DiagnosePool, diagnosePool } from "./jobs/diagnose-pool.ts";
import type { DiagnoseWorker } from "./jobs/diagnose-worker.ts";
import type { Enqueue, Schedules } from "./jobs/enqueue.ts";
import { loadFittedModels, modelFolder } from "./jobs/fitted-models.ts";
import type { RedisConnections } from "./jobs/redis-connection.ts";
import { redisTarget } from "./jobs/redis-options.ts";
import type { RedisTarget } from "./jobs/redis-target.ts";
import type { FeedbackStore, IncidentMemory, Store } from "./jobs/store.ts";
import { asBotError } from "./pipeline/errors.ts";
import type { InventorySource, Toolbox } from "./pipeline/ports.ts";
import { version } from "./pipeline/version.ts";

/** The part of a configuration that says what is looked at. */
export type Telemetry = Pick<Config, "sources"> & Partial<Pick<Config, "names" | "faultFree">>;

/** The telemetry of a configuration, open. */
export interface OpenToolbox extends Toolbox {
  readonly connectors: readonly Connector[];
  close(): Promise<void>;
}

/** Without a state folder there are no fitted models. */
type ToolboxOptions = Telemetry & Pick<Config, "model"> & Partial<Pick<Config, "stateFolder">>;

/**
 * Opens every source that is configured, and reads the prompts and the fitted models. A source that cannot
 * be opened, beside others that can, is told as a gap: it is an inventory that fails. `chat` reaches the
 * configured model; without it there is none.
 *
 * Throws: BotError "source-invalid", "source-unavailable" or "config-invalid" when no source can be opened,
 *         "config-invalid" for knowledge notes that cannot be read.
 */
export async function openToolbox(
  { sources, names = { map: {}, aliases: {} }, faultFree = [], model, stateFolder }: ToolboxOptions,
  chat: Chat | null = null,
): Promise<OpenToolbox> {
  const prompts = await loadPrompts(model?.knowledge);
  const surroundings = { readSecret, names: openNames(names), clock: Date.now };
  const backends = sources.flatMap(backendsOf);
  const opened = await Promise.allSettled(backends.map((one) => openConnector(one, surroundings)));
  const open = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const close = async () => {
    await Promise.all(open.map((connector) => connector.close()));
  };
  const closed = opened.flatMap((one, index) =>
    one.status === "rejected" ? [{ source: backends[index], reason: one.reason }] : [],
  );
  const bug = closed.find(({ reason }) => asBotError(reason) === null);
  const failure = bug ?? (open.length === 0 ? closed[0] : undefined);
  if (failure !== undefined) {
    await close();
    throw failure.reason;
  }
  return {
    connectors: open,
    inventories: [
      ...open.map(({ inventory }) => inventory),
      ...closed.map(({ source, reason }) => ({
        name: source === undefined ? "" : sourceName(source),
        inventory: () => Promise.reject(reason),
      })),
      ...(faultFree.length === 0 ? [] : [declaredReference(faultFree)]),
    ],
    sources: open.flatMap((connector) => connector.sources),
    model: model === undefined || chat === null ? null : languageModel(chat, modelNames(model)),
    prompts,
    ...(stateFolder === undefined ? {} : { fitted: await loadFittedModels(modelFolder(stateFolder)) }),
    stopwatch: () => performance.now(),
    close,
  };
}

/** Periods that the operator calls fault-free count for every source. */
function declaredReference(periods: Config["faultFree"]): InventorySource {
  return {
    name: "configuration",
    inventory: async () => ({
      services: [],
      instances: [],
      extent: { metric: null, log: null, trace: null },
      declaredReference: { metric: periods, log: periods, trace: periods },
      topology: null,
      gaps: [],
    }),
  };
}

export interface Application {
  readonly enqueue: Enqueue;
  readonly store: Store;
  readonly feedback: FeedbackStore;
  readonly redis: { readonly description: string; readonly version: string };
  /** The language model, with its places shared by all programs on this Redis; null where none is configured. */
  readonly chat: Chat | null;
  /** What the operator should hear about, though it runs. */
  readonly warnings: readonly string[];
  /** Lets running diagnoses finish for a while, then leaves them for the next start. */
  close(): Promise<void>;
}

export interface ApplicationOptions {
  /** Answers questions in place of diagnose-process.ts; Node's options for it. */
  readonly diagnosing?: { readonly file: URL; readonly execArgv?: readonly string[] };
}

export const day = 24 * 60 * 60 * 1_000;
/** Container platforms kill ten seconds after they ask; there is more to end after this. */
export const drainMs = 5_000;

/**
 * Starts what answers questions: Redis (the operator's or a private one), the queue, a worker and its
 * processes. All of it is loaded and started at the same time, since a person waits for the first stage.
 *
 * Throws: BotError "redis-unavailable", "redis-unsuitable" or "not-set-up"; nothing is left running then.
 */
export async function startApplication(
  config: Config,
  options: ApplicationOptions = {},
): Promise<Application> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  // Redis may be refused while code is still being loaded, and a rejection that nobody awaits yet would end
  // the process: so both are awaited here, together, and no other promise is left alone in between.
  const opening = openRedis(config, closers);
  const [code, redis] = await Promise.allSettled([loadAndFork(config, options, opening, closers), opening]);
  try {
    if (redis.status === "rejected") throw redis.reason;
    if (code.status === "rejected") throw code.reason;
    const connections = redis.value;
    const { pool, chat, openAskQueue, startDiagnoseWorker, redisStore, redisMemory, redisFeedback } =
      code.value;

    const retentionMs = config.retentionDays * day;
    const store = redisStore(connections.client, { prefix: connections.prefix, retentionMs });
    const ofTelemetry = memoryOptions(config, connections.prefix);
    const memory = redisMemory(connections.client, ofTelemetry);
    const feedback = redisFeedback(connections.client, ofTelemetry);
    const shared = { queueName: queueName(config), connections, store };
    let worker: DiagnoseWorker | null = null;
    const queue = await openAskQueue({ ...shared, retentionMs, onCancel: (jobId) => worker?.cancel(jobId) });
    closers.push(() => queue.close());
    worker = startDiagnoseWorker({
      ...shared,
      memory,
      pool,
      concurrency: config.worker.concurrency ?? config.worker.processes,
    });
    const { close: closeWorker } = worker;
    // Closed first: those who wait hear what it still finishes.
    closers.push(() => closeWorker(drainMs));
    const { description, version, warnings } = connections;
    return { enqueue: queue, store, feedback, redis: { description, version }, chat, warnings, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Forks first: the process loads the pipeline on its own while this one loads the rest. */
async function loadAndFork(
  config: Config,
  options: ApplicationOptions,
  redis: Promise<RedisConnections>,
  closers: (() => Promise<unknown>)[],
) {
  const models = config.model === undefined ? null : sharedModels(config.model, redis);
  const chat = models === null ? null : models.chat;
  const chatOf =
    models === null
      ? null
      : () => {
          models.prepare();
          return models.chat;
        };
  const pool = openPool(config, options, chatOf);
  closers.push(() => pool.close());
  const [{ openAskQueue }, { startDiagnoseWorker }, { redisStore }, { redisMemory }, { redisFeedback }] =
    await Promise.all([
      import("./jobs/ask-queue.ts"),
      import("./jobs/diagnose-worker.ts"),
      import("./connectors/store/redis-store.ts"),
      import("./connectors/store/redis-memory.ts"),
      import("./connectors/store/redis-feedback.ts"),
    ]);
  return { pool, chat, openAskQueue, startDiagnoseWorker, redisStore, redisMemory, redisFeedback };
}

/** The processes that answer questions on the configured telemetry. */
export function openPool(
  config: Config,
  { diagnosing }: ApplicationOptions,
  chatOf: ((questionId: string) => Chat) | null,
): DiagnosePool {
  return diagnosePool({
    processFile: diagnosing?.file ?? new URL("./diagnose-process.js", import.meta.url),
    processData: {
      ...telemetryOf(config),
      pipeline: config.pipeline,
      model: config.model,
      stateFolder: config.stateFolder,
    },
    chatOf,
    processes: config.worker.processes,
    ...(diagnosing?.execArgv === undefined ? {} : { execArgv: diagnosing.execArgv }),
  });
}

/** What is kept in Redis, without the queue and without anything that answers. */
export interface Archive {
  readonly store: Store;
  readonly memory: IncidentMemory;
  readonly feedback: FeedbackStore;
  close(): Promise<void>;
}

/** Throws: BotError "redis-unavailable", "redis-unsuitable" or "not-set-up"; nothing is left running then. */
export async function openArchive(config: Config): Promise<Archive> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const [{ client, prefix }, { redisStore }, { redisMemory }, { redisFeedback }] = await Promise.all([
      openRedis(config, closers),
      import("./connectors/store/redis-store.ts"),
      import("./connectors/store/redis-memory.ts"),
      import("./connectors/store/redis-feedback.ts"),
    ]);
    const store = redisStore(client, { prefix, retentionMs: config.retentionDays * day });
    const shared = memoryOptions(config, prefix);
    return { store, memory: redisMemory(client, shared), feedback: redisFeedback(client, shared), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The schedules of the chats, for a command that changes them.
 *
 * Throws: BotError "redis-unavailable", "redis-unsuitable" or "not-set-up"; nothing is left running then.
 */
export async function openSchedulesOf(
  config: Config,
): Promise<{ readonly schedules: Schedules; close(): Promise<void> }> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const [connections, { openSchedules }] = await Promise.all([
      openRedis(config, closers),
      import("./jobs/schedules.ts"),
    ]);
    const schedules = openSchedules({ name: schedulesName(config), connections, now: Date.now });
    closers.push(() => schedules.close());
    return { schedules, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export function schedulesName({ deployment }: Pick<Config, "deployment">): string {
  return `schedules-${deployment}`;
}

/** One memory per telemetry: incidents of one system say nothing about another. */
export function memoryOptions({ sources, retentionDays }: Config, prefix: string) {
  const telemetry = createHash("sha256").update(JSON.stringify(sources)).digest("hex").slice(0, 16);
  return { key: `${prefix}:incidents:${telemetry}`, retentionMs: retentionDays * day, now: Date.now };
}

/** The models, with their places shared by all programs on one Redis. */
export function sharedModels(model: ModelOptions, redis: Promise<RedisConnections>) {
  return openModels(model, {
    keyOf: modelKey,
    async gateOf(server) {
      const [{ client, prefix }, { redisGate }] = await Promise.all([
        redis,
        import("./connectors/llm/redis-gate.ts"),
      ]);
      return redisGate(client, {
        name: `${prefix}:model:${placeName(server)}`,
        concurrency: server.concurrency,
      });
    },
  });
}

/** The models for a command that runs without Redis. */
export function ownModels(model: ModelOptions) {
  return openModels(model, {
    keyOf: modelKey,
    gateOf: async ({ concurrency }): Promise<Gate> =>
      (await import("./connectors/llm/gate.ts")).localGate(concurrency),
  });
}

/** What reads questions where people are talked to: the model, where one is configured, and the prompts. */
export async function openQuestionReader(
  { model }: Pick<Config, "model">,
  chat: Chat | null,
): Promise<Pick<Toolbox, "model" | "prompts">> {
  return {
    model: model === undefined || chat === null ? null : languageModel(chat, modelNames(model)),
    prompts: await loadPrompts(model?.knowledge),
  };
}

function placeName({ url, name }: ServerOptions): string {
  return createHash("sha256").update(`${url} ${name}`).digest("hex").slice(0, 16);
}

export async function openRedis(
  config: Config,
  closers: (() => Promise<unknown>)[],
): Promise<RedisConnections> {
  const [target, { connectRedis }] = await Promise.all([
    reachable(config, closers),
    import("./jobs/redis-connection.ts"),
  ]);
  const connections = await connectRedis(target);
  closers.push(() => connections.close());
  return connections;
}

async function reachable(config: Config, closers: (() => Promise<unknown>)[]): Promise<RedisTarget> {
  if (config.redis !== undefined) return redisTarget(config.redis, redisSecrets());
  const { startEmbeddedRedis } = await import("./jobs/embedded-redis.ts");
  const server = await startEmbeddedRedis({ stateFolder: config.stateFolder });
  closers.push(() => server.close());
  return { kind: "socket", path: server.socketPath };
}

/**
 * Programs on one Redis that look at the same telemetry in the same way share a queue; others must not
 * take each other's questions, or `ask --source a` could be answered from b.
 */
function queueName(config: Config): string {
  const { pipeline, model } = config;
  const what = JSON.stringify({ version, ...telemetryOf(config), pipeline, model });
  return `diagnose-${createHash("sha256").update(what).digest("hex").slice(0, 16)}`;
}

function telemetryOf({ sources, names, faultFree }: Config): Telemetry {
  return { sources, names, faultFree };
}
