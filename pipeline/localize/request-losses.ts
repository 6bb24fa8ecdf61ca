import { quantileOfSorted, robustSpread, sorted } from "../statistics/quantiles.ts";
import type { MetricSeries, Samples } from "../types.ts";
import { type MetricKind, metricKind } from "./metric-kinds.ts";

export const lossKinds = ["failures", "time"] as const;
/** Requests that failed, and seconds that requests took longer. */
export type LossKind = (typeof lossKinds)[number];

/** What a service's requests lost in the window. */
export interface Loss {
  /** Failed requests or seconds beyond the usual, in the stretch where it was worst. */
  readonly amount: number;
  /** How far out that stretch is, in spreads of such a stretch. */
  readonly z: number;
  /** The metric that it was read from. */
  readonly metric: string;
  readonly series: MetricSeries;
  /** What is normal of it, in its own unit. */
  readonly usual: number;
  /** Positions in the window's samples where the stretch begins and ends. */
  readonly first: number;
  readonly last: number;
}

const fewestReference = 10;
/** With fewer, the window's own best quarter is normal; so many samples it must have then. */
const fewestWindow = 4;
const bestShare = 0.25;
/** So much more uncertain is a normal that had to be guessed. */
const guessedScale = 2;
/** Less than half a request a sample, or one request in a thousand, is none. */
const leastFailures = 0.5;
const failureFloor = 1e-3;
/** Times differ by a tenth of the usual anyway. */
const timeFloor = 0.1;
/** Samples join the worst stretch while they are further out than this many spreads. */
const allowance = 1;
/** The normal distribution's 99th percentile, in standard deviations. */
const z99 = 2.326;
const secondsPerUnit: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };
/** Counted as errors elsewhere, but no requests that failed. */
const noRequests = /restart|oom/i;
const perSecond = /\/s$|qps|rps|\bops\b|per.?sec/i;

/**
 * What requests lost in the window, by kind and service: requests times the rise of the share that
 * fails, and requests times the rise of the mean time. Instances of a service are added up.
 *
 * Shape:  only services with a loss. Series with fewer than 10 reference samples are left out.
 * Units:  requests; seconds where the metric's unit or name says its unit, else the metric's own.
 *         Where requests are not measured, one request a sample is assumed.
 */
export function requestLosses(metrics: readonly MetricSeries[]): Record<LossKind, Map<string, Loss>> {
  const requests = new Map<string, MetricSeries>();
  const chosen: Record<LossKind, Map<string, MetricSeries>> = { failures: new Map(), time: new Map() };
  for (const series of metrics) {
    const member = `${series.key.service}\u0000${series.key.instance ?? ""}`;
    const { kind, weight } = metricKind(series.key.metric, series.unit);
    if (kind === "workload" && !requests.has(member)) requests.set(member, series);
    if ((kind !== "errors" && kind !== "latency") || weight === 0) continue;
    if (noRequests.test(series.key.metric)) continue;
    const ofKind = kind === "errors" ? chosen.failures : chosen.time;
    const known = ofKind.get(member);
    if (known === undefined || preference(series) < preference(known)) ofKind.set(member, series);
  }
  const losses = { failures: new Map<string, Loss>(), time: new Map<string, Loss>() };
  for (const kind of lossKinds) {
    for (const [member, series] of chosen[kind]) {
      const loss = lossOf(kind, series, requests.get(member) ?? null);
      if (loss === null) continue;
      const known = losses[kind].get(series.key.service);
      const worse = known === undefined || loss.z > known.z ? loss : known;
      losses[kind].set(series.key.service, { ...worse, amount: loss.amount + (known?.amount ?? 0) });
    }
  }
  return losses;
}

/** Means add up along calls; quantiles hardly do, and the higher the less. */
function preference({ key: { metric } }: MetricSeries): number {
  if (/avg|average|mean/i.test(metric)) return 0;
  const quantile = /p(\d\d)/i.exec(metric)?.[1];
  return quantile === undefined ? 1 : 1 + Number(quantile);
}

