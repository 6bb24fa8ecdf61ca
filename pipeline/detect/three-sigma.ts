import type { AnomalyDetector } from "../ports.ts";
import { mean, median, medianAbsoluteDeviation, skewness, standardDeviation } from "../statistics/moments.ts";
import { sorted } from "../statistics/quantiles.ts";
import type { MetricAnomaly, MetricSeries, SeriesKey, TelemetrySlice } from "../types.ts";
import { eventsOf, type Normal } from "./metric-events.ts";
import { referenceValues } from "./reference-values.ts";

export interface ThreeSigmaOptions {
  /** `classic`: mean and standard deviation (the paper's). `mad`: median and scaled MAD. */
  readonly mode: "classic" | "mad";
  /** Limits are this many standard deviations from the centre. */
  readonly k: number;
  /** Smallest standard deviation, as a share of the centre's size. */
  readonly relativeFloor: number;
  /** Smallest standard deviation, in the metric's unit. */
  readonly absoluteFloor: number;
}

/**
 * Classic is the default knowingly. Earlier incidents in the reference period widen its limits, so it
 * misses more then; but on bursty metrics the MAD sees hardly any spread: over two stretches of
 * TrainTicket that are declared fault-free, in windows of 3 minutes, it raised 2,000 to 2,200 events
 * per 1,000 series-hours where classic raised 210 to 410.
 */
export const defaultThreeSigma: ThreeSigmaOptions = {
  mode: "classic",
  k: 3,
  relativeFloor: 1e-3,
  absoluteFloor: 1e-9,
};

/** |Skewness| of a reference from which on its own range says more than its standard deviation. */
export const skewed = 2;
/** How far such a reference's range must be left, as a share of its width. */
const rangeMargin = 0.5;

/**
 * Flags samples further than three standard deviations from the reference mean and joins them to events
 * (metric-events.ts).
 *
 * Units:  `std` after the floors (1e-3 of the mean's size, 1e-9 in the metric's unit), so a flat
 *         reference divides by no zero. Severity is |zPeak|, cut at 200 where the printed score is cut
 *         too: behind a flat reference z says only "changed", not by how much.
 * Throws: never. A series with fewer than 30 reference samples is compared with the same metric of the
 *         service's other instances, and if those are too few too, left out (`insufficientBaseline`).
 * Source: paper III-B2 (3-sigma) and the authors' score |extreme - mean| / std / 2; floors, joining,
 *         confirmation and the cold start are ours. So is this departure: behind a reference with a long
 *         tail (|skewness| > 2), for which the paper calls 3-sigma unfit, a sample must also leave the
 *         reference's range by half its width.
 */
export const threeSigma = {
  name: "three-sigma",
  modality: "metric",
  detect(slice: TelemetrySlice): MetricAnomaly[] {
    return detectThreeSigma(slice.metrics, defaultThreeSigma, "three-sigma");
  },
} as const satisfies AnomalyDetector;

/** The same with median and MAD, which earlier incidents in the reference period do not widen. */
export const medianMad = {
  name: "median-mad",
  modality: "metric",
  detect(slice: TelemetrySlice): MetricAnomaly[] {
    return detectThreeSigma(slice.metrics, { ...defaultThreeSigma, mode: "mad" }, "median-mad");
  },
} as const satisfies AnomalyDetector;

export function detectThreeSigma(
  metrics: readonly MetricSeries[],
  options: ThreeSigmaOptions,
  detector: string,
): MetricAnomaly[] {
  const referenceOf = referenceValues(metrics);
  return metrics.flatMap((series) => {
    const reference = referenceOf(series);
    if (reference === null) return [];
    const baseline = centreAndScale(reference, options);
    const { from, to } = baseline.usual;
    const z = series.window.v.map((value) =>
      value >= from && value <= to ? 0 : (value - baseline.mean) / baseline.std,
    );
    return eventsOf(series, {
      detector,
      z,
      isFlagged: (index) => Math.abs(z[index] ?? 0) > options.k,
      normalOf: () => baseline,
    });
  });
}

/** Series of the slice that cannot be judged: fewer than 30 reference samples, their peers' included. */
export function insufficientBaseline(slice: TelemetrySlice): readonly SeriesKey[] {
  const referenceOf = referenceValues(slice.metrics);
  return slice.metrics.filter((series) => referenceOf(series) === null).map(({ key }) => key);
}

interface Baseline extends Normal {
  /** No value between these is abnormal; empty but for skewed references. */
  readonly usual: { readonly from: number; readonly to: number };
}

/** Centre and floored scale of the normal samples. */
export function centreAndScale(values: ArrayLike<number>, options: ThreeSigmaOptions): Baseline {
  const classic = options.mode === "classic";
  const centre = classic ? mean(values) : median(values);
  const scale = classic ? standardDeviation(values) : medianAbsoluteDeviation(values);
  return { mean: centre, std: floored(scale, centre, options), usual: usualRange(values) };
}

/** A spread that is neither nothing nor a rounding error beside the centre. */
export function floored(
  scale: number,
  centre: number,
  { relativeFloor, absoluteFloor }: ThreeSigmaOptions = defaultThreeSigma,
): number {
  return Math.max(scale, relativeFloor * Math.abs(centre), absoluteFloor);
}

/** Long-tailed references reach far beyond three standard deviations themselves, now and then. */
function usualRange(values: ArrayLike<number>): Baseline["usual"] {
  if (!(Math.abs(skewness(values)) > skewed)) {
    return { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  }
  const ascending = sorted(values);
  const lowest = ascending[0] ?? Number.NaN;
  const highest = ascending[ascending.length - 1] ?? Number.NaN;
  const margin = rangeMargin * (highest - lowest);
  return { from: lowest - margin, to: highest + margin };
}
