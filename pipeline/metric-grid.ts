import { quantile } from "./statistics/quantiles.ts";
import type { EpochMs, MetricSeries, Samples } from "./types.ts";

/** A gap of up to so many steps holds the last value. */
const mostCarried = 3;
/** A series this much coarser than most has no place on their grid. */
const coarsest = 3;

/** Series on one grid of rows: normal time first, then the half hour before the window and the window. */
export interface MetricGrid {
  readonly stepMs: number;
  /** When each row begins; NaN for a row that only separates periods apart in time, in which nothing is known. */
  readonly times: Float64Array;
  /** The first row of the half hour before the window, and of the window. */
  readonly recentRow: number;
  readonly windowRow: number;
  /** One per series, NaN where it was not measured; null for a series too coarse for the grid. */
  readonly columns: readonly (Float64Array | null)[];
}

/**
 * Reference period, the half hour before and window of each series in rows of one time each, for methods
 * that look at how metrics move together. A declared reference period may be hours away, or later than
 * the window: its rows come first in any case.
 *
 * Shape:  at most `mostRows` rows, the last ones; the step is the series' median step. Null without series
 *         or without a sample in the window.
 */
export function metricGrid(metrics: readonly MetricSeries[], mostRows: number): MetricGrid | null {
  const stepMs = quantile(
    metrics.map((series) => series.stepMs),
    0.5,
  );
  if (!(stepMs > 0)) return null;
  const fitting = metrics.map((series) => series.stepMs <= coarsest * stepMs);
  const used = metrics.filter((_, index) => fitting[index]);
  const recent = bucketsOf(
    used.flatMap(({ before, window }) => [before, window]),
    stepMs,
  );
  const inWindow = bucketsOf(
    used.map(({ window }) => window),
    stepMs,
  );
  const first = inWindow[0];
  if (first === undefined) return null;
  const known = new Set(recent);
  const earlier = bucketsOf(
    used.map(({ reference }) => reference),
    stepMs,
  ).filter((bucket) => !known.has(bucket));
  const order = withSeparators([...earlier, ...recent]).slice(-mostRows);
  const rowOf = new Map(order.map((bucket, row) => [bucket, row]));
  return {
    stepMs,
    times: Float64Array.from(order, (bucket) => bucket * stepMs),
    recentRow: rowOf.get(recent[0] ?? first) ?? 0,
    windowRow: rowOf.get(first) ?? 0,
    columns: metrics.map((series, index) => (fitting[index] ? columnOf(series, order, rowOf, stepMs) : null)),
  };
}

/** The first row of the half hour before the window, or of the window, whose time is not over at `onset`. */
export function firstRowFrom({ times, stepMs, recentRow }: MetricGrid, onset: EpochMs): number {
  for (let row = recentRow; row < times.length; row++)
    if ((times[row] ?? Number.NaN) + stepMs > onset) return row;
  return times.length;
}

/** Numbers of the steps in which something was measured, ascending. */
function bucketsOf(parts: readonly Samples[], stepMs: number): number[] {
  const buckets = new Set<number>();
  for (const { t } of parts) for (const time of t) buckets.add(Math.floor(time / stepMs));
  return [...buckets].sort((a, b) => a - b);
}

/** NaN wherever the next bucket is not the next in time. */
function withSeparators(buckets: readonly number[]): number[] {
  const order: number[] = [];
  for (const bucket of buckets) {
    const last = order.at(-1);
    if (last !== undefined && bucket !== last + 1) order.push(Number.NaN);
    order.push(bucket);
  }
  return order;
}

/** Means per row; where periods overlap, the later part stands. */
function columnOf(
  { reference, before, window, stepMs: own }: MetricSeries,
  order: readonly number[],
  rowOf: ReadonlyMap<number, number>,
  stepMs: number,
): Float64Array {
  const column = new Float64Array(order.length).fill(Number.NaN);
  for (const { t, v } of [reference, before, window]) {
    let [row, sum, count] = [-1, 0, 0];
    for (let i = 0; i < t.length; i++) {
      const at = rowOf.get(Math.floor((t[i] ?? Number.NaN) / stepMs));
      const value = v[i] ?? Number.NaN;
      if (at === undefined || Number.isNaN(value)) continue;
      if (at !== row) [row, sum, count] = [at, 0, 0];
      sum += value;
      count++;
      column[row] = sum / count;
    }
  }
  carry(column, order, Math.max(mostCarried, Math.ceil(own / stepMs)));
  return column;
}

/** Fills short gaps with the last value; periods apart in time have nothing to do with one another. */
function carry(column: Float64Array, order: readonly number[], most: number): void {
  let last = -1;
  for (let row = 0; row < column.length; row++) {
    if (Number.isNaN(order[row] ?? Number.NaN)) last = -1;
    else if (!Number.isNaN(column[row] ?? Number.NaN)) last = row;
    else if (last >= 0 && row - last <= most) column[row] = column[last] ?? Number.NaN;
  }
}
