import { firstRowFrom, type MetricGrid, metricGrid } from "../metric-grid.ts";
import { quantileOfSorted, robustSpread, sorted } from "../statistics/quantiles.ts";
import type { MetricSeries, TelemetrySlice } from "../types.ts";
import { seriesName } from "./metric-evidence.ts";
import { metricKind } from "./metric-kinds.ts";

const mostRows = 480;
const mostColumns = 40;
/** Every test needs all columns, so one with more gaps than this would cost the others their samples. */
const leastPresent = 0.9;
const fewestNormal = 20;
const relativeFloor = 0.05;
/** Two metrics of a service that are this alike are one. */
const twins = 0.999;
const p95 = /p95|0\.95|95th/i;

/** One metric in the matrix of MicroCause. */
export interface MatrixColumn {
  readonly series: MetricSeries;
  readonly values: Float64Array;
  /** Distance of the worst sample of the window from normal, in robust spreads. */
  readonly z: number;
  /** The first row of the window that is three spreads out; null for none. */
  readonly onsetRow: number | null;
  readonly median: number;
  readonly spread: number;
}

export interface Matrix {
  readonly columns: readonly MatrixColumn[];
  /** Position of the front metric: the symptom that the walk starts from. */
  readonly front: number;
  readonly windowRow: number;
  readonly stepMs: number;
}

/**
 * The metrics to look at together: the forty furthest out, without twins and with few gaps, and the front
 * metric, which is the latency, else the errors, else what is furthest out of the services that nobody
 * calls.
 *
 * Shape:  null where there is no such front or nothing beside it.
 */
export function microcauseMatrix(slice: TelemetrySlice): Matrix | null {
  const known = slice.metrics.filter((series) => metricKind(series.key.metric, series.unit).weight > 0);
  const grid = metricGrid(known, mostRows);
  if (grid === null) return null;
  const windowRow = firstRowFrom(grid, slice.window.start);
  const measured = known.flatMap(
    (series, index) => columnOf(series, grid.columns[index] ?? null, windowRow, grid) ?? [],
  );
  const ordered = measured.sort(
    (a, b) => b.z - a.z || (seriesName(a.series.key) < seriesName(b.series.key) ? -1 : 1),
  );
  const front = frontOf(ordered, slice);
  if (front === null) return null;
  const columns = [front];
  for (const column of ordered) {
    if (columns.length >= mostColumns) break;
    if (column !== front && column.z > 0 && !columns.some((other) => areTwins(column, other)))
      columns.push(column);
  }
  return columns.length < 2 ? null : { columns, front: 0, windowRow, stepMs: grid.stepMs };
}

function columnOf(
  series: MetricSeries,
  values: Float64Array | null,
  windowRow: number,
  { times }: MetricGrid,
): MatrixColumn | null {
  if (values === null) return null;
  const normal = sorted(values.subarray(0, windowRow));
  const rows = times.reduce((count, time) => count + (Number.isNaN(time) ? 0 : 1), 0);
  const present = values.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
  if (normal.length < fewestNormal || present < leastPresent * rows) return null;
  const median = quantileOfSorted(normal, 0.5);
  const spread = Math.max(robustSpread(normal), relativeFloor * Math.abs(median), 1e-9);
  let z = 0;
  let onsetRow: number | null = null;
  for (let row = windowRow; row < values.length; row++) {
    const away = Math.abs((values[row] ?? Number.NaN) - median) / spread;
    if (away >= 3) onsetRow ??= row;
    if (away > z) z = away;
  }
  return { series, values, z, onsetRow, median, spread };
}

/** `ordered`: furthest out first, so that the first of each kind is meant. */
function frontOf(ordered: readonly MatrixColumn[], { topology }: TelemetrySlice): MatrixColumn | null {
  const called = new Set(topology.edges.map(({ callee }) => callee));
  const isEntry = ({ series }: MatrixColumn) => !called.has(series.key.service);
  const entries = ordered.some(isEntry) ? ordered.filter(isEntry) : ordered;
  const kindOf = ({ series }: MatrixColumn) => metricKind(series.key.metric, series.unit).kind;
  const latencies = entries.filter((column) => kindOf(column) === "latency");
  return (
    latencies.find(({ series }) => p95.test(series.key.metric)) ??
    latencies[0] ??
    entries.find((column) => kindOf(column) === "errors") ??
    entries[0] ??
    null
  );
}

function areTwins(a: MatrixColumn, b: MatrixColumn): boolean {
  if (a.series.key.service !== b.series.key.service) return false;
  let [n, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (let row = 0; row < a.values.length; row++) {
    const [p, q] = [(a.values[row] ?? Number.NaN) - a.median, (b.values[row] ?? Number.NaN) - b.median];
    if (Number.isNaN(p) || Number.isNaN(q)) continue;
    n++;
    x += p;
    y += q;
    xx += p * p;
    yy += q * q;
    xy += p * q;
  }
  const scale = Math.sqrt((xx - (x * x) / n) * (yy - (y * y) / n));
  return scale > 0 && Math.abs((xy - (x * y) / n) / scale) > twins;
}
