/** How many observations lie at or below each bound, not counting those of the bounds before. */
export type Buckets = ReadonlyMap<number, number>;

/**
 * A quantile of bucketed observations, on a straight line within its bucket, as Prometheus does it; what
 * lies in the last, unbounded bucket is given that bucket's lower bound.
 *
 * Shape: NaN where there is no observation.
 */
export function bucketQuantile(buckets: Buckets, quantile: number): number {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (!(total > 0)) return Number.NaN;
  const rank = quantile * total;
  let below = 0;
  let lower = 0;
  for (const [bound, count] of sorted) {
    if (count > 0 && below + count >= rank) {
      if (bound === Number.POSITIVE_INFINITY) return lower;
      const from = Math.min(bound, lower);
      return from + (bound - from) * ((rank - below) / count);
    }
    below += count;
    lower = bound;
  }
  return lower;
}
