import { seriesName } from "../localize/metric-evidence.ts";
import { type MetricKind, metricKind } from "../localize/metric-kinds.ts";
import { mean, standardDeviation } from "../statistics/moments.ts";
import { quantileOfSorted, sorted } from "../statistics/quantiles.ts";
import { studentTwoSided } from "../statistics/student-t.ts";
import type { Anomaly, MetricAnomaly, MetricSeries } from "../types.ts";
import { fewestReference } from "./reference-values.ts";

/** So many false events an hour and series are let through: one in a thousand hours of a series. */
const falseEventsPerHour = 1e-3;
const hourMs = 3_600_000;
/** The reference's own extreme is left by as much again: tails are heavier than a bell curve's. */
const extremes = 2;
/** One sample alone may be one slow request, one burst, one late scrape. */
const fewestInRow = 2;
/** What moves by less of the usual, or by fewer points of a percentage, hurts nobody. */
const smallestShare = 0.25;
const smallestPoints = 5;
const smallestSpreadShare = 1e-3;
/** So many samples of the half hour before say what was normal just now. */
const fewestBefore = 5;
/** Kinds of which an instance has one fact in several metrics: quantiles, units, bytes in and out. */
const oneFact: readonly MetricKind["kind"][] = ["cpu", "memory", "latency", "errors", "traffic"];

/**
 * Marks the metric anomalies that are too improbable, long and large to be chance as events, and all others as
 * signals: localizers rank on both, people are told events.
 *
 * Shape:  the same anomalies in the same order. An event needs 30 reference samples of the series' own and two
 *         samples in a row that
 *         - are more improbable than one false event in 1,000 hours of the series allows, by the t distribution
 *           for a new value after so few;
 *         - lie beyond twice the reference's largest distance from its median on that side;
 *         and a move of a quarter of the usual (5 points of a percentage), further than the half hour before
 *         went, apart from what leads into the event. Of several metrics of an instance that tell one fact at
 *         the same time (a mean and its quantiles, a processor in two units, bytes in and out), the most severe is the event.
 *         Metrics that repeat what another service measures are never events.
 *         What is derived from spans is left as it is.
 * Throws: never.
 * Source: ours; docs/detection.md has what each condition is worth.
 */
export function markSignals(
  anomalies: readonly Anomaly[],
  metrics: readonly MetricSeries[],
): readonly Anomaly[] {
  const wanted = new Set(
    anomalies.flatMap((one) => (one.modality === "metric" ? [seriesName(one.key)] : [])),
  );
  const series = new Map<string, MetricSeries>();
  for (const one of metrics) {
    const name = seriesName(one.key);
    if (wanted.has(name)) series.set(name, one);
  }
  const events = new Map<string, MetricAnomaly[]>();
  for (const anomaly of anomalies) {
    if (anomaly.modality !== "metric") continue;
    const own = series.get(seriesName(anomaly.key));
    if (own === undefined || !isSignificant(own, anomaly)) continue;
    const fact = factOf(anomaly);
    const known = events.get(fact);
    if (known === undefined) events.set(fact, [anomaly]);
    else if (!known.some((other) => overlap(other, anomaly))) known.push(anomaly);
  }
  const told = new Set([...events.values()].flat());
  return anomalies.map((anomaly) =>
    anomaly.modality !== "metric" || told.has(anomaly) || !series.has(seriesName(anomaly.key))
      ? anomaly
      : { ...anomaly, isSignal: true },
  );
}

/** Whether an anomaly is told by itself, rather than only where a cause rests on it. */
export function isEvent(anomaly: Anomaly): boolean {
  return anomaly.isSignal !== true;
}

function isSignificant(series: MetricSeries, anomaly: MetricAnomaly): boolean {
  const { direction, peak, key, unit } = anomaly;
  const kind = metricKind(key.metric, unit);
  const ascending = sorted(series.reference.v);
  if (kind.weight === 0 || ascending.length < fewestReference) return false;
  const usual = quantileOfSorted(ascending, 0.5);
  const sign = direction === "up" ? 1 : -1;
  const away = (value: number) => sign * (value - usual);
  const least = Math.max(smallestShare * Math.abs(usual), kind.percent ? smallestPoints : 0);
  if (!(away(peak) >= least)) return false;
  const isOut = beyond(ascending, series.stepMs, sign);
  return (
    longestRun(series, anomaly, isOut) >= fewestInRow && away(peak) > furthestBefore(series, away, isOut)
  );
}

/** Whether a value is further out than chance and the reference's own extremes explain. */
function beyond(ascending: Float64Array, stepMs: number, sign: 1 | -1): (value: number) => boolean {
  const count = ascending.length;
  const usual = quantileOfSorted(ascending, 0.5);
  const extreme = (sign > 0 ? ascending[count - 1] : ascending[0]) ?? usual;
  const limit = extremes * Math.abs(extreme - usual);
  const centre = mean(ascending);
  const spread = Math.max(
    standardDeviation(ascending, 1),
    smallestStep(ascending),
    smallestSpreadShare * Math.abs(usual),
  );
  const allowed = (falseEventsPerHour * stepMs) / hourMs;
  const scale = spread * Math.sqrt(1 + 1 / count);
  return (value) =>
    sign * (value - usual) > limit &&
    sign * (value - centre) > 0 &&
    studentTwoSided((value - centre) / scale, count - 1) / 2 < allowed;
}

/** What a quantised series moves by at least: its spread is no smaller than that. */
function smallestStep(ascending: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < ascending.length; i++) {
    const step = (ascending[i] ?? 0) - (ascending[i - 1] ?? 0);
    if (step > 0 && step < least) least = step;
  }
  return Number.isFinite(least) ? least : 0;
}

/** How many samples of the anomaly are out in a row; missing ones neither count nor interrupt. */
function longestRun(
  { window }: MetricSeries,
  { start, end }: MetricAnomaly,
  isOut: (value: number) => boolean,
): number {
  let longest = 0;
  let run = 0;
  for (const [index, value] of window.v.entries()) {
    const at = window.t[index] ?? Number.NaN;
    if (Number.isNaN(value) || at < start || at > end) continue;
    run = isOut(value) ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** How far the half hour before went, without the samples at its end from which on the event was there already. */
function furthestBefore(
  { before }: MetricSeries,
  away: (value: number) => number,
  isOut: (value: number) => boolean,
): number {
  const known = before.v.filter((value) => !Number.isNaN(value));
  let end = known.length;
  while (end > 0 && isOut(known[end - 1] ?? Number.NaN)) end--;
  if (end < fewestBefore) return Number.NEGATIVE_INFINITY;
  return known.subarray(0, end).reduce((furthest, value) => Math.max(furthest, away(value)), 0);
}

function factOf({ key, unit, direction }: MetricAnomaly): string {
  const { kind } = metricKind(key.metric, unit);
  return [key.service, key.instance ?? "", direction, oneFact.includes(kind) ? kind : key.metric].join("\n");
}

function overlap(a: MetricAnomaly, b: MetricAnomaly): boolean {
  return a.start <= b.end && b.start <= a.end;
}
