import { mean, standardDeviation } from "./detect/statistics.ts";
import { sorted } from "./statistics.ts";

export interface SpotOptions {
  /** How improbable a value must be to be an alarm. */
  readonly risk?: number;
  /** The quantile of the calibration from which on values are peaks. */
  readonly level?: number;
  /** Values are compared with the mean of so many before them (DSPOT); 0 compares them as they are (SPOT). */
  readonly depth?: number;
}

export interface SpotRun {
  /** After calibration: where peaks begin, how many there are, and the alarm threshold. */
  readonly peaksFrom: number;
  readonly peakCount: number;
  readonly calibrated: number;
  /** The alarm threshold at each value of the stream, in its own unit, and the positions beyond it. */
  readonly thresholds: Float64Array;
  readonly alarms: readonly number[];
}

const fewestCalibrated = 50;
const fewestPeaks = 4;

/**
 * Streaming peaks over threshold, for the upper tail; hand in negated values for the lower one.
 * Alarms are not learnt from; peaks below the alarm threshold are, and the tail is fitted anew.
 *
 * Shape:  missing values are no alarms and teach nothing.
 * Throws: never. With fewer than 50 calibration values or 4 peaks the tail cannot be fitted: the
 *         threshold is then three standard deviations above where peaks begin.
 * Source: SPOT and DSPOT: Siffer et al., KDD 2017. Roots are bracketed and bisected in place of the
 *         authors' gradient search, which also stops where there is none. Their sign error in the
 *         exponential tail's likelihood changes nothing: their search always finds the root at zero
 *         too, which is that tail.
 */
export function spot(
  calibration: ArrayLike<number>,
  stream: ArrayLike<number>,
  { risk = 1e-3, level = 0.98, depth = 0 }: SpotOptions = {},
): SpotRun {
  const known = Float64Array.from(calibration).filter((value) => !Number.isNaN(value));
  const centred = depth === 0 ? known : lessRecentMean(known, depth);
  const ascending = sorted(centred);
  const peaksFrom = ascending[Math.min(ascending.length - 1, Math.floor(level * ascending.length))] ?? 0;
  const peaks = [...centred].filter((value) => value > peaksFrom).map((value) => value - peaksFrom);
  let seen = ascending.length;
  const fits = seen >= fewestCalibrated && peaks.length >= fewestPeaks;
  const fallback = peaksFrom + 3 * (standardDeviation(centred) || 0);
  const threshold = () =>
    fits ? tailThreshold({ ...fitTail(peaks), peaksFrom, seen, peakCount: peaks.length, risk }) : fallback;

  let alarmFrom = threshold();
  const run = { peaksFrom, peakCount: peaks.length, calibrated: alarmFrom };
  const recent = [...known.slice(known.length - depth)];
  const thresholds = new Float64Array(stream.length);
  const alarms: number[] = [];
  for (let i = 0; i < stream.length; i++) {
    const value = stream[i] ?? Number.NaN;
    const usual = depth === 0 || recent.length === 0 ? 0 : mean(recent);
    const excess = value - usual - peaksFrom;
    if (value - usual > alarmFrom) alarms.push(i);
    else if (!Number.isNaN(value)) {
      seen++;
      if (excess > 0) {
        peaks.push(excess);
        alarmFrom = threshold();
      }
      if (depth > 0) {
        recent.push(value);
        if (recent.length > depth) recent.shift();
      }
    }
    thresholds[i] = alarmFrom + usual;
  }
  return { ...run, thresholds, alarms };
}

/** A generalized Pareto tail; `shape` 0 is the exponential one. */
interface Tail {
  readonly shape: number;
  readonly scale: number;
}

/** The value that is exceeded with probability `risk`, when `peakCount` of `seen` values are above `peaksFrom`. */
export function tailThreshold(
  tail: Tail & {
    readonly peaksFrom: number;
    readonly seen: number;
    readonly peakCount: number;
    readonly risk: number;
  },
): number {
  const { shape, scale, peaksFrom, seen, peakCount, risk } = tail;
  const ratio = (risk * seen) / peakCount;
  if (shape === 0) return peaksFrom - scale * Math.log(ratio);
  return peaksFrom + (scale / shape) * (ratio ** -shape - 1);
}

const intervals = 64;
const bisections = 60;

/** Grimshaw's fit: the likelihood's stationary points are the roots of a function of one variable. */
function fitTail(peaks: readonly number[]): Tail {
  const usual = mean(peaks);
  const least = peaks.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = peaks.reduce((a, b) => Math.max(a, b), 0);
  let best: Tail = { shape: 0, scale: usual };
  let bestLikelihood = -peaks.length * (1 + Math.log(usual));
  const margin = Math.min(1e-8, 1 / most / intervals);
  const from = (2 * (usual - least)) / (usual * least);
  const to = (2 * (usual - least)) / least ** 2;
  const roots = [
    ...rootsBetween(peaks, -1 / most + 2 * margin, -margin, false),
    ...rootsBetween(peaks, from, to, true),
  ];
  for (const root of roots) {
    const shape = moments(peaks, root).logarithm;
    const scale = shape / root;
    const likelihood = logLikelihood(peaks, shape, scale);
    if (shape !== 0 && scale > 0 && likelihood > bestLikelihood) {
      best = { shape, scale };
      bestLikelihood = likelihood;
    }
  }
  return best;
}

function logLikelihood(peaks: readonly number[], shape: number, scale: number): number {
  const sum = peaks.reduce((total, peak) => total + Math.log(1 + (shape / scale) * peak), 0);
  return -peaks.length * Math.log(scale) - (1 + 1 / shape) * sum;
}

/** Means of ln(1 + θY) and of 1 / (1 + θY). */
function moments(peaks: readonly number[], theta: number): { logarithm: number; inverse: number } {
  let [logarithm, inverse] = [0, 0];
  for (const peak of peaks) {
    logarithm += Math.log(1 + theta * peak);
    inverse += 1 / (1 + theta * peak);
  }
  return { logarithm: logarithm / peaks.length, inverse: inverse / peaks.length };
}

/** The roots of (1 + mean ln)(mean 1/…) - 1 that a scan of `intervals` steps sees; even or by ratio. */
function rootsBetween(peaks: readonly number[], from: number, to: number, byRatio: boolean): number[] {
  if (!(from < to) || !Number.isFinite(to) || (byRatio && from <= 0)) return [];
  const stationary = (theta: number) => {
    const { logarithm, inverse } = moments(peaks, theta);
    return (1 + logarithm) * inverse - 1;
  };
  const at = (step: number) =>
    byRatio ? from * (to / from) ** (step / intervals) : from + ((to - from) * step) / intervals;
  const roots: number[] = [];
  for (let step = 0; step < intervals; step++) {
    let [low, high] = [at(step), at(step + 1)];
    const isNegative = stationary(low) < 0;
    if (isNegative === stationary(high) < 0) continue;
    for (let i = 0; i < bisections; i++) {
      const middle = (low + high) / 2;
      if (stationary(middle) < 0 === isNegative) low = middle;
      else high = middle;
    }
    roots.push((low + high) / 2);
  }
  return roots;
}

/** Each value less the mean of the `depth` before it; the first `depth` have none and are left out. */
function lessRecentMean(values: Float64Array, depth: number): Float64Array {
  const result = new Float64Array(Math.max(0, values.length - depth));
  for (let i = 0; i < result.length; i++) {
    result[i] = (values[i + depth] ?? 0) - mean(values.subarray(i, i + depth));
  }
  return result;
}
