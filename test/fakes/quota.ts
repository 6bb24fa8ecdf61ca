import type { Quota } from "../../jobs/store.ts";

/** A quota in memory, by a clock of its own; held to the same contract as the one in Redis. */
export function fakeQuota(now: () => number = () => 0): Quota {
  const taken = new Map<string, Map<string, number>>();
  return {
    async take(key, limit, windowMs, id) {
      const known = taken.get(key) ?? new Map<string, number>();
      taken.set(key, known);
      for (const [other, at] of known) if (at <= now() - windowMs) known.delete(other);
      if (known.has(id)) return { ok: true };
      if (known.size < limit) {
        known.set(id, now());
        return { ok: true };
      }
      const leaving = [...known.values()].sort((a, b) => a - b)[known.size - limit] ?? 0;
      return { ok: false, retryAfterMs: leaving + windowMs - now() };
    },
    async giveBack(key, id) {
      taken.get(key)?.delete(id);
    },
  };
}
