import type { Buckets } from "./bucket-quantile.ts";

/** What a point counts: since its start (cumulative) or since the point before it (delta). */
export interface Amounts {
  readonly t: number;
  readonly start: number | null;
  readonly attributes: ReadonlyMap<string, string>;
  /** The attributes as one text. */
  readonly key: string;
  readonly count: number;
  readonly sum: number;
  readonly buckets: Buckets;
}

export interface Increase {
  readonly seconds: number;
  readonly count: number;
  readonly sum: number;
  readonly buckets: Buckets;
}

export interface Increases {
  /** What was added since the point before; null where that is not known. */
  add(stream: string, point: Amounts, delta: boolean): Increase | null;
}

/** An increase over a longer time than this is no rate of any moment in it. */
const longestMs = 5 * 60_000;

/** Remembers the last point of every stream. After a reset the new value is the increase. */
export function increases(): Increases {
  const last = new Map<string, Amounts>();
  return {
    add(stream, point, delta) {
      const key = `${stream}\u0000${point.key}`;
      const before = last.get(key);
      if (before !== undefined && point.t <= before.t) return null;
      last.set(key, point);
      if (delta) {
        const from = point.start ?? before?.t ?? point.t;
        return from < point.t ? { ...point, seconds: (point.t - from) / 1000 } : null;
      }
      if (before === undefined || point.t - before.t > longestMs) return null;
      const seconds = (point.t - before.t) / 1000;
      const restarted = point.count < before.count || (point.start ?? 0) > before.t;
      return restarted ? { ...point, seconds } : { seconds, ...difference(point, before) };
    },
  };
}

function difference(point: Amounts, before: Amounts): Omit<Increase, "seconds"> {
  const buckets = new Map<number, number>();
  for (const [bound, count] of point.buckets) {
    buckets.set(bound, Math.max(0, count - (before.buckets.get(bound) ?? 0)));
  }
  return { count: point.count - before.count, sum: point.sum - before.sum, buckets };
}
