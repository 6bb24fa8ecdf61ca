import { mean, standardDeviation } from "./moments.ts";
import { present, sorted } from "./quantiles.ts";

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
  const known = present(calibration);
  const centred = depth === 0 ? known : lessRecentMean(known, depth);
  const ascending = sorted(centred);
  const peaksFrom = ascending[Math.min(ascending.length - 1, Math.floor(level * ascending.length))] ?? 0;
  const peaks = growing(stream.length);
  for (let i = 0; i < centred.length; i++) {
    const value = centred[i] ?? Number.NaN;
    if (value > peaksFrom) peaks.add(value - peaksFrom);
  }
  let seen = ascending.length;
  const fits = seen >= fewestCalibrated && peaks.all().length >= fewestPeaks;
  const fallback = peaksFrom + 3 * (standardDeviation(centred) || 0);
  const threshold = () => {
    if (!fits) return fallback;
    const all = peaks.all();
    return tailThreshold({ ...fitTail(all), peaksFrom, seen, peakCount: all.length, risk });
  };

  let alarmFrom = threshold();
  const run = { peaksFrom, peakCount: peaks.all().length, calibrated: alarmFrom };
  const recent = [...known.subarray(known.length - depth)];
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
        peaks.add(excess);
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

/** Numbers that become more; a view of them is good until the next one is added. */
function growing(roomFor: number): { add(value: number): void; all(): Float64Array } {
  let values = new Float64Array(roomFor + 16);
  let count = 0;
  return {
    add(value) {
      if (count === values.length) {
        const larger = new Float64Array(2 * count);
        larger.set(values);
        values = larger;
      }
      values[count] = value;
      count++;
    },
    all: () => values.subarray(0, count),
  };
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
/** A root this near to zero, as a share of the largest peak's inverse, is the exponential tail and rounding. */
const nearZero = 1e-6;
/** Products of terms stay far from what a double can hold. */
const [largestProduct, smallestProduct] = [1e150, 1e-150];

/** Grimshaw's fit: the likelihood's stationary points are the roots of a function of one variable. */
function fitTail(peaks: Float64Array): Tail {
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
    if (Math.abs(root) * most < nearZero) continue;
    const shape = meanLogarithm(peaks, root);
    const scale = shape / root;
    const likelihood = logLikelihood(peaks, shape, scale);
    if (shape !== 0 && scale > 0 && likelihood > bestLikelihood) {
      best = { shape, scale };
      bestLikelihood = likelihood;
    }
  }
  return best;
}

function logLikelihood(peaks: Float64Array, shape: number, scale: number): number {
  const sum = peaks.length * meanLogarithm(peaks, shape / scale);
  return -peaks.length * Math.log(scale) - (1 + 1 / shape) * sum;
}

/** Mean of ln(1 + θY). One logarithm of a product costs as much as one of a factor. */
function meanLogarithm(peaks: Float64Array, theta: number): number {
  let logarithm = 0;
  let product = 1;
  for (let i = 0; i < peaks.length; i++) {
    const term = 1 + theta * (peaks[i] ?? 0);
    const next = product * term;
    const isSafe = next < largestProduct && next > smallestProduct;
    if (!isSafe) logarithm += Math.log(product) + Math.log(term);
    product = isSafe ? next : 1;
  }
  return (logarithm + Math.log(product)) / peaks.length;
}

/** Grimshaw's (1 + mean ln(1 + θY))(mean 1 / (1 + θY)) - 1, which is zero where the likelihood is stationary. */
function stationary(peaks: Float64Array, theta: number): number {
  let inverse = 0;
  for (let i = 0; i < peaks.length; i++) inverse += 1 / (1 + theta * (peaks[i] ?? 0));
  return ((1 + meanLogarithm(peaks, theta)) * inverse) / peaks.length - 1;
}

/** The roots that a scan of `intervals` steps sees; even or by ratio. */
function rootsBetween(peaks: Float64Array, from: number, to: number, byRatio: boolean): number[] {
  if (!(from < to) || !Number.isFinite(to) || (byRatio && from <= 0)) return [];
  const at = (step: number) =>
    byRatio ? from * (to / from) ** (step / intervals) : from + ((to - from) * step) / intervals;
  const roots: number[] = [];
  let low = from;
  let isNegative = stationary(peaks, low) < 0;
  for (let step = 1; step <= intervals; step++) {
    const high = at(step);
    const turns = stationary(peaks, high) < 0 !== isNegative;
    if (turns) {
      roots.push(rootInside(peaks, low, high, isNegative));
      isNegative = !isNegative;
    }
    low = high;
  }
  return roots;
}

/** Halves the stretch until its ends are neighbours. */
function rootInside(peaks: Float64Array, from: number, to: number, isNegative: boolean): number {
  let [low, high] = [from, to];
  for (let i = 0; i < bisections; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (stationary(peaks, middle) < 0 === isNegative) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Each value less the mean of the `depth` before it; the first `depth` have none and are left out. */
export function lessRecentMean(values: Float64Array, depth: number): Float64Array {
  const result = new Float64Array(Math.max(0, values.length - depth));
  for (let i = 0; i < result.length; i++) {
    let sum = 0;
    for (let j = i; j < i + depth; j++) sum += values[j] ?? 0;
    result[i] = (values[i + depth] ?? 0) - sum / depth;
  }
  return result;
}
