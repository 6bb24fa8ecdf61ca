import type { AnomalyDetector } from "../ports.ts";
import { skewness } from "../statistics/moments.ts";
import { sorted } from "../statistics/quantiles.ts";
import type { MetricAnomaly, MetricSeries, TelemetrySlice } from "../types.ts";
import { dbscan } from "./dbscan.ts";
import { percentile } from "./percentile.ts";
import { referenceValues } from "./reference-values.ts";
import { skewed, threeSigma } from "./three-sigma.ts";

const mostLevels = 5;
const mostZeros = 0.5;
/** Either of two modes holds at least this share of the samples. */
const smallestMode = 0.1;
/** The modes lie further apart than the standard deviation within them by this factor. */
const clearGap = 3;

const choices = { "three-sigma": threeSigma, percentile, dbscan } as const;

/** Which detector judges a metric, and why, in words that go on after "since". */
export interface DetectorChoice {
  readonly detector: keyof typeof choices;
  readonly reason: string;
}

/**
 * Judges each metric by the detector that suits how its reference samples are distributed.
 *
 * Throws: never.
 * Source: paper III-B2 (the method is chosen by the distribution); the rules are ALGORITHMS 2's.
 */
export const automatic = {
  name: "automatic",
  modality: "metric",
  detect(slice: TelemetrySlice): MetricAnomaly[] {
    const referenceOf = referenceValues(slice.metrics);
    const groups = new Map<DetectorChoice["detector"], MetricSeries[]>();
    const reasons = new Map<string, string>();
    for (const series of slice.metrics) {
      const reference = referenceOf(series);
      if (reference === null) continue;
      const { detector, reason } = chooseDetector(reference);
      reasons.set(idOf(series), reason);
      const known = groups.get(detector);
      // Peers fill in for a short reference, so a group brings its peers' reference along.
      const judged = reference === series.reference.v ? series : withReference(series, reference);
      if (known === undefined) groups.set(detector, [judged]);
      else known.push(judged);
    }
    return [...groups].flatMap(([detector, metrics]) =>
      choices[detector]
        .detect({ ...slice, metrics })
        .map((anomaly) => ({ ...anomaly, chosenSince: reasons.get(idOf(anomaly)) ?? "" })),
    );
  },
} as const satisfies AnomalyDetector;

/**
 * The detector for metrics with these reference samples.
 *
 * Shape:  few distinct values, mostly zero or a long tail (|skewness| > 2): percentile; two modes with
 *         nothing between them: dbscan; else three-sigma.
 */
export function chooseDetector(reference: ArrayLike<number>): DetectorChoice {
  const ascending = sorted(reference);
  const levels = levelsOf(ascending);
  if (levels <= mostLevels) {
    const reason = `its normal samples have only ${levels} different ${levels === 1 ? "value" : "values"}`;
    return { detector: "percentile", reason };
  }
  const zeros = ascending.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);
  if (zeros > mostZeros * ascending.length) {
    const share = Math.round((100 * zeros) / ascending.length);
    return { detector: "percentile", reason: `${share} % of its normal samples are zero` };
  }
  // Two modes of unequal size are skewed too, and the gap between them says more.
  if (isBimodal(ascending)) {
    return { detector: "dbscan", reason: "its normal samples lie in two groups with nothing between them" };
  }
  const skew = skewness(ascending);
  if (Math.abs(skew) > skewed) {
    const reason = `its normal samples have a long tail (skewness ${skew.toFixed(1)})`;
    return { detector: "percentile", reason };
  }
  return { detector: "three-sigma", reason: "its normal samples have one group without a long tail" };
}

function levelsOf(ascending: Float64Array): number {
  let levels = 0;
  for (let i = 0; i < ascending.length && levels <= mostLevels; i++) {
    if (i === 0 || ascending[i] !== ascending[i - 1]) levels++;
  }
  return levels;
}

/** The widest gap that leaves a tenth on either side is wider than three deviations within its sides. */
function isBimodal(ascending: Float64Array): boolean {
  const fewest = Math.max(2, Math.ceil(smallestMode * ascending.length));
  let widest = 0;
  let at = 0;
  for (let i = fewest; i <= ascending.length - fewest; i++) {
    const gap = (ascending[i] ?? 0) - (ascending[i - 1] ?? 0);
    if (gap > widest) {
      widest = gap;
      at = i;
    }
  }
  if (at === 0) return false;
  const within = Math.sqrt(
    (scatter(ascending.subarray(0, at)) + scatter(ascending.subarray(at))) / ascending.length,
  );
  return widest > clearGap * within;
}

/** Sum of squared distances from the mean. */
function scatter(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const centre = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - centre) * (value - centre);
  return squares;
}

function withReference(series: MetricSeries, reference: ArrayLike<number>): MetricSeries {
  const v = Float64Array.from(reference);
  return { ...series, reference: { t: new Float64Array(v.length).fill(Number.NaN), v } };
}

function idOf({ key }: { readonly key: MetricSeries["key"] }): string {
  return [key.service, key.instance ?? "", key.metric].join("\n");
}
