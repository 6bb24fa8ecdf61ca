import { sorted } from "./statistics/quantiles.ts";
import type { EpochMs, MetricSeries, TelemetrySlice } from "./types.ts";

/** Metrics that say whether a process is there, and how often it was started. */
const isThere = /^up$/i;
const startCount = /restart/i;
/** A process that is started anew is away for a sample or two. */
const fewestAway = 3;
const fewestAwayAtEnd = 2;
/** A series that ends so many samples before the others has ended; a scrape that was missed is no end. */
const fewestMissing = 3;
/** So many lines and spans would have come if the service had gone on. */
const fewestExpected = 10;

/** A service none of whose instances is there for a stretch of the window. */
export interface AwayService {
  readonly service: string;
  readonly from: EpochMs;
  /** Time of the last sample in which it was away. */
  readonly to: EpochMs;
  /** `gone`: it was not started again. `starting`: again and again, and did not get up. `ended`: nothing of it is measured or written any more. */
  readonly state: "gone" | "starting" | "ended";
  /** The series that tell it; none where all of them ended. */
  readonly told: readonly MetricSeries[];
}

type Seen = Pick<TelemetrySlice, "window" | "logs" | "traces">;

/**
 * The services whose processes are away, as their metrics tell: `up` at 0 in all instances, or no sample any
 * more while those of other services go on. What ended must have stopped to write lines or spans as well,
 * since a scrape that fails looks the same.
 *
 * Shape:  by name; empty without metrics.
 */
export function awayServices(slice: Seen & Pick<TelemetrySlice, "metrics">): AwayService[] {
  const byService = new Map<string, MetricSeries[]>();
  for (const series of slice.metrics) {
    const known = byService.get(series.key.service);
    if (known === undefined) byService.set(series.key.service, [series]);
    else known.push(series);
  }
  const lastOfAll = slice.metrics.reduce(
    (last, series) => Math.max(last, lastSample(series)),
    Number.NEGATIVE_INFINITY,
  );
  return [...byService.keys()].sort().flatMap((service): AwayService[] => {
    const series = byService.get(service) ?? [];
    return ended(service, series, lastOfAll, slice) ?? down(service, series) ?? [];
  });
}

function ended(
  service: string,
  series: readonly MetricSeries[],
  lastOfAll: EpochMs,
  slice: Seen,
): AwayService[] | null {
  const last = series.reduce((latest, one) => Math.max(latest, lastSample(one)), Number.NEGATIVE_INFINITY);
  const step = Math.max(...series.map(({ stepMs }) => stepMs));
  if (!Number.isFinite(last) || lastOfAll - last < fewestMissing * step) return null;
  const from = last + step;
  return fellSilent(service, from, lastOfAll, slice)
    ? [{ service, from, to: lastOfAll, state: "ended", told: [] }]
    : null;
}

/** Lines and spans that came at a rate that lets expect some, and none came. */
function fellSilent(service: string, from: EpochMs, to: EpochMs, { window, logs, traces }: Seen): boolean {
  const spansOf = (side: TelemetrySlice["traces"]["window"]) =>
    side.flatMap(({ spans }) => spans.filter((span) => span.service === service).map(({ start }) => start));
  const linesOf = (side: TelemetrySlice["logs"]["window"]) =>
    side.filter((line) => line.service === service).map(({ t }) => t);
  // A declared normal period may lie in the window: nothing counts twice.
  const earlier = (times: readonly EpochMs[]) => times.filter((t) => t < window.start);
  const kinds = [
    [...earlier(linesOf(logs.reference)), ...linesOf(logs.window)],
    [...earlier(spansOf(traces.reference)), ...spansOf(traces.window)],
  ].filter((times) => times.some((t) => t < from));
  const counted = kinds.map((times) => {
    const before = times.filter((t) => t < from);
    const first = before.reduce((least, t) => Math.min(least, t), from);
    const expected = (before.length / Math.max(1, from - first)) * (to - from);
    return { expected, found: times.filter((t) => t >= from && t <= to).length };
  });
  return (
    counted.some(({ expected }) => expected >= fewestExpected) && counted.every(({ found }) => found === 0)
  );
}

function down(service: string, series: readonly MetricSeries[]): AwayService[] | null {
  const told = series.filter(({ key }) => isThere.test(key.metric));
  const stretches = told.map(longestAway);
  let from = Number.NEGATIVE_INFINITY;
  let to = Number.POSITIVE_INFINITY;
  for (const stretch of stretches) {
    if (stretch === null) return null;
    from = Math.max(from, stretch.from);
    to = Math.min(to, stretch.to);
  }
  if (told.length === 0 || from >= to) return null;
  const starts = series.filter(({ key }) => startCount.test(key.metric));
  // The count of the first sample may be that of the start before it went away.
  const isStarted = starts.some(({ window }) =>
    window.v.some(
      (value, index) => value > 0 && isWithin(window.t[index], from, to) && window.t[index] !== from,
    ),
  );
  return [{ service, from, to, state: isStarted ? "starting" : "gone", told }];
}

/** The longest run of zeros of what is normally more than zero. */
function longestAway({ reference, before, window }: MetricSeries): { from: EpochMs; to: EpochMs } | null {
  const normal = sorted([...reference.v, ...before.v]);
  const usual = normal[normal.length >> 1] ?? sorted(window.v).at(-1) ?? 0;
  if (usual <= 0) return null;
  let longest: { from: number; to: number; length: number } | null = null;
  let first = -1;
  let length = 0;
  window.v.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    if (value > 0) {
      first = -1;
      length = 0;
      return;
    }
    if (first < 0) first = index;
    length++;
    if (length > (longest?.length ?? 0)) {
      longest = { from: window.t[first] ?? Number.NaN, to: window.t[index] ?? Number.NaN, length };
    }
  });
  return longest === null ? null : longEnough(longest, window.t[lastIndex(window.v)] ?? Number.NaN);
}

function longEnough(
  { from, to, length }: { from: EpochMs; to: EpochMs; length: number },
  last: EpochMs,
): { from: EpochMs; to: EpochMs } | null {
  return length >= (to === last ? fewestAwayAtEnd : fewestAway) ? { from, to } : null;
}

function lastIndex(values: Float64Array): number {
  return values.findLastIndex(Number.isFinite);
}

function lastSample({ window }: MetricSeries): EpochMs {
  return window.t[lastIndex(window.v)] ?? Number.NEGATIVE_INFINITY;
}

function isWithin(t: EpochMs | undefined, from: EpochMs, to: EpochMs): boolean {
  return t !== undefined && t >= from && t <= to;
}
