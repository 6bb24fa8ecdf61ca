import { metricKind } from "../localize/metric-kinds.ts";
import { clearZ, worstDeviation } from "../metric-deviation.ts";
import type { AnomalyDetector } from "../ports.ts";
import type { MetricAnomaly, MetricSeries, TelemetrySlice } from "../types.ts";
import { anomalyScore, contextOf, largestSeverity } from "./metric-events.ts";

/**
 * Flags series whose worst sample is three robust spreads from the reference median: what 3-sigma
 * misses where earlier incidents in the reference period have widened its limits. It tells the metrics
 * that `robust-scorer` ranks, so that no ranked metric is without its evidence.
 *
 * Shape:  at most one anomaly per series, from the first to the last sample that is as clearly out.
 * Units:  `mean` is the reference median, `std` the robust spread after its floors.
 * Throws: never.
 * Source: metric-deviation.ts.
 */
export const robustSpread = {
  name: "robust-spread",
  modality: "metric",
  detect(slice: TelemetrySlice): MetricAnomaly[] {
    return slice.metrics.flatMap(anomalyOf);
  },
} as const satisfies AnomalyDetector;

function anomalyOf(series: MetricSeries): MetricAnomaly[] {
  const { key, unit, window } = series;
  const kind = metricKind(key.metric, unit);
  const found = kind.weight === 0 ? null : worstDeviation(series, kind);
  if (found === null || found.z < clearZ) return [];
  const signed = found.value > found.usual ? found.z : -found.z;
  return [
    {
      id: "",
      modality: "metric",
      service: key.service,
      instance: key.instance,
      start: window.t[found.first] ?? Number.NaN,
      end: window.t[found.last] ?? Number.NaN,
      severity: Math.min(found.z, largestSeverity),
      key,
      unit,
      class: series.class,
      direction: signed > 0 ? "up" : "down",
      peak: found.value,
      mean: found.usual,
      std: found.spread,
      zPeak: signed,
      ...anomalyScore(found.value, found.usual, found.spread),
      ...contextOf(series, found.first, found.last, found.usual),
      detector: "robust-spread",
    },
  ];
}
