import { metricKind } from "../localize/metric-kinds.ts";
import type { AnomalyDetector } from "../ports.ts";
import { quantileOfSorted, sorted } from "../statistics/quantiles.ts";
import type { MetricAnomaly, MetricSeries, TelemetrySlice } from "../types.ts";
import { eventsOf, type Verdict } from "./metric-events.ts";
import { referenceValues } from "./reference-values.ts";
import { floored } from "./three-sigma.ts";

const lowQuantile = 0.005;
const highQuantile = 0.995;
/** With fewer samples the quantiles are not there yet: smallest and largest stand for them. */
const fewestForQuantiles = 200;
/** The limits are widened by this share of their distance. */
const tolerance = 0.1;
/** Being at a limit counts as three standard deviations. */
const limitZ = 3;

/**
 * Flags samples outside the 0.5 % and 99.5 % quantiles of the reference: for metrics that no mean and
 * standard deviation describe, such as those that are mostly zero or have a few levels.
 *
 * Units:  `mean` is the reference median; `std` is a third of the way from there to the limit on the
 *         sample's side, floored as in three-sigma.ts, so that |z| is 3 at a limit.
 * Throws: never. Too few samples: as three-sigma.
 * Source: ALGORITHMS 3.1. There the score counts interquartile ranges from the limit on; here it is on
 *         the scale of 3-sigma, so that severities of several detectors compare. What only hurts when
 *         it rises (latency, errors, use of a resource) is flagged above only.
 */
export const percentile = {
  name: "percentile",
  modality: "metric",
  detect(slice: TelemetrySlice): MetricAnomaly[] {
    const referenceOf = referenceValues(slice.metrics);
    return slice.metrics.flatMap((series) => {
      const reference = referenceOf(series);
      return reference === null ? [] : eventsOf(series, percentileVerdict(series, sorted(reference)));
    });
  },
} as const satisfies AnomalyDetector;

function percentileVerdict(series: MetricSeries, reference: Float64Array): Verdict {
  const { from, to } = limitsOf(reference);
  const centre = quantileOfSorted(reference, 0.5);
  const margin = tolerance * (to - from);
  const above = floored((to + margin - centre) / limitZ, centre);
  const below = floored((centre - from + margin) / limitZ, centre);
  const { onlyUp } = metricKind(series.key.metric, series.unit);
  const { v } = series.window;
  const z = v.map((value) => (value - centre) / (value > centre ? above : below));
  return {
    detector: "percentile",
    z,
    isFlagged(index) {
      const distance = z[index] ?? 0;
      return distance > limitZ || (distance < -limitZ && !onlyUp);
    },
    normalOf: (index) => ({ mean: centre, std: (v[index] ?? centre) > centre ? above : below }),
  };
}

/** The quantiles between which samples are normal, before they are widened. */
export function limitsOf(ascending: Float64Array): { from: number; to: number } {
  const isFew = ascending.length < fewestForQuantiles;
  return {
    from: quantileOfSorted(ascending, isFew ? 0 : lowQuantile),
    to: quantileOfSorted(ascending, isFew ? 1 : highQuantile),
  };
}
