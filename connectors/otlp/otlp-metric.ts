import { type Buckets, bucketQuantile } from "./bucket-quantile.ts";
import { type Amounts, type Increases, increases } from "./increases.ts";
import {
  ExponentialPoint,
  HistogramPoint,
  isDelta,
  NumberPoint,
  OtlpMetric,
  SummaryPoint,
} from "./otlp-metric-schema.ts";
import { attributesOf, millisecondsOf, type OtlpAttributes } from "./otlp-values.ts";
import type { ResourceNames } from "./resource-names.ts";

/** Takes one sample; `t` in epoch milliseconds. */
export type AddSample = (metric: string, unit: string | null, t: number, v: number) => void;

export interface OtlpMetricReader {
  /** Gives the samples of one metric; what is wrong with it, or with one of its points, where something is. */
  read(metric: unknown, names: ResourceNames, add: AddSample): string | null;
}

const noPoint = "one of its points has no time or no value";
/** What a histogram of times is called; the rate of what was timed is named without it. */
const timing = /[._](duration|latency|time)$/i;
/** Attributes that split a metric into parts of different meaning, such as memory used and free. */
const partKey = /(^|[._])(state|direction|type)$/;

/**
 * Turns OTLP's metrics into series of samples (docs/telemetry-files.md says which). What is counted is
 * given as a rate, so that the temporality of the exporter does not show. Points of one time with other
 * attributes are put together.
 *
 * One reader per reading: cumulative points are compared with the ones before, in the order of reading.
 */
export function otlpMetricReader(): OtlpMetricReader {
  const since = increases();
  return {
    read(value, names, add) {
      const parsed = OtlpMetric.safeParse(value);
      if (!parsed.success) return "it is no metric with a name";
      const { name, unit: given, gauge, sum, histogram, exponentialHistogram, summary } = parsed.data;
      const unit = unitOf(given);
      const reading = { since, add };
      const metric = { name, unit, stream: [names.service, names.instance, name].join("\u0000") };
      if (gauge) return readNumbers(metric, gauge.dataPoints ?? [], "mean", add);
      if (sum && !sum.isMonotonic && !isDelta(sum.aggregationTemporality)) {
        return readNumbers(metric, sum.dataPoints ?? [], "sum", add);
      }
      if (sum) return readCounter(reading, metric, sum.dataPoints ?? [], isDelta(sum.aggregationTemporality));
      if (summary) return readSummary(reading, metric, summary.dataPoints ?? []);
      if (histogram) {
        const points = (histogram.dataPoints ?? []).map(histogramAmounts);
        return readHistogram(reading, metric, points, isDelta(histogram.aggregationTemporality));
      }
      if (exponentialHistogram) {
        const points = (exponentialHistogram.dataPoints ?? []).map(exponentialAmounts);
        return readHistogram(reading, metric, points, isDelta(exponentialHistogram.aggregationTemporality));
      }
      return "it is of no known kind";
    },
  };
}

/** UCUM: "1" is no unit, and what stands in braces is a word. */
function unitOf(unit: string | null | undefined): string | null {
  const word = unit?.replace(/[{}]/g, "");
  return word === undefined || word === "" || word === "1" ? null : word;
}

interface Reading {
  readonly since: Increases;
  readonly add: AddSample;
}

interface Metric {
  readonly name: string;
  readonly unit: string | null;
  readonly stream: string;
}

/** Sums of what has the same name and time. */
class PerTime {
  readonly #found = new Map<string, Map<number, { sum: number; count: number }>>();

  add(name: string, t: number, value: number): void {
    const times = this.#found.get(name) ?? new Map<number, { sum: number; count: number }>();
    this.#found.set(name, times);
    const known = times.get(t);
    if (known === undefined) times.set(t, { sum: value, count: 1 });
    else {
      known.sum += value;
      known.count++;
    }
  }

  at(name: string, t: number): number {
    return this.#found.get(name)?.get(t)?.sum ?? Number.NaN;
  }

