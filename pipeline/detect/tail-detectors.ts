import type { AnomalyDetector } from "../ports.ts";
import { mean, standardDeviation } from "../statistics/moments.ts";
import { present } from "../statistics/quantiles.ts";
import { lessRecentMean, spot as runSpot, type SpotRun } from "../statistics/spot.ts";
import type { MetricAnomaly, MetricSeries, TelemetrySlice } from "../types.ts";
import { eventsOf, type Verdict } from "./metric-events.ts";
import { referenceValues } from "./reference-values.ts";
import { floored } from "./three-sigma.ts";

const risk = 1e-3;
const driftDepth = 10;

/**
 * Flags samples beyond the level that the reference exceeds once in a thousand, by the shape of its
 * upper and lower tail, rather than by an assumed bell curve.
 *
 * Units:  `mean` and `std` are the reference's, as in 3-sigma; a sample within two `std` is no event.
 * Throws: never. Too few samples: as three-sigma.
 * Source: SPOT (Siffer et al., KDD 2017), calibrated on the reference and run over the window; the lower
 *         tail is the upper one of the negated samples (ALGORITHMS 3.5).
 */
export const spot = tailDetector("spot", 0);

/**
 * The same on each sample's distance from the mean of the ten before it, so that a level that drifts
 * slowly is no anomaly.
 *
 * Units:  `mean` is that moving mean, which flagged samples do not move; `std` the deviation of the
 *         reference from its own.
 * Source: DSPOT, as above, with 10 in place of the authors' free choice (ALGORITHMS 8).
 */
export const dspot = tailDetector("dspot", driftDepth);

function tailDetector(name: "spot" | "dspot", depth: number) {
  return {
    name,
    modality: "metric",
    detect(slice: TelemetrySlice): MetricAnomaly[] {
      const referenceOf = referenceValues(slice.metrics);
      return slice.metrics.flatMap((series) => {
        const reference = referenceOf(series);
        return reference === null ? [] : eventsOf(series, tailVerdict(series, reference, name, depth));
      });
    },
  } as const satisfies AnomalyDetector;
}

function tailVerdict(
  series: MetricSeries,
  reference: ArrayLike<number>,
  detector: string,
  depth: number,
): Verdict {
  const { v } = series.window;
  const upper = runSpot(reference, v, { risk, depth });
  const lower = runSpot(negated(reference), negated(v), { risk, depth });
  const flagged = new Set([...upper.alarms, ...lower.alarms]);
  const centres = depth === 0 ? null : movingMeans(reference, v, flagged, depth);
  const centre = mean(reference);
  const std = floored(depth === 0 ? standardDeviation(reference) : driftSpread(reference, depth), centre);
  const centreAt = (index: number) => centres?.[index] ?? centre;
  return {
    detector,
    z: v.map((value, index) => (value - centreAt(index)) / std),
    isFlagged: (index) => flagged.has(index) && isBeyondFlat(upper, lower, index, v[index] ?? 0, centre),
    normalOf: (index) => ({ mean: centreAt(index), std }),
  };
}

function negated(values: ArrayLike<number>): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < result.length; i++) result[i] = -(values[i] ?? Number.NaN);
  return result;
}

/** A tail without width puts its limits on the reference itself: rounding errors are not beyond it. */
function isBeyondFlat(upper: SpotRun, lower: SpotRun, index: number, value: number, centre: number): boolean {
  const margin = floored(0, centre);
  const above = value - (upper.thresholds[index] ?? Number.POSITIVE_INFINITY);
  const below = -value - (lower.thresholds[index] ?? Number.POSITIVE_INFINITY);
  return Math.max(above, below) > margin;
}

/** The mean of the `depth` unflagged samples before each one. */
function movingMeans(
  reference: ArrayLike<number>,
  window: Float64Array,
  flagged: ReadonlySet<number>,
  depth: number,
): Float64Array {
  const recent = [...present(reference).slice(-depth)];
  return window.map((value, index) => {
    const centre = mean(recent);
    if (!flagged.has(index) && !Number.isNaN(value)) {
      recent.push(value);
      recent.shift();
    }
    return centre;
  });
}

/** Standard deviation of the reference's samples from the mean of the `depth` before each. */
function driftSpread(reference: ArrayLike<number>, depth: number): number {
  const away = lessRecentMean(present(reference), depth);
  return away.length === 0 ? 0 : standardDeviation(away);
}
