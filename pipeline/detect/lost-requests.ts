import { type Loss, lossKinds, requestLosses } from "../localize/request-losses.ts";
import type { AnomalyDetector } from "../ports.ts";
import type { MetricAnomaly, TelemetrySlice } from "../types.ts";
import { anomalyScore, contextOf, largestSeverity } from "./metric-events.ts";

/** Spreads here include the tail of the reference, so two say what three say elsewhere. */
const clearZ = 2;

/**
 * Flags the metrics from which `call-graph` reads that a service's requests failed or took longer, so
 * that what it ranks has its evidence also where 3-sigma has too short a past to judge by.
 *
 * Shape:  at most one anomaly per service and kind of loss, over the stretch that lost most.
 * Units:  `std` is the spread at which the worst sample would be `zPeak` out.
 * Throws: never.
 * Source: localize/request-losses.ts.
 */
export const lostRequests = {
  name: "lost-requests",
  modality: "metric",
  detect(slice: TelemetrySlice): MetricAnomaly[] {
    const losses = requestLosses(slice.metrics);
    return lossKinds.flatMap((kind) =>
      [...losses[kind].values()].filter(({ z }) => z >= clearZ).map(anomalyOf),
    );
  },
} as const satisfies AnomalyDetector;

function anomalyOf({ series, usual, z, first, last }: Loss): MetricAnomaly {
  const { key, unit, window } = series;
  const stretch = window.v.subarray(first, last + 1);
  const peak = stretch.reduce((worst, value) => {
    const isWorse = Math.abs(value - usual) > Math.abs(worst - usual);
    return Number.isNaN(worst) || isWorse ? value : worst;
  }, Number.NaN);
  const std = Math.abs(peak - usual) / z;
  return {
    id: "",
    modality: "metric",
    service: key.service,
    instance: key.instance,
    start: window.t[first] ?? Number.NaN,
    end: window.t[last] ?? Number.NaN,
    severity: Math.min(z, largestSeverity),
    key,
    unit,
    class: series.class,
    direction: peak > usual ? "up" : "down",
    peak,
    mean: usual,
    std,
    zPeak: peak > usual ? z : -z,
    ...anomalyScore(peak, usual, std),
    ...contextOf(series, first, last, usual),
    detector: "lost-requests",
  };
}
