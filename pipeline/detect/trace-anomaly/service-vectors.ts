import { standardDeviation } from "../../statistics/moments.ts";
import type { CallPaths } from "../call-path.ts";
import type { TraceShape } from "../trace-shape.ts";

/** A path that fewer normal traces than this share have is known, but no column. */
const rareShare = 1e-3;
const mostColumns = 400;
const present = 1e-5;
/** In milliseconds: nobody waits noticeably for less. */
const smallestStd = 1;
/** What stands for a call path that the trace does not have. */
export const absent = -1;

/** Which call path is which column, and what is usual there. */
export interface Columns {
  /** Services from the root on, joined by " -> ", in the order of first appearance. */
  readonly paths: readonly string[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The longest response time of each call path of a trace, in milliseconds. */
export function timesByPath(shape: TraceShape, paths: CallPaths): ReadonlyMap<string, number> {
  return new Map(
    [...shape.times.values()].map((time) => [paths.servicesOf(time.path).join(" -> "), time.totalMs]),
  );
}

/**
 * Learns the columns of service-trace vectors from normal traces.
 *
 * Shape:  call paths that at least one trace in a thousand has, at most 400, the most frequent; in the order
 *         of `before` where they are the same, so that weights of then still fit.
 * Source: ALGORITHMS 4.1 and 4.2.
 */
export function learnColumns(
  traces: readonly ReadonlyMap<string, number>[],
  before: readonly string[] = [],
): Columns {
  const counts = new Map<string, number>();
  for (const times of traces) for (const path of times.keys()) counts.set(path, (counts.get(path) ?? 0) + 1);
  const frequent = [...counts]
    .filter(([, count]) => count >= rareShare * traces.length)
    .sort((a, b) => b[1] - a[1])
    .slice(0, mostColumns)
    .map(([path]) => path);
  const chosen = new Set(frequent);
  const isAsBefore = before.length === chosen.size && before.every((path) => chosen.has(path));
  const paths = isAsBefore ? before : [...counts.keys()].filter((path) => chosen.has(path));
  const { mean, std } = usualTimes(traces.map((times) => paths.map((path) => times.get(path) ?? 0)));
  return { paths, mean, std };
}

/**
 * Mean and standard deviation (at least 1 ms) of each column over the traces that have it.
 *
 * Source: TraceAnomaly's readdata.py.
 */
export function usualTimes(rows: readonly (readonly number[])[]): { mean: number[]; std: number[] } {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, column) =>
    rows.map((row) => row[column] ?? 0).filter((value) => value > present),
  );
  const mean = columns.map((values) =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length,
  );
  const std = columns.map((values) =>
    values.length === 0 ? smallestStd : Math.max(smallestStd, standardDeviation(values)),
  );
  return { mean, std };
}

/** Standard deviations from the mean; -1 for a path that the trace does not have. */
export function normalizedRow(
  row: readonly number[],
  { mean, std }: Pick<Columns, "mean" | "std">,
): Float64Array {
  return Float64Array.from(row, (value, index) =>
    value > present ? (value - (mean[index] ?? 0)) / (std[index] ?? smallestStd) : absent,
  );
}

export function vectorOf(times: ReadonlyMap<string, number>, columns: Columns): Float64Array {
  return normalizedRow(
    columns.paths.map((path) => times.get(path) ?? 0),
    columns,
  );
}
