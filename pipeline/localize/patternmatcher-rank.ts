import type { Localizer } from "../ports.ts";
import { kolmogorovSmirnov } from "../statistics/kolmogorov-smirnov.ts";
import { quantileOfSorted, robustSpread, sorted } from "../statistics/quantiles.ts";
import type { Anomaly, Candidate, EpochMs, MetricSeries, Samples, TelemetrySlice } from "../types.ts";
import { metricEvidence } from "./metric-evidence.ts";
import { isCause, metricKind } from "./metric-kinds.ts";
import { incidentOnset } from "./onset.ts";
import { strengthOf } from "./strength.ts";

/** Samples from the onset on, and those just before it that they are compared with. */
const testLength = 10;
const referenceLength = 30;
const fewestReference = 10;
const level = 0.05;
/** Smaller ones tell nothing more: the test assumes independent samples, and metrics are not. */
const smallestP = 1e-4;
const stillAbnormal = 0.8;
const recovered = 0.2;
/** Back within so many spreads of the usual at the end. */
const recoveredSpreads = 3;

/**
 * Ranks metrics by how surely their samples after the onset come from another distribution than those
 * just before it.
 *
 * Shape:  one candidate per series with p < 0.05; what has recovered by the end counts a quarter of what
 *         is still abnormal.
 * Units:  strength of the p as a normal deviate, 2.3 at most, since p is cut at 10⁻⁴.
 * Throws: never. Series with fewer than 10 samples before the onset are not ranked.
 * Source: PatternMatcher's candidate filter and ranking (Wu et al., ISSRE 2021), -ln p times 0.8 or 0.2;
 *         the order is the same, the scale is the one that localizers share.
 */
export const patternmatcherRank = {
  name: "patternmatcher-rank",
  level: "metric",
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const onset = incidentOnset(slice) ?? slice.window.start;
    const evidence = metricEvidence(anomalies);
    const candidates: Candidate[] = [];
    for (const series of slice.metrics) {
      const { before, after } = aroundOnset(series, onset);
      if (before.length < fewestReference) continue;
      const { distance, p } = kolmogorovSmirnov(after.slice(0, testLength), before);
      if (p >= level) continue;
      const weight = hasRecovered(after, before) ? recovered : stillAbnormal;
      const { service, instance, metric } = series.key;
      candidates.push({
        service,
        instance,
        metric,
        symptom: !isCause(metricKind(metric, series.unit)),
        score: (weight / stillAbnormal) * strengthOf(normalDeviate(Math.max(p, smallestP))),
        evidence: evidence(series.key),
        why: `Its ${metric} has another distribution than just before (Kolmogorov-Smirnov distance ${distance.toFixed(2)}, p ${p < smallestP ? "below 0.0001" : p.toFixed(4)})${weight === recovered ? ", but has recovered" : ""}.`,
      });
    }
    return candidates;
  },
} as const satisfies Localizer;

/** PatternMatcher's own score, -ln p times its weight. */
export function patternmatcherScore(p: number, isStillAbnormal: boolean): number {
  return -Math.log(Math.max(p, smallestP)) * (isStillAbnormal ? stillAbnormal : recovered);
}

/** The present samples on both sides of the onset, the nearest `referenceLength` before it. */
function aroundOnset(
  series: MetricSeries,
  onset: EpochMs,
): { before: readonly number[]; after: readonly number[] } {
  const before: number[] = [];
  const after: number[] = [];
  const parts: readonly Samples[] =
    series.before.t.length > 0 ? [series.before, series.window] : [series.reference, series.window];
  for (const { t, v } of parts) {
    for (let i = 0; i < t.length; i++) {
      const value = v[i] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      ((t[i] ?? 0) < onset ? before : after).push(value);
    }
  }
  return { before: before.slice(-referenceLength), after };
}

/** Whether the last quarter is back to usual. */
function hasRecovered(after: readonly number[], before: readonly number[]): boolean {
  const normal = sorted(before);
  const median = quantileOfSorted(normal, 0.5);
  const margin = recoveredSpreads * Math.max(robustSpread(normal), 0.01 * Math.abs(median), 1e-9);
  const last = after.slice(-Math.max(1, Math.floor(after.length / 4)));
  return last.every((value) => Math.abs(value - median) <= margin);
}

/** The standard normal deviate of a two-sided p, to 4.5e-4 (Abramowitz and Stegun, 26.2.23). */
function normalDeviate(p: number): number {
  const tail = p / 2;
  const root = Math.sqrt(-2 * Math.log(tail));
  const above = 2.515517 + root * (0.802853 + root * 0.010328);
  const below = 1 + root * (1.432788 + root * (0.189269 + root * 0.001308));
  return root - above / below;
}
