import type { AnomalyDetector } from "../ports.ts";
import { mean, standardDeviation } from "../statistics/moments.ts";
import type { MetricAnomaly, MetricSeries, TelemetrySlice } from "../types.ts";
import { eventsOf, type Normal } from "./metric-events.ts";
import { fewestReference, referenceValues } from "./reference-values.ts";

const depth = 60;
const k = 3;
/** The standard deviation counts as at least this share of the mean. */
const relativeFloor = 0.1;
const absoluteFloor = 1e-9;

/**
 * Flags samples further than three standard deviations from the mean of the 60 samples before them: for
 * metrics whose level moves slowly.
 *
 * Units:  `mean` and `std` are those of the sliding samples, `std` at least a tenth of `mean`. Flagged
 *         samples do not slide in.
 * Throws: never. Too few samples: as three-sigma.
 * Source: DiagFusion's k-sigma (window 60, k 3, floor 0.1 of the mean), in which flagged samples do.
 */
export const slidingSigma = {
  name: "sliding-sigma",
  modality: "metric",
  detect(slice: TelemetrySlice): MetricAnomaly[] {
    const referenceOf = referenceValues(slice.metrics);
    return slice.metrics.flatMap((series) => {
      const reference = referenceOf(series);
      return reference === null ? [] : slidingEvents(series, reference);
    });
  },
} as const satisfies AnomalyDetector;

/** Mean of `recent` and the distance at which a sample is flagged. */
export function slidingLimit(recent: ArrayLike<number>): Normal & { readonly limit: number } {
  const centre = mean(recent);
  const std = Math.max(standardDeviation(recent), relativeFloor * Math.abs(centre), absoluteFloor);
  return { mean: centre, std, limit: k * std };
}

function slidingEvents(series: MetricSeries, reference: ArrayLike<number>): MetricAnomaly[] {
  // Where the half hour before is known, it is nearer than the reference period.
  const before = Array.from(series.before.v).filter((value) => !Number.isNaN(value));
  const far = Array.from(reference).filter((value) => !Number.isNaN(value));
  const recent = (before.length >= fewestReference ? before : [...far, ...before]).slice(-depth);
  const normals: Normal[] = [];
  const z = series.window.v.map((value) => {
    const normal = slidingLimit(recent);
    normals.push(normal);
    const distance = (value - normal.mean) / normal.std;
    if (Math.abs(distance) <= k) {
      recent.push(value);
      if (recent.length > depth) recent.shift();
    }
    return distance;
  });
  return eventsOf(series, {
    detector: "sliding-sigma",
    z,
    isFlagged: (index) => Math.abs(z[index] ?? 0) > k,
    normalOf: (index) => normals[index] ?? slidingLimit(recent),
  });
}
