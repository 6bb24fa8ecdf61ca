import { Cluster, Redis } from "ioredis";
import { asBotError, BotError } from "../pipeline/errors.ts";
import { checkRedis } from "./redis-check.ts";
import { describeRedis, type RedisTarget } from "./redis-target.ts";

export type RedisClient = Redis | Cluster;

export interface RedisConnections {
  /** Starts every key, of BullMQ's and of ours. */
  readonly prefix: string;
  /** Where the server is, without secrets. */
  readonly description: string;
  readonly version: string;
  /** Said to the operator; the server is good enough to go on. */
  readonly warnings: readonly string[];
  /** For commands. */
  readonly client: RedisClient;
  /** Another connection, for a reader that blocks; it waits for a server that is away instead of failing. */
  openBlocking(): RedisClient;
  /** Closes all of them. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly signal?: AbortSignal;
  /** To the first answer; 3 s, so that a person at a terminal hears soon that Redis is down. */
  readonly timeoutMs?: number;
}

/**
 * Connects to the Redis of `target` and makes sure that it suits.
 *
 * Throws: BotError "redis-unavailable" when it does not answer in time, refuses the connection or the
 *         password; "redis-unsuitable" when it is older than 6.2 or may throw data away.
 */
export async function connectRedis(
  target: RedisTarget,
  options: ConnectOptions = {},
): Promise<RedisConnections> {
  const opened: RedisClient[] = [];
  const open = (blocking: boolean) => {
    const client = createClient(target, blocking, () => ready);
    // Without a listener a lost connection would end the process; the client reconnects by itself, and
    // what waits on it hears of it through its own commands.
    client.on("error", (error: unknown) => {
      lastError = error;
    });
    opened.push(client);
    return client;
  };
  const close = async () => {
    for (const client of opened) client.disconnect();
  };
  let ready = false;
  let lastError: unknown = null;

  const client = open(false);
  const timeoutMs = options.timeoutMs ?? 3_000;
  try {
    const { version, warnings } = await within(timeoutMs, options.signal, async () => {
      await client.connect();
      return checkRedis(client, describeRedis(target));
    });
    ready = true;
    return {
      // All of a queue's keys must lie in one slot of a Cluster; the braces see to that.
      prefix: target.kind === "cluster" ? "{localexpert}" : "localexpert",
      description: describeRedis(target),
      version,
      warnings,
      client,
      openBlocking: () => open(true),
      close,
    };
  } catch (error) {
    await close();
    throw asBotError(error) ?? unavailable(target, timeoutMs, deepest(lastError ?? error));
  }
}

/** What a server says that starts, hands over to another one, or cannot write now. */
const passingReply =
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOREPLICAS|MISCONF|OOM|UNBLOCKED)\b/;
/** What ioredis says of a command that no server has answered. */
const unanswered = /^(Reached the max retries|Connection is closed|Stream isn't writeable|Command aborted)/;

/**
 * The error as "redis-unavailable" where it is that of a command that met a server that was away; else null.
 * What was to be done is to be done again: it is no bug, and no reason to give up.
 */
export function asRedisTrouble(error: unknown): BotError | null {
  if (!(error instanceof Error)) return null;
  const isPassing = error.name === "ReplyError" ? passingReply : unanswered;
  if (error.name !== "ClusterAllFailedError" && !isPassing.test(error.message)) return null;
  return new BotError("redis-unavailable", "Redis was away. It is tried again.", { cause: error });
}

function createClient(target: RedisTarget, blocking: boolean, isReady: () => boolean): RedisClient {
  // Until the first connection stands there is nothing to wait for: fail at once and say so.
  const retryStrategy = (times: number) => (isReady() ? Math.min(times * 100, 2_000) : null);
  const common = {
    lazyConnect: !blocking,
    connectTimeout: 2_500,
    maxRetriesPerRequest: blocking ? null : 5,
    retryStrategy,
  };
  switch (target.kind) {
    case "socket":
      return new Redis(target.path, common);
    case "url":
      return new Redis(target.url, { ...common, ...credentials(target) });
    case "sentinel":
      return new Redis({
        ...common,
        ...credentials(target),
        ...(target.tls ? { tls: {}, enableTLSForSentinelMode: true } : {}),
        ...(target.sentinelPassword === null ? {} : { sentinelPassword: target.sentinelPassword }),
        sentinels: [...target.sentinels],
        name: target.name,
        db: target.database,
        sentinelRetryStrategy: retryStrategy,
      });
    case "cluster":
      return new Cluster([...target.nodes], {
        lazyConnect: !blocking,
        clusterRetryStrategy: retryStrategy,
        slotsRefreshTimeout: 2_500,
        redisOptions: {
          ...credentials(target),
          ...(target.tls ? { tls: {} } : {}),
          connectTimeout: 2_500,
          maxRetriesPerRequest: null,
        },
      });
  }
}

function credentials({ username, password }: { username: string | null; password: string | null }): {
  username?: string;
  password?: string;
} {
  return {
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
  };
}

async function within<Result>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  return new Promise((resolve, reject) => {
    const onStop = () =>
      reject(
        signal?.aborted === true
          ? new BotError("cancelled", "Stopped while connecting to Redis.")
          : new Error(`no answer within ${timeoutMs / 1_000} s`),
      );
    stop.addEventListener("abort", onStop, { once: true });
    if (stop.aborted) onStop();
    work()
      .then(resolve, reject)
      .finally(() => stop.removeEventListener("abort", onStop));
  });
}

/** A Cluster hides why its nodes failed in `lastNodeError`. */
function deepest(error: unknown): string {
  if (typeof error === "object" && error !== null && "lastNodeError" in error && error.lastNodeError) {
    return deepest(error.lastNodeError);
  }
  return error instanceof Error ? error.message : String(error);
}

function unavailable(target: RedisTarget, timeoutMs: number, why: string): BotError {
  const where = describeRedis(target);
  const remedy = /NOAUTH|WRONGPASS|invalid password|invalid username-password/i.test(why)
    ? "It wants a password, or another one: put it in REDIS_URL (redis://:PASSWORD@host:port), or set REDIS_PASSWORD " +
      "(and REDIS_SENTINEL_PASSWORD for Sentinels)."
    : speaksTls(target) || /certificate|SSL|TLS|ECONNRESET|EPIPE/i.test(why)
      ? "Check that it runs and can be reached from here, that it speaks TLS there (rediss:// and tls: true do, redis:// does not) and that its certificate is " +
        "trusted here; NODE_EXTRA_CA_CERTS names a CA file."
      : "Check that it runs and can be reached from here, or leave REDIS_URL unset to use a private Redis.";
  return new BotError(
    "redis-unavailable",
    `${where} is not available: ${why} (limit ${timeoutMs / 1_000} s). ${remedy}`,
  );
}

/** A server without TLS says nothing at all to a TLS greeting, so the error alone does not tell. */
function speaksTls(target: RedisTarget): boolean {
  if (target.kind === "socket") return false;
  return target.kind === "url" ? target.url.startsWith("rediss:") : target.tls;
}
