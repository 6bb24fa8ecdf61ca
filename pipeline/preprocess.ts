import type { MetricClass, MetricSeries, RawSeries, Samples, TimeWindow } from "./types.ts";

const smallestStepMs = 15_000;
const forwardFillSteps = 3;
const interpolateSteps = 5;
const beforeMs = 30 * 60_000;
const counterName = /(_total|_count|_sum|_seconds_total|_ticks|_bytes|_requests|_errors)$/i;
const counterShare = 0.99;

/**
 * Puts raw series on a grid and splits them into reference period and window.
 *
 * Shape:  one series per input that is not constant over both parts; empty buckets and
 *         infinite samples are NaN.
 * Units:  counters become per-second rates (unit "<unit>/s"); everything else keeps its unit.
 * Throws: never.
 * Source: paper III-B1 (normalization, alignment). Departure from the usual clean-up: a series that
 *         hardly ever moves is kept, because an error count of zero that stops being zero is the
 *         very thing looked for; only exact constants are dropped.
 */
export function preprocess(
  raw: readonly RawSeries[],
  reference: readonly TimeWindow[],
  window: TimeWindow,
): MetricSeries[] {
  const series: MetricSeries[] = [];
  for (const one of raw) {
    const stepMs = gridStep(one.samples.t);
    const rate = isCounter(one) ? perSecond(one.samples) : null;
    const samples = rate ?? one.samples;
    const unit = rate === null ? one.unit : `${one.unit ?? ""}/s`;
    const referenceParts = reference.map((period) => onGrid(samples, period, stepMs));
    const before = onGrid(samples, precedingPeriod(window), stepMs);
    const inWindow = onGrid(samples, window, stepMs);
    const normal = joined(referenceParts);
    if (inWindow.v.length === 0 || isConstant(normal.v, inWindow.v)) continue;
    series.push({
      key: one.key,
      unit,
      class: one.class ?? metricClass(one.key.metric),
      stepMs,
      reference: normal,
      before,
      window: inWindow,
    });
  }
  return series;
}

/** The half hour before the window. */
export function precedingPeriod(window: TimeWindow): TimeWindow {
  return { start: window.start - beforeMs, end: window.start };
}

const symptom =
  /latency|duration|response[_ ]?time|error|fail|success|availability|timeout|p(50|90|95|99)\b/i;
const workload =
  /workload|throughput|\bops\b|\(ops\)|\bqps\b|\brps\b|request(s|_count|s_total|_rate)?\b|traffic/i;

/** What a metric tells, by the words in its name: causes, symptoms, or how much work there is. */
export function metricClass(metric: string): MetricClass {
  if (symptom.test(metric)) return "symptom";
  if (workload.test(metric)) return "workload";
  return "resource";
}

/** Median distance of the sampling times, at least 15 s. */
function gridStep(t: Float64Array): number {
  const steps: number[] = [];
  for (let i = 1; i < t.length; i++) {
    const step = (t[i] ?? 0) - (t[i - 1] ?? 0);
    if (step > 0) steps.push(step);
  }
  if (steps.length === 0) return smallestStepMs;
  steps.sort((a, b) => a - b);
  return Math.max(smallestStepMs, steps[steps.length >> 1] ?? smallestStepMs);
}

/** Whether what is called so is made a rate of, unless its source or its course says otherwise. */
export function isCounterName(metric: string): boolean {
  return counterName.test(metric);
}

/** A counter by its name that does fall in at most 1 % of its steps, and moves at all. */
function isCounter(series: RawSeries): boolean {
  if (series.kind === "gauge" || !isCounterName(series.key.metric)) return false;
  let steps = 0;
  let rising = 0;
  let moved = false;
  let previous = Number.NaN;
  for (const value of series.samples.v) {
    if (!Number.isFinite(value)) continue;
    if (!Number.isNaN(previous)) {
      steps++;
      if (value >= previous) rising++;
      if (value !== previous) moved = true;
    }
    previous = value;
  }
  return moved && steps >= 3 && rising / steps >= counterShare;
}

/** Increase per second; after a reset the new value is the increase. The first sample has no rate. */
function perSecond(samples: Samples): Samples {
  const v = new Float64Array(samples.v.length).fill(Number.NaN);
  let last = -1;
  for (let i = 0; i < v.length; i++) {
    const value = samples.v[i] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    if (last >= 0) {
      const before = samples.v[last] ?? 0;
      const seconds = ((samples.t[i] ?? 0) - (samples.t[last] ?? 0)) / 1000;
      if (seconds > 0) v[i] = (value >= before ? value - before : value) / seconds;
    }
    last = i;
  }
  return { t: samples.t, v };
}

/**
 * Averages samples into buckets of `stepMs` and fills short inner gaps: up to 3 buckets with the last
 * value, up to 5 on a line. The grid's phase is that of the first sample, so that a scrape at :09
 * every minute falls into one bucket each.
 */
function onGrid(samples: Samples, period: TimeWindow, stepMs: number): Samples {
  const from = lowerBound(samples.t, period.start);
  const to = lowerBound(samples.t, period.end);
  if (from >= to) return { t: new Float64Array(0), v: new Float64Array(0) };
  const origin = samples.t[from] ?? period.start;
  const buckets = Math.round(((samples.t[to - 1] ?? origin) - origin) / stepMs) + 1;
  const t = new Float64Array(buckets);
  const sum = new Float64Array(buckets);
  const count = new Int32Array(buckets);
  for (let i = from; i < to; i++) {
    const value = samples.v[i] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    const bucket = Math.round(((samples.t[i] ?? origin) - origin) / stepMs);
    sum[bucket] = (sum[bucket] ?? 0) + value;
    count[bucket] = (count[bucket] ?? 0) + 1;
  }
  const v = new Float64Array(buckets);
  for (let b = 0; b < buckets; b++) {
    t[b] = origin + b * stepMs;
    v[b] = (count[b] ?? 0) > 0 ? (sum[b] ?? 0) / (count[b] ?? 1) : Number.NaN;
  }
  fillGaps(v);
  return { t, v };
}

function fillGaps(v: Float64Array): void {
  let last = -1;
  for (let i = 0; i < v.length; i++) {
    const value = v[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const missing = i - last - 1;
    if (last >= 0 && missing > 0 && missing <= interpolateSteps) {
      const before = v[last] ?? value;
      for (let k = last + 1; k < i; k++) {
        v[k] = missing <= forwardFillSteps ? before : before + ((value - before) * (k - last)) / (i - last);
      }
    }
    last = i;
  }
}

function joined(parts: readonly Samples[]): Samples {
  const length = parts.reduce((sum, part) => sum + part.t.length, 0);
  const t = new Float64Array(length);
  const v = new Float64Array(length);
  let at = 0;
  for (const part of parts) {
    t.set(part.t, at);
    v.set(part.v, at);
    at += part.t.length;
  }
  return { t, v };
}

/** max - min of both parts within 1e-12 of the size, or nothing but missing values. */
function isConstant(a: Float64Array, b: Float64Array): boolean {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const part of [a, b]) {
    for (const value of part) {
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return !(max - min > 1e-12 * Math.max(Math.abs(min), Math.abs(max)));
}

/** Index of the first time that is not before `value`. */
function lowerBound(t: Float64Array, value: number): number {
  let low = 0;
  let high = t.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((t[middle] ?? Number.POSITIVE_INFINITY) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