  sums(give: (name: string, t: number, v: number) => void): void {
    for (const [name, times] of this.#found) for (const [t, { sum }] of times) give(name, t, sum);
  }

  means(give: (name: string, t: number, v: number) => void): void {
    for (const [name, times] of this.#found)
      for (const [t, { sum, count }] of times) give(name, t, sum / count);
  }
}

function readCounter(
  { since, add }: Reading,
  one: Metric,
  points: readonly unknown[],
  delta: boolean,
): string | null {
  const rates = new PerTime();
  const errors = new PerTime();
  let problem: string | null = null;
  for (const point of points) {
    const read = counterAmounts(point);
    if (read === null) problem = noPoint;
    const increase = read === null ? null : since.add(one.stream, read, delta);
    if (read === null || increase === null) continue;
    const rate = increase.count / increase.seconds;
    rates.add(partOf(one.name, read.attributes), read.t, rate);
    if (tellsOutcome(read.attributes)) errors.add(one.name, read.t, isError(read.attributes) ? rate : 0);
  }
  rates.sums((part, t, v) => add(`${part} rate`, `${one.unit ?? ""}/s`, t, v));
  errors.sums((part, t, v) => add(`${part} errors`, "/s", t, v));
  return problem;
}

function readHistogram(
  { since, add }: Reading,
  one: Metric,
  points: readonly (Amounts | null)[],
  delta: boolean,
): string | null {
  const what = one.name.replace(timing, "");
  const [rates, errors, totals] = [new PerTime(), new PerTime(), new PerTime()];
  const buckets = new Map<number, Map<number, number>>();
  for (const point of points) {
    const increase = point === null ? null : since.add(one.stream, point, delta);
    if (point === null || increase === null) continue;
    const rate = increase.count / increase.seconds;
    rates.add(what, point.t, rate);
    errors.add(what, point.t, isError(point.attributes) ? rate : 0);
    totals.add(what, point.t, increase.sum / increase.seconds);
    const merged = buckets.get(point.t) ?? new Map<number, number>();
    for (const [bound, count] of increase.buckets) merged.set(bound, (merged.get(bound) ?? 0) + count);
    buckets.set(point.t, merged);
  }
  rates.sums((_, t, v) => add(`${what} rate`, "/s", t, v));
  errors.sums((_, t, v) => add(`${what} errors`, "/s", t, v));
  for (const [t, merged] of buckets) {
    if (merged.size > 1) {
      add(`${one.name} p50`, one.unit, t, bucketQuantile(merged, 0.5));
      add(`${one.name} p95`, one.unit, t, bucketQuantile(merged, 0.95));
    } else add(`${one.name} mean`, one.unit, t, totals.at(what, t) / rates.at(what, t));
  }
  return points.includes(null) ? noPoint : null;
}

function readSummary({ since, add }: Reading, one: Metric, points: readonly unknown[]): string | null {
  const what = one.name.replace(timing, "");
  const [rates, quantiles] = [new PerTime(), new PerTime()];
  let problem: string | null = null;
  for (const point of points) {
    const read = summaryAmounts(point);
    if (read === null) {
      problem = noPoint;
      continue;
    }
    for (const [quantile, value] of read.quantiles) {
      quantiles.add(`${one.name} p${Number((quantile * 100).toFixed(2))}`, read.amounts.t, value);
    }
    const increase = since.add(one.stream, read.amounts, false);
    if (increase !== null) rates.add(what, read.amounts.t, increase.count / increase.seconds);
  }
  quantiles.means((part, t, v) => add(part, one.unit, t, v));
  rates.sums((part, t, v) => add(`${part} rate`, "/s", t, v));
  return problem;
}

function readNumbers(
  metric: Metric,
  points: readonly unknown[],
  how: "mean" | "sum",
  add: AddSample,
): string | null {
  const values = new PerTime();
  let problem: string | null = null;
  for (const point of points) {
    const read = counterAmounts(point);
    if (read === null) problem = noPoint;
    else values.add(partOf(metric.name, read.attributes), read.t, read.count);
  }
  const give = (part: string, t: number, v: number) => add(part, metric.unit, t, v);
  if (how === "mean") values.means(give);
  else values.sums(give);
  return problem;
}

/** "system.memory.usage used": with the values of the attributes that change what it means. */
function partOf(name: string, attributes: ReadonlyMap<string, string>): string {
  const parts = [...attributes].filter(([key]) => partKey.test(key) && key !== "error.type");
  return [name, ...parts.map(([, value]) => value)].join(" ");
}

// ── Points ──────────────────────────────────────────────────────────────────────────────────────

const noBuckets: Buckets = new Map();

function timesOf(point: {
  timeUnixNano: string | number;
  startTimeUnixNano?: string | number | null | undefined;
}) {
  const t = millisecondsOf(point.timeUnixNano);
  return t === null ? null : { t, start: millisecondsOf(point.startTimeUnixNano) };
}

function named(attributes: OtlpAttributes) {
  const map = attributesOf(attributes);
  const key = [...map]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flat()
    .join("\u0001");
  return { attributes: map, key };
}

function counterAmounts(value: unknown): Amounts | null {
  const parsed = NumberPoint.safeParse(value);
  const number = Number(parsed.data?.asDouble ?? parsed.data?.asInt ?? Number.NaN);
  const times = parsed.success && Number.isFinite(number) ? timesOf(parsed.data) : null;
  if (!parsed.success || times === null) return null;
  return { ...times, ...named(parsed.data.attributes), count: number, sum: number, buckets: noBuckets };
}

function histogramAmounts(value: unknown): Amounts | null {
  const parsed = HistogramPoint.safeParse(value);
  const times = parsed.success ? timesOf(parsed.data) : null;
  if (!parsed.success || times === null) return null;
  const { attributes, count, sum, bucketCounts, explicitBounds } = parsed.data;
  const buckets = new Map<number, number>();
  bucketCounts?.forEach((inBucket, index) => {
    buckets.set(Number(explicitBounds?.[index] ?? Number.POSITIVE_INFINITY), Number(inBucket));
  });
  return { ...times, ...named(attributes), count: Number(count), sum: Number(sum ?? Number.NaN), buckets };
}

/** Bucket i holds what is above base^i and at most base^(i+1), with base = 2^(2^-scale). */
function exponentialAmounts(value: unknown): Amounts | null {
  const parsed = ExponentialPoint.safeParse(value);
  const times = parsed.success ? timesOf(parsed.data) : null;
  if (!parsed.success || times === null) return null;
  const { attributes, count, sum, scale, zeroCount, positive } = parsed.data;
  const buckets = new Map<number, number>([[0, Number(zeroCount ?? 0)]]);
  const first = (positive?.offset ?? 0) + 1;
  positive?.bucketCounts?.forEach((inBucket, index) => {
    buckets.set(2 ** ((first + index) * 2 ** -(scale ?? 0)), Number(inBucket));
  });
  return { ...times, ...named(attributes), count: Number(count), sum: Number(sum ?? Number.NaN), buckets };
}

function summaryAmounts(value: unknown): { amounts: Amounts; quantiles: [number, number][] } | null {
  const parsed = SummaryPoint.safeParse(value);
  const times = parsed.success ? timesOf(parsed.data) : null;
  if (!parsed.success || times === null) return null;
  const { attributes, count, sum, quantileValues } = parsed.data;
  const quantiles = (quantileValues ?? []).map((one): [number, number] => [
    one.quantile ?? 0,
    Number(one.value ?? 0),
  ]);
  const amounts = {
    ...times,
    ...named(attributes),
    count: Number(count),
    sum: Number(sum ?? 0),
    buckets: noBuckets,
  };
  return { amounts, quantiles };
}

// ── Outcome ─────────────────────────────────────────────────────────────────────────────────────

const statusKeys = ["http.response.status_code", "http.status_code"] as const;
const grpcKeys = ["rpc.grpc.status_code", "rpc.response.status_code"] as const;

function tellsOutcome(attributes: ReadonlyMap<string, string>): boolean {
  return attributes.has("error.type") || [...statusKeys, ...grpcKeys].some((key) => attributes.has(key));
}

/** By OpenTelemetry's conventions: a server's error, or a call that names one. */
function isError(attributes: ReadonlyMap<string, string>): boolean {
  if (attributes.has("error.type")) return true;
  if (statusKeys.some((key) => Number(attributes.get(key)) >= 500)) return true;
  return grpcKeys.some((key) => attributes.has(key) && !/^(0|OK)$/i.test(attributes.get(key) ?? ""));
}
