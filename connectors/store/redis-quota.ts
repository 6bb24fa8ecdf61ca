import type { Quota } from "../../jobs/store.ts";

/** What quotas ask of a Redis client. */
export interface RedisScripts {
  eval(script: string, keys: number, ...words: (string | number)[]): Promise<unknown>;
  zrem(key: string, member: string): Promise<unknown>;
}

/**
 * A sorted set of what was taken, by when: by the server's clock, which all programs share. What was taken
 * before is not taken again, and does not count again. Returns 0, or milliseconds until there is room: until
 * as many as are too many now have left the window.
 */
const takeScript = `
local clock = redis.call("TIME")
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local limit, window, id = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now - window)
if redis.call("ZSCORE", KEYS[1], id) then return 0 end
local count = redis.call("ZCARD", KEYS[1])
if count < limit then
  redis.call("ZADD", KEYS[1], now, id)
  redis.call("PEXPIRE", KEYS[1], window)
  return 0
end
local leaving = redis.call("ZRANGE", KEYS[1], count - limit, count - limit, "WITHSCORES")
return math.max(1, tonumber(leaving[2]) + window - now)
`;

/**
 * Quotas over a sliding window in Redis, shared by all programs on it.
 *
 * Throws: what the client throws.
 */
export function redisQuota(redis: RedisScripts, { prefix }: { readonly prefix: string }): Quota {
  const nameOf = (key: string) => `${prefix}:quota:${key}`;
  return {
    async take(key, limit, windowMs, id) {
      const retryAfterMs = Number(await redis.eval(takeScript, 1, nameOf(key), limit, windowMs, id));
      return retryAfterMs === 0 ? { ok: true } : { ok: false, retryAfterMs };
    },
    async giveBack(key, id) {
      await redis.zrem(nameOf(key), id);
    },
  };
}
