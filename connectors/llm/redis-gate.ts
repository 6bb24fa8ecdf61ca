import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { cancelled, type Gate, once, type Priority } from "./gate.ts";

/** What the gate asks of a Redis client. */
export interface RedisLike {
  eval(script: string, keys: number, ...words: (string | number)[]): Promise<unknown>;
}

export interface RedisGateOptions {
  /** Of every key; names the server and model, since others have places of their own. */
  readonly name: string;
  readonly concurrency: number;
  /** A place that nobody has renewed for this long is free: its holder was killed. */
  readonly leaseMs?: number;
  readonly pollMs?: number;
}

/**
 * Comes in line, or renews a place, and is let in when there is room and nobody goes before. Both lists
 * hold who is there by when they were last heard of; the line's order is in the name: people ("0") before
 * schedules ("1"), then by the server's clock. Returns the name in line ("" once it is inside) and whether it is inside.
 */
const enterScript = `
local clock = redis.call("TIME")
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local inside, line = KEYS[1], KEYS[2]
local id, priority, room, lease, place = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
redis.call("ZREMRANGEBYSCORE", inside, "-inf", now - lease)
redis.call("ZREMRANGEBYSCORE", line, "-inf", now - lease)
if redis.call("ZSCORE", inside, id) then
  redis.call("ZADD", inside, now, id)
  redis.call("PEXPIRE", inside, lease * 2)
  return { "", 1 }
end
if place == "" then place = priority .. string.format("%016d", now) .. id end
redis.call("ZADD", line, now, place)
redis.call("PEXPIRE", line, lease * 2)
local waiting = redis.call("ZRANGE", line, 0, -1)
table.sort(waiting)
local free = room - redis.call("ZCARD", inside)
for index = 1, math.min(free, #waiting) do
  if waiting[index] == place then
    redis.call("ZREM", line, place)
    redis.call("ZADD", inside, now, id)
    redis.call("PEXPIRE", inside, lease * 2)
    return { "", 1 }
  end
end
return { place, 0 }
`;

const leaveScript = `redis.call("ZREM", KEYS[1], ARGV[1]) redis.call("ZREM", KEYS[2], ARGV[2]) return 1`;

/**
 * A gate that all programs on one Redis share. Who waits asks again every `pollMs`: a call takes seconds, so
 * a tenth of one more is nothing, and a place whose holder died is found by the same question.
 *
 * Throws: what the client throws when Redis is away.
 */
export function redisGate(redis: RedisLike, options: RedisGateOptions): Gate {
  const { name, concurrency, leaseMs = 15_000, pollMs = 100 } = options;
  const keys = [`${name}:inside`, `${name}:line`] as const;

  async function ask(id: string, priority: Priority, place: string): Promise<[string, boolean]> {
    const rank = priority === "person" ? "0" : "1";
    const said = await redis.eval(enterScript, 2, ...keys, id, rank, concurrency, leaseMs, place);
    const [next, isIn] = Array.isArray(said) ? said : ["", 0];
    return [String(next), Number(isIn) === 1];
  }

  return {
    async enter(priority, signal) {
      const id = randomUUID();
      let place = "";
      const leave = () => void redis.eval(leaveScript, 2, ...keys, id, place).catch(() => {});
      for (let isIn = false; !isIn; ) {
        if (signal.aborted) {
          leave();
          throw cancelled();
        }
        [place, isIn] = await ask(id, priority, place);
        if (!isIn) await sleep(pollMs, undefined, { signal }).catch(() => {});
      }
      const renewing = setInterval(() => void ask(id, priority, "").catch(() => {}), leaseMs / 3).unref();
      return once(() => {
        clearInterval(renewing);
        leave();
      });
    },
  };
}
