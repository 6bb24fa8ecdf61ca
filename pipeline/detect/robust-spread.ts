import { metricKind } from "../localize/metric-kinds.ts";
import { clearZ, worstDeviation } from "../metric-deviation.ts";
import type { AnomalyDetector } from "../ports.ts";
import type { MetricAnomaly, MetricSeries, TelemetrySlice } from "../types.ts";
import { segmentAround } from "./segment.ts";
import { median } from "./statistics.ts";
import { anomalyScore } from "./three-sigma.ts";

const previousSamples = 5;
/** As three-sigma cuts it: behind a flat reference z says only "changed". */
const largestSeverity = 200;

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
  const { key, unit, window, before, reference } = series;
  const kind = metricKind(key.metric, unit);
  const found = kind.weight === 0 ? null : worstDeviation(series, kind);
  if (found === null || found.z < clearZ) return [];
  const context = before.v.length > 0 ? before.v : reference.v;
  const timeline = [...context, ...window.v];
  const start = context.length + found.first;
  const previous = median(timeline.slice(Math.max(0, start - previousSamples), start));
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
      previous: Number.isNaN(previous) ? found.usual : previous,
      mean: found.usual,
      std: found.spread,
      zPeak: signed,
      ...anomalyScore(found.value, found.usual, found.spread),
      segment: segmentAround(timeline, start, context.length + found.last),
      detector: "robust-spread",
    },
  ];
}
