import { median, presentCount } from "../statistics/moments.ts";
import type { MetricAnomaly, MetricSeries } from "../types.ts";
import { segmentAround } from "./segment.ts";

/** What a sample is compared with: centre and spread of what is normal, in the metric's unit. */
export interface Normal {
  readonly mean: number;
  readonly std: number;
}

/** A detector's verdict on the samples of a series' window. */
export interface Verdict {
  readonly detector: string;
  /** Signed distance of each sample from its normal, in its standard deviations; NaN for a missing one. */
  readonly z: Float64Array;
  readonly isFlagged: (index: number) => boolean;
  /** The normal that the sample was compared with. */
  readonly normalOf: (index: number) => Normal;
}

const mergeGapSteps = 3;
/** One sample this far out is an event by itself; closer ones must be confirmed by others. */
const singleSampleZ = 6;
const previousSamples = 5;
/** So many samples of the half hour before say what was normal just now. */
const fewestBefore = 5;
/** What was as far out before the window is told only if it is this far from the mean, as a share of it. */
const persistentShare = 0.25;
const persistentZ = 3;
const weakestScore = 1;
const largestScore = 99.99;
/** Behind a flat reference z says only "changed", not by how much: cut where the printed score is cut. */
export const largestSeverity = 200;

/**
 * Joins the flagged samples of a window to events.
 *
 * Shape:  one anomaly per run of flagged samples at most 3 steps apart, if two of them are consecutive,
 *         three lie within five samples, or one is beyond 6 standard deviations; none within two.
 * Source: ALGORITHMS 2.3 to 2.5. Ours: what was just as far out in the half hour before is an event only
 *         when it is a quarter of the mean away. Reference periods come from other hours or days, and a
 *         memory that idles 2 % higher today is no news at 3 a.m.; an outage that began before the
 *         window is.
 */
export function eventsOf(series: MetricSeries, verdict: Verdict): MetricAnomaly[] {
  const anomalies: MetricAnomaly[] = [];
  for (const event of joined(verdict)) {
    if (!isConfirmed(event, verdict.z)) continue;
    const anomaly = anomalyOf(series, verdict, event);
    if (anomaly.score > weakestScore && isNews(anomaly, series)) anomalies.push(anomaly);
  }
  return anomalies;
}

/**
 * The score that descriptions print: half the distance from the mean in standard deviations, two digits.
 *
 * Source: the paper's "anomaly score is 1.16" is this quantity (ALGORITHMS 2.5).
 */
export function anomalyScore(
  extreme: number,
  centre: number,
  std: number,
): { score: number; scoreClipped: boolean } {
  const score = Math.round((Math.abs(extreme - centre) / std / 2) * 100) / 100;
  return { score: Math.min(score, largestScore), scoreClipped: score > largestScore };
}

/**
 * What surrounds the event from sample `first` to `last` of the window: the median of the five samples
 * before it, `otherwise` where none was measured, and the segment that its pattern is read from.
 */
export function contextOf(
  series: MetricSeries,
  first: number,
  last: number,
  otherwise: number,
): Pick<MetricAnomaly, "previous" | "segment"> {
  const context = series.before.v.length > 0 ? series.before.v : series.reference.v;
  const timeline = [...context, ...series.window.v];
  const start = context.length + first;
  const previous = median(timeline.slice(Math.max(0, start - previousSamples), start));
  return {
    previous: Number.isNaN(previous) ? otherwise : previous,
    segment: segmentAround(timeline, start, context.length + last),
  };
}

/** Not there before the window, or large enough to be told again. */
function isNews({ peak, mean, std }: MetricAnomaly, { before }: MetricSeries): boolean {
  if (presentCount(before.v) < fewestBefore) return true;
  if (Math.abs(peak - mean) >= persistentShare * Math.abs(mean)) return true;
  return Math.abs(peak - median(before.v)) > persistentZ * std;
}

/** Positions of flagged samples, joined where at most three steps lie between two of them. */
function joined({ z, isFlagged }: Verdict): number[][] {
  const events: number[][] = [];
  let current: number[] = [];
  for (let index = 0; index < z.length; index++) {
    if (!isFlagged(index)) continue;
    const last = current[current.length - 1];
    if (last !== undefined && index - last <= mergeGapSteps) current.push(index);
    else {
      current = [index];
      events.push(current);
    }
  }
  return events;
}

function isConfirmed(event: readonly number[], z: Float64Array): boolean {
  return event.some((index, place) => {
    const next = event[place + 1];
    const afterNext = event[place + 2];
    return (
      Math.abs(z[index] ?? 0) > singleSampleZ ||
      next === index + 1 ||
      (afterNext !== undefined && afterNext - index < 5)
    );
  });
}

function anomalyOf(series: MetricSeries, verdict: Verdict, event: readonly number[]): MetricAnomaly {
  const { key, unit, window } = series;
  const { z, detector } = verdict;
  const first = event[0] ?? 0;
  const last = event[event.length - 1] ?? first;
  const peakAt = event.reduce((a, b) => (Math.abs(z[b] ?? 0) > Math.abs(z[a] ?? 0) ? b : a), first);
  const peak = window.v[peakAt] ?? Number.NaN;
  // A double holds 1e308 but not 1e308 of something smaller.
  const zPeak = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, z[peakAt] ?? Number.NaN));
  const { mean, std } = verdict.normalOf(peakAt);
  return {
    id: "",
    modality: "metric",
    service: key.service,
    instance: key.instance,
    start: window.t[first] ?? Number.NaN,
    end: window.t[last] ?? Number.NaN,
    severity: Math.min(Math.abs(zPeak), largestSeverity),
    key,
    unit,
    class: series.class,
    direction: zPeak > 0 ? "up" : "down",
    peak,
    mean,
    std,
    zPeak,
    ...anomalyScore(peak, mean, std),
    ...contextOf(series, first, last, mean),
    detector,
  };
}
