import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { asBotError } from "../pipeline/errors.ts";
import { bullmq } from "./bullmq.ts";
import { asRedisTrouble, type RedisClient, type RedisConnections } from "./redis-connection.ts";

export interface LaneOptions {
  /** Of the queue and of the lanes' keys; programs with the same name share both. */
  readonly name: string;
  readonly connections: RedisConnections;
  /** For so long an item that was taken is known, so that it is taken once; one that cannot be handled is given up then. */
  readonly keepMs: number;
}

export interface LaneItem {
  /** The same for every delivery of the same item. */
  readonly id: string;
  readonly body: unknown;
}

/** Where items are put; each lane hands them on in the order in which they came. */
export interface Lanes {
  /** Resolves when the item is saved. One with an id that was put before is not put again. */
  put(lane: string, item: LaneItem): Promise<void>;
  close(): Promise<void>;
}

export interface LaneWorkOptions extends LaneOptions {
  readonly concurrency: number;
  /**
   * Handles one item. It may be handed over again, where a program ended in between: doing it twice must be
   * the same as once. A retryable BotError is tried again later, in its time; so is a bug, a few times.
   */
  readonly handle: (body: unknown, hold: LaneHold) => Promise<void>;
  /** An item that was given up. */
  readonly onDropped: (body: unknown, error: unknown) => void;
  /** A program that has not been heard of for this long has lost its lanes to others. */
  readonly lockMs?: number;
}

/** A program's hold on a lane, which it loses when it is not heard of. */
export interface LaneHold {
  /** Aborted when it is known to be lost. */
  readonly signal: AbortSignal;
  /** Whether it still is this program's by its own clock, which goes on while the program is stopped. */
  isSure(): boolean;
}

export interface LaneWork {
  /** Finishes the items at hand within `drainMs`; what is left goes on elsewhere. */
  close(drainMs: number): Promise<void>;
}

/** An item as its lane keeps it. */
const Kept = z.object({ id: z.string().default(""), at: z.number().default(0), body: z.unknown() });
type Kept = z.infer<typeof Kept>;

const bugTries = 3;
const firstRetryMs = 500;
const longestRetryMs = 60_000;
/** Another program is at this lane: when to look again. */
const busyMs = 250;

/** How often to look for lanes that hold something and that nobody looks at. */
const sweepMs = 5_000;

