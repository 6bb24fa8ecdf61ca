import type { MetricKind } from "./localize/metric-kinds.ts";
import { quantileOfSorted, robustSpread, sorted } from "./statistics/quantiles.ts";
import type { MetricSeries, Samples } from "./types.ts";

const fewestReference = 10;
const fewestBefore = 5;
/** The spread is at least a tenth of the median, so that a flat baseline does not turn noise into alarms. */
const relativeFloor = 0.1;
const absoluteFloor = 1e-3;
/** For percent metrics: at least 2 points of spread, and moves under 10 points are none. */
const percentFloor = 2;
const percentMove = 10;
/** Other metrics must at least double or halve. */
const leastRatio = 2;
/** A hundredth of the usual is as good as nothing. */
const nothingLeft = 0.01;
/** What was out before the window already. */
const oldNews = 0.5;
/** From this many spreads on a deviation is told; below, it fades out. */
export const clearZ = 3;

/** A series' worst sample in the window. */
export interface Deviation {
  readonly value: number;
  /** The reference median. */
  readonly usual: number;
  /** One robust standard deviation, after the floors, in the metric's unit. */
  readonly spread: number;
  /** Distance in spreads, 0 or more. */
  readonly z: number;
  /** 1, or less for what was there before the window. */
  readonly weight: number;
  /** Positions in the window's samples of the first and the last one that is as clearly out. */
  readonly first: number;
  readonly last: number;
}

interface Baseline {
  readonly median: number;
  readonly spread: number;
}

/**
 * How far a series left its normal range, by median and interquartile range. Against the mean and the
 * standard deviation of 3-sigma, one earlier incident in the reference period hides the next; these two
 * do not mind it.
 *
 * Shape:  null for fewer than 10 reference and 5 preceding samples, or where nothing moved enough.
 * Source: BARO's RobustScorer (Pham et al., FSE 2024); floors and the look at what came just before are
 *         ours.
 */
export function worstDeviation(series: MetricSeries, kind: MetricKind): Deviation | null {
  const reference = baselineOf(series.reference, kind, fewestReference);
  const before = baselineOf(series.before, kind, fewestBefore);
  const normal = reference ?? before;
  if (normal === null) return null;
  // A short past has a spread of its own that says little: the reference's is used for both.
  const recent = before === null ? null : { median: before.median, spread: normal.spread };
  const away = series.window.v.map((value) => (Number.isNaN(value) ? 0 : distance(value, normal, kind)));
  let worst = -1;
  let weight = 1;
  away.forEach((z, index) => {
    const isNew = recent === null || distance(series.window.v[index] ?? 0, recent, kind) * z > 0;
    const weighed = isNew ? 1 : oldNews;
    if (Math.abs(z) * weighed > Math.abs(away[worst] ?? 0) * weight) {
      worst = index;
      weight = weighed;
    }
  });
  if (worst < 0) return null;
  const z = away[worst] ?? 0;
  const isOut = (other: number) => other * Math.sign(z) >= Math.min(clearZ, Math.abs(z));
  return {
    value: series.window.v[worst] ?? Number.NaN,
    usual: normal.median,
    spread: normal.spread,
    z: Math.abs(z),
    weight,
    first: away.findIndex(isOut),
    last: away.findLastIndex(isOut),
  };
}

function baselineOf(samples: Samples, kind: MetricKind, fewest: number): Baseline | null {
  const ascending = sorted(samples.v);
  if (ascending.length < fewest) return null;
  const median = quantileOfSorted(ascending, 0.5);
  const floor = kind.percent ? percentFloor : absoluteFloor;
  return { median, spread: Math.max(robustSpread(ascending), relativeFloor * Math.abs(median), floor) };
}

/** Signed, in spreads; 0 for moves too small to matter and for falls of what only hurts when it rises. */
function distance(value: number, { median, spread }: Baseline, kind: MetricKind): number {
  if (kind.onlyUp && value < median) return 0;
  if (kind.percent) return Math.abs(value - median) < percentMove ? 0 : (value - median) / spread;
  const large = Math.max(Math.abs(value), Math.abs(median));
  const small = Math.min(Math.abs(value), Math.abs(median));
  if (large < leastRatio * small && value * median > 0) return 0;
  const linear = (value - median) / spread;
  // Whether a process is there is no quantity.
  const canCollapse = value >= 0 && value < median && kind.kind !== "process";
  return canCollapse ? Math.min(linear, -fallInSpreads(value, median, spread)) : linear;
}

/**
 * How far a quantity fell, in spreads of its logarithm: what cannot go below zero is never many spreads below
 * its median, however completely it collapses.
 */
function fallInSpreads(value: number, median: number, spread: number): number {
  const least = nothingLeft * median;
  return Math.log((median + least) / (value + least)) / Math.max(spread / median, relativeFloor);
}