function lossOf(loss: LossKind, series: MetricSeries, requests: MetricSeries | null): Loss | null {
  const kind = metricKind(series.key.metric, series.unit);
  const usual = usualOf(series, kind);
  // A count of errors counts requests already.
  const counted = loss === "failures" && kind.onlyUp && !kind.percent;
  const scale = counted ? samplesScale(series) : loss === "time" ? secondsOf(series) : shareScale(series);
  const weights = counted ? null : requests;
  const lost = (part: Samples, counts: Samples | null) =>
    part.v.map((value, index) => {
      const rise = kind.onlyUp ? value - usual : usual - value;
      return rise * scale * requestsAt(part.t[index] ?? Number.NaN, weights, counts);
    });
  const normal = sorted(lost(series.reference, weights?.reference ?? null));
  const isGuessed = normal.length < fewestReference;
  if (isGuessed && sorted(series.window.v).length < fewestWindow) return null;
  const load = weights === null ? 1 : quantileOfSorted(sorted(weights.window.v), 0.5) * samplesScale(weights);
  const floor =
    loss === "failures"
      ? Math.max(counted || requests !== null ? leastFailures : 0, failureFloor * (load || 1))
      : timeFloor * Math.abs(usual) * scale * (load || 1);
  const spread = isGuessed ? guessedScale * floor : Math.max(usualSpread(normal), floor);
  if (!(spread > 0)) return null;
  const stretch = worstStretch(lost(series.window, weights?.window ?? null), spread);
  return stretch === null ? null : { ...stretch, metric: series.key.metric, series, usual };
}

/**
 * The reference median. Where hardly any past is known, requests that did best in the window tell what
 * is normal: the direction that hurts is known, and a fault that began before the window hides anyway.
 */
function usualOf({ reference, window }: MetricSeries, kind: MetricKind): number {
  const past = sorted(reference.v);
  if (past.length >= fewestReference) return quantileOfSorted(past, 0.5);
  return quantileOfSorted(sorted(window.v), kind.onlyUp ? bestShare : 1 - bestShare);
}

/** A long tail is usual too: services with few requests have one, which quartiles do not see. */
function usualSpread(ascending: Float64Array): number {
  const tail = (quantileOfSorted(ascending, 0.99) - quantileOfSorted(ascending, 0.5)) / z99;
  return Math.max(robustSpread(ascending), tail);
}

/** The stretch with the largest sum beyond the allowance (CUSUM: Page, Biometrika 1954). */
function worstStretch(
  losses: Float64Array,
  spread: number,
): Pick<Loss, "amount" | "z" | "first" | "last"> | null {
  let [sum, amount, length, first] = [0, 0, 0, 0];
  let most = 0;
  let worst = null;
  for (const [index, loss] of losses.entries()) {
    if (Number.isNaN(loss)) continue;
    if (sum <= 0) [sum, amount, length, first] = [0, 0, 0, index];
    sum += loss / spread - allowance;
    amount += loss;
    length++;
    if (sum <= most) continue;
    most = sum;
    worst = { amount, z: amount / spread / Math.sqrt(length), first, last: index };
  }
  return worst;
}

/** Requests of the sample at time `t`, or within half a step of it; NaN where none was measured. */
function requestsAt(t: number, series: MetricSeries | null, counts: Samples | null): number {
  if (series === null || counts === null) return 1;
  let low = 0;
  let high = counts.t.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((counts.t[middle] ?? Number.POSITIVE_INFINITY) < t - series.stepMs / 2) low = middle + 1;
    else high = middle;
  }
  const near = Math.abs((counts.t[low] ?? Number.POSITIVE_INFINITY) - t) <= series.stepMs / 2;
  return near ? (counts.v[low] ?? Number.NaN) * samplesScale(series) : Number.NaN;
}

/** Rates are turned into counts for each sample. */
function samplesScale({ key, unit, stepMs }: MetricSeries): number {
  return perSecond.test(unit ?? "") || perSecond.test(key.metric) ? stepMs / 1000 : 1;
}

/** Shares come as 0 to 1 or in percent. */
function shareScale({ reference, window }: MetricSeries): number {
  const top = Math.max(sorted(reference.v).at(-1) ?? 0, sorted(window.v).at(-1) ?? 0);
  return top > 1 ? 0.01 : 1;
}

function secondsOf({ key: { metric }, unit }: MetricSeries): number {
  const named = /\((s|ms|us|µs|ns)\)|_(ms|us|ns)\b/i.exec(metric);
  return secondsPerUnit[(unit ?? named?.[1] ?? named?.[2] ?? "s").toLowerCase()] ?? 1;
}
