import { metricGrid } from "../metric-grid.ts";
import { changePoints } from "../statistics/change-point.ts";
import { quantileOfSorted, robustSpread, sorted } from "../statistics/quantiles.ts";
import type { EpochMs, MetricSeries, TelemetrySlice } from "../types.ts";

const mostRows = 480;
const mostColumns = 50;
const fewestNormal = 10;
/** An incident that began this shortly before the window, in windows, belongs to it; five minutes at most. */
const earlyShare = 0.5;
const longestEarlyMs = 5 * 60_000;
/** Further out than this many spreads is no more of a change. */
const farthest = 10;
/** Measurements hardly differ by less than a hundredth of their size. */
const relativeFloor = 0.01;

/**
 * When the incident in the window began: the first change point of the service-level indicators
 * (latency, errors, traffic) in the window, or shortly before it.
 *
 * Shape:  null where nothing changed or too little was measured; the fifty indicators furthest out are
 *         looked at, and at most 480 samples back.
 * Source: BARO (Pham et al., FSE 2024).
 */
export function incidentOnset(slice: TelemetrySlice): EpochMs | null {
  const indicators = slice.metrics.filter((series) => series.class !== "resource");
  const grid = metricGrid(indicators, mostRows);
  if (grid === null) return null;
  const { start, end } = slice.window;
  const earlyMs = Math.min(longestEarlyMs, earlyShare * (end - start));
  // The first recent row follows on another period: that it differs is no onset.
  const earliest = Math.max(grid.recentRow + 1, grid.windowRow - Math.floor(earlyMs / grid.stepMs));
  const columns = indicators.flatMap((series, index) => {
    const column = grid.columns[index] ?? null;
    return column === null ? [] : (standardized(series, column, grid.windowRow) ?? []);
  });
  columns.sort((a, b) => b.farthest - a.farthest || (a.name < b.name ? -1 : 1));
  const looked = columns.slice(0, mostColumns).map(({ values }) => values);
  const row = changePoints(looked).find((change) => change >= earliest);
  const onset = grid.times[row ?? -1];
  return onset === undefined || Number.isNaN(onset) ? null : onset;
}

/** In robust spreads of what came before the window, cut at ten. */
function standardized({ key }: MetricSeries, column: Float64Array, windowRow: number) {
  const normal = sorted(column.subarray(0, windowRow));
  if (normal.length < fewestNormal) return null;
  const median = quantileOfSorted(normal, 0.5);
  const spread = Math.max(robustSpread(normal), relativeFloor * Math.abs(median), 1e-9);
  const values = column.map((value) => Math.max(-farthest, Math.min(farthest, (value - median) / spread)));
  let out = 0;
  for (const value of values.subarray(windowRow)) if (Math.abs(value) > out) out = Math.abs(value);
  return { values, farthest: out, name: [key.service, key.instance ?? "", key.metric].join("\n") };
}
