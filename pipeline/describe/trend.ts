/**
 * Mann-Kendall's z: whether later values tend to be larger (positive) or smaller, ties corrected for;
 * 0 where all are equal.
 *
 * Source: Mann 1945; Kendall 1975. Variance with ties: n(n-1)(2n+5) - Σ t(t-1)(2t+5), over 18.
 */
export function mannKendall(values: readonly number[]): number {
  const n = values.length;
  let s = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) s += Math.sign((values[j] ?? 0) - (values[i] ?? 0));
  }
  const ties = new Map<number, number>();
  for (const value of values) ties.set(value, (ties.get(value) ?? 0) + 1);
  let variance = n * (n - 1) * (2 * n + 5);
  for (const t of ties.values()) variance -= t * (t - 1) * (2 * t + 5);
  return s === 0 || variance <= 0 ? 0 : (s - Math.sign(s)) / Math.sqrt(variance / 18);
}

/** Smallest sum of squared residuals of a step: one mean before, another one after. */
export function bestStep(values: readonly number[]): number {
  let best = Number.POSITIVE_INFINITY;
  for (let at = 1; at < values.length; at++) {
    best = Math.min(best, scatter(values.slice(0, at)) + scatter(values.slice(at)));
  }
  return best;
}

/** Smallest sum of squared residuals of "level, then straight on to the end" with at least `shortest` samples rising. */
export function bestRamp(values: readonly number[], shortest: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let from = 0; from <= values.length - shortest; from++) {
    best = Math.min(
      best,
      residual(
        values,
        values.map((_, index) => Math.max(0, index - from)),
      ),
    );
  }
  return best;
}

function scatter(values: readonly number[]): number {
  const mean = average(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

/** What a straight line over `x` leaves unexplained of `y`. */
function residual(y: readonly number[], x: readonly number[]): number {
  const meanX = average(x);
  const meanY = average(y);
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let i = 0; i < y.length; i++) {
    const dx = (x[i] ?? 0) - meanX;
    const dy = (y[i] ?? 0) - meanY;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  return xx === 0 ? yy : yy - (xy * xy) / xx;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