/** KEYS: seen, list, filled. ARGV: item, milliseconds, lane. One step, so that no item is known and yet nowhere. */
const putScript = `
if redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[2]) then
  redis.call('RPUSH', KEYS[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[2] * 2)
  redis.call('SADD', KEYS[3], ARGV[3])
  return 1
end
return 0`;
/** KEYS: list, tries, filled. ARGV: item, lane. Takes the first item away, if it is still this one. */
const popScript = `
redis.call('DEL', KEYS[2])
if redis.call('LINDEX', KEYS[1], 0) == ARGV[1] then redis.call('LPOP', KEYS[1]) end
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SREM', KEYS[3], ARGV[2]) end
return 1`;
/** KEYS: list, filled. ARGV: lane. */
const forgetScript = `
if redis.call('EXISTS', KEYS[1]) == 0 then return redis.call('SREM', KEYS[2], ARGV[1]) end
return 0`;
/** KEYS: lock. ARGV: holder, milliseconds. */
const holdScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`;
const releaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

/** Whoever looks may find Redis away; somebody must look all the same. */
const lookOften = {
  attempts: 1_000_000,
  backoff: { type: "fixed", delay: 1_000 },
  removeOnComplete: true,
  removeOnFail: true,
} as const;

const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);

function keysOf({ connections, name }: LaneOptions, lane: string) {
  const all = `${connections.prefix}:lane:${name}`;
  const base = `${all}:${hash(lane)}`;
  return {
    list: base,
    lock: `${base}:lock`,
    wait: `${base}:wait`,
    tries: `${base}:tries`,
    /** The lanes that hold something. */
    filled: `${all}:filled`,
    seen: (id: string) => `${all}:seen:${hash(`${lane} ${id}`)}`,
  };
}

/**
 * Ordered lanes that survive what reads and writes them: an item is saved in its lane's list before `put`
 * resolves, and a BullMQ job for each sees to it that somebody looks.
 */
export function openLanes(options: LaneOptions): Lanes {
  const { connections, keepMs } = options;
  const { client } = connections;
  const queue = queueOf(options);
  return {
    async put(lane, { id, body }) {
      const kept: Kept = { id, at: Date.now(), body };
      const { seen, list, filled } = keysOf(options, lane);
      await client.eval(putScript, 3, seen(id), list, filled, JSON.stringify(kept), keepMs, lane);
      // Also for one that is known: whoever put it may have ended before it came to this.
      await queue.add("look", { lane }, { ...lookOften, jobId: hash(`${lane} ${id}`) });
    },
    close: () => queue.close(),
  };
}

function queueOf({ connections: { prefix, client }, name }: LaneOptions) {
  const queue = new bullmq.Queue(name, { prefix, connection: client });
  queue.on("error", () => {});
  return queue;
}

/**
 * Sees to it that somebody looks at each lane that holds something: whoever put it may have ended before it
 * could say so, and a server that lost its power may have kept the one and lost the other.
 */
function sweepLanes(options: LaneOptions): { close(): Promise<void> } {
  const { client } = options.connections;
  const queue = queueOf(options);
  const filled = keysOf(options, "").filled;

  async function sweep(): Promise<void> {
    for (const lane of await client.smembers(filled)) {
      const keys = keysOf(options, lane);
      // One that expired unhandled is none any more.
      if ((await client.exists(keys.list)) === 0) await client.eval(forgetScript, 2, keys.list, filled, lane);
      else if ((await client.exists(keys.lock)) === 0 && (await client.exists(keys.wait)) === 0) {
        await queue.add("look", { lane }, { ...lookOften, jobId: `sweep-${hash(lane)}` });
      }
    }
  }
  // Redis is away, or slow: the next time comes.
  const timer = setInterval(() => void sweep().catch(() => {}), sweepMs);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await queue.close();
    },
  };
}

/** Empties lanes, each by one program at a time. */
export function startLaneWork(options: LaneWorkOptions): LaneWork {
  const { connections, name, concurrency, lockMs = 15_000 } = options;
  const leaving = new AbortController();
  const connection = connections.openBlocking();
  const sweeping = sweepLanes(options);
  const worker = new bullmq.Worker<{ lane: string }>(
    name,
    async (job, token) => {
      const wait = await emptied(job.data.lane, options, lockMs, leaving.signal);
      if (wait === null) return;
      await job.moveToDelayed(Date.now() + wait, token);
      throw new bullmq.DelayedError();
    },
    {
      connection,
      prefix: connections.prefix,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      // An item stays until it is handled, however many programs end over it.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    },
  );
  worker.on("error", () => {});
  return {
    async close(drainMs) {
      leaving.abort();
      await sweeping.close();
      const closed = worker.close().then(() => true);
      closed.catch(() => {});
      if (await Promise.race([closed, sleep(drainMs, false, { ref: false })])) return;
      connection.disconnect();
    },
  };
}

/** Handles what is in a lane. Returns after how many milliseconds to look again; null: there is no need. */
async function emptied(
  lane: string,
  options: LaneWorkOptions,
  lockMs: number,
  leaving: AbortSignal,
): Promise<number | null> {
  const { client } = options.connections;
  const keys = keysOf(options, lane);
  const waitMs = await client.pttl(keys.wait);
  if (waitMs > 0) return waitMs;
  const holder = randomUUID();
  let heldAt = performance.now();
  if ((await client.set(keys.lock, holder, "PX", lockMs, "NX")) === null) {
    return (await client.llen(keys.list)) === 0 ? null : busyMs;
  }
  const lost = new AbortController();
  const hold: LaneHold = {
    signal: lost.signal,
    isSure: () => !lost.signal.aborted && performance.now() - heldAt < lockMs,
  };
  const timer = setInterval(() => {
    const askedAt = performance.now();
    void client.eval(holdScript, 1, keys.lock, holder, lockMs).then(
      (held) => {
        if (held === 1) heldAt = askedAt;
        else lost.abort();
      },
      () => {},
    );
  }, lockMs / 3);
  try {
    for (;;) {
      if (!hold.isSure()) return busyMs;
      const text = await client.lindex(keys.list, 0);
      if (text === null || text === undefined) return null;
      if (leaving.aborted) return busyMs;
      const after = await handled({ lane, text }, keys, options, hold);
      if (after !== null) return after;
    }
  } finally {
    clearInterval(timer);
    await client.eval(releaseScript, 1, keys.lock, holder).catch(() => {});
  }
}

/** Handles one item and takes it away. Returns after how many milliseconds to try it again; null: it is done with. */
async function handled(
  { lane, text }: { readonly lane: string; readonly text: string },
  keys: ReturnType<typeof keysOf>,
  { connections: { client }, handle, onDropped, keepMs }: LaneWorkOptions,
  hold: LaneHold,
): Promise<number | null> {
  const { at, body } = Kept.parse(JSON.parse(text));
  const pop = () => client.eval(popScript, 3, keys.list, keys.tries, keys.filled, text, lane);
  try {
    await handle(body, hold);
    await pop();
    return null;
  } catch (error) {
    // Whoever has the lane now tries it; and Redis being away says nothing about the item.
    if (!hold.isSure()) return busyMs;
    const known = asBotError(error) ?? asRedisTrouble(error);
    const tries = await client.incr(keys.tries);
    await client.pexpire(keys.tries, keepMs);
    const isOver = known === null ? tries >= bugTries : !known.retryable || Date.now() - at > keepMs;
    if (isOver) {
      onDropped(body, error);
      await pop();
      return null;
    }
    return laterBy(known?.retryAfterMs ?? null, tries, keys.wait, client);
  }
}

/** Notes until when a lane rests, for all who would look. */
async function laterBy(
  retryAfterMs: number | null,
  tries: number,
  key: string,
  client: RedisClient,
): Promise<number> {
  const backoff = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(20, tries - 1));
  const wait = Math.ceil(retryAfterMs ?? backoff * (0.75 + Math.random() / 2));
  await client.set(key, "1", "PX", wait);
  return wait;
}
