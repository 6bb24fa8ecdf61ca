import type { Localizer } from "../ports.ts";
import { quantileOfSorted, sorted } from "../statistics/quantiles.ts";
import type { Anomaly, Candidate, EpochMs, MetricSeries, TelemetrySlice } from "../types.ts";
import { metricEvidence, shortNumber } from "./metric-evidence.ts";
import { isCause, metricKind } from "./metric-kinds.ts";
import { incidentOnset } from "./onset.ts";
import { farStrengthOf } from "./strength.ts";

const fewestNormal = 10;
/** An interquartile range in standard deviations of normal data. */
const spreadsPerRange = 1.349;
/** Less than this is no move, in interquartile ranges: it would be one standard deviation. */
const leastRanges = 1 / spreadsPerRange;

/**
 * Ranks metrics by how far they got from their median once the incident began, in interquartile ranges
 * of what came before. It knows nothing of what a metric means.
 *
 * Shape:  one candidate per series that moved; the incident begins at the change point of the
 *         service-level indicators, or with the window where there is none.
 * Units:  strength 0 to about 6.
 * Throws: never. Series with fewer than 10 samples before the onset are not ranked.
 * Source: BARO (Pham et al., FSE 2024). Departures: dips count as well, and the range has a floor (a
 *         thousandth of the median, a hundredth of what was seen) in place of 1 for a flat past.
 */
export const baro = {
  name: "baro",
  level: "metric",
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const onset = incidentOnset(slice) ?? slice.window.start;
    const evidence = metricEvidence(anomalies);
    const candidates: Candidate[] = [];
    for (const series of slice.metrics) {
      const { normal, after } = splitAt(series, onset);
      if (sorted(normal).length < fewestNormal) continue;
      const { score, value, median } = robustScore(normal, after);
      if (Math.abs(score) < leastRanges) continue;
      const { service, instance, metric } = series.key;
      candidates.push({
        service,
        instance,
        metric,
        symptom: !isCause(metricKind(metric, series.unit)),
        score: farStrengthOf(Math.abs(score) * spreadsPerRange),
        evidence: evidence(series.key),
        why: `Its ${metric} went to ${shortNumber(value)} from a median of ${shortNumber(median)}, ${shortNumber(Math.abs(score))} interquartile ranges away.`,
      });
    }
    return candidates;
  },
} as const satisfies Localizer;

export interface RobustScore {
  /** Signed, in interquartile ranges: 0 where nothing was measured after the onset. */
  readonly score: number;
  readonly value: number;
  readonly median: number;
}

/** BARO's RobustScorer: the value furthest from the median of normal, in normal's interquartile ranges. */
export function robustScore(normal: ArrayLike<number>, after: ArrayLike<number>): RobustScore {
  const usual = sorted(normal);
  const seen = sorted(after);
  const median = quantileOfSorted(usual, 0.5);
  const lowest = Math.min(usual[0] ?? median, seen[0] ?? median);
  const highest = Math.max(usual.at(-1) ?? median, seen.at(-1) ?? median);
  const range = Math.max(
    quantileOfSorted(usual, 0.75) - quantileOfSorted(usual, 0.25),
    1e-9,
    1e-3 * Math.abs(median),
    0.01 * (highest - lowest),
  );
  let value = median;
  for (const one of [seen[0] ?? median, seen.at(-1) ?? median]) {
    if (Math.abs(one - median) > Math.abs(value - median)) value = one;
  }
  return { score: (value - median) / range, value, median };
}

/** What was measured before the incident, and in it. */
export function splitAt(
  { reference, before, window }: MetricSeries,
  onset: EpochMs,
): { normal: Float64Array; after: Float64Array } {
  const normal = [...reference.v];
  const after: number[] = [];
  for (const { t, v } of [before, window]) {
    for (let i = 0; i < t.length; i++) {
      ((t[i] ?? Number.NaN) < onset ? normal : after).push(v[i] ?? Number.NaN);
    }
  }
  return { normal: Float64Array.from(normal), after: Float64Array.from(after) };
}
