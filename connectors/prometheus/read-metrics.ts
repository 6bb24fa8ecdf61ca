import { asBotError, BotError } from "../../pipeline/errors.ts";
import type { Fetched, TelemetryQuery } from "../../pipeline/ports.ts";
import type { Gap, RawSeries, TimeWindow } from "../../pipeline/types.ts";
import type { Names } from "../names/names.ts";
import type { PrometheusApi, Series } from "./api.ts";
import type { Catalogue, Catalogued } from "./catalogue.ts";
import type { MetricEntry } from "./options.ts";
import { labelIs, queryOf } from "./promql.ts";

/** A backend refuses more points per series than this. */
const pointsPerSeries = 11_000;
/** Samples of one answer: some twenty megabytes of JSON. */
const samplesPerAnswer = 400_000;
/** Values of one matcher, so that its regular expression stays within what backends compile. */
const valuesPerMatcher = 200;
/** A rate needs two samples; four intervals survive a lost scrape. */
const intervalsPerRate = 4;
/** What is sampled more often is read at this step: the pipeline looks no closer. */
const finestStepMs = 15_000;

export interface ReadOptions {
  readonly from: string;
  readonly api: PrometheusApi;
  readonly names: Names;
  readonly matchers: readonly string[];
  readonly serviceLabels: readonly string[];
  /** Between two samples of an entry. */
  readonly scrapeMsOf: (entry: MetricEntry) => number;
}

interface Piece {
  readonly entry: MetricEntry;
  readonly query: string;
  readonly start: number;
  readonly end: number;
  readonly stepMs: number;
}

interface Growing {
  readonly series: Omit<RawSeries, "samples">;
  readonly t: number[];
  readonly v: number[];
}

/**
 * Reads every entry of the catalogue over the windows.
 *
 * Shape:  samples lie on multiples of the step, half-open windows; one series per service, instance and name.
 * Units:  the step is the scrape interval, at least 15 s; where that gives more samples than the limit, a
 *         multiple of it, with a "truncated" gap.
 * Throws: BotError of the first query when every one of them failed, or "cancelled"; some that fail are a gap.
 */
export async function readMetrics(
  options: ReadOptions,
  catalogue: Catalogue,
  { services, windows, limit }: TelemetryQuery,
  signal: AbortSignal,
): Promise<Fetched<RawSeries>> {
  const parts = merged(windows);
  const wanted = catalogue.entries.flatMap((one) => selectionsOf(one, services));
  const totalMs = parts.reduce((sum, { start, end }) => sum + end - start, 0);
  const expected = wanted.reduce(
    (sum, { entry, series }) => sum + (series * totalMs) / stepOf(options, entry),
    0,
  );
  const stride = Math.max(1, Math.ceil(expected / Math.max(1, limit)));
  const pieces = wanted.flatMap((selection) => piecesOf(options, selection, parts, stride));

  const failures: BotError[] = [];
  const partial = new Set<string>(catalogue.partial);
  const asked = services === null ? null : new Set(services);
  const answers = await Promise.all(
    pieces.map(async (piece) => {
      try {
        const answered = await options.api.range(piece.query, piece, signal);
        for (const words of answered.partial) partial.add(words);
        return compact(options, piece.entry, answered.data, asked);
      } catch (error) {
        const known = asBotError(error);
        if (known === null || known.code === "cancelled") throw error;
        failures.push(known);
        return [];
      }
    }),
  );
  if (failures[0] !== undefined && failures.length === pieces.length) throw failures[0];
  const items = thinned(gathered(answers.flat()), limit);
  const gaps: Gap[] = [...partial].map((words) => ({
    from: options.from,
    reason: "missing",
    detail: `Only a part of the metrics could be read: ${words}.`,
  }));
  if (failures.length > 0) gaps.push(failed(options.from, failures, pieces.length));
  if (stride > 1 || items.cut) {
    const detail = `There are more than ${limit.toLocaleString("en")} samples; of ${Math.max(stride, 2)} only one was read.`;
    gaps.push({ from: options.from, reason: "truncated", detail });
  }
  return { items: items.series, gaps };
}

interface Selection {
  readonly entry: MetricEntry;
  readonly labels: readonly string[];
  readonly matcher: string | null;
  readonly series: number;
}

/** The matchers that find the services; none where all are wanted. */
function selectionsOf(
  { entry, services, instances, labels }: Catalogued,
  asked: readonly string[] | null,
): Selection[] {
  if (asked === null) return instances === 0 ? [] : [{ entry, labels, matcher: null, series: instances }];
  const places = new Map<string, Set<string>>();
  for (const service of asked) {
    for (const [label, values] of services.get(service) ?? []) {
      const all = places.get(label) ?? new Set<string>();
      for (const value of values) all.add(value);
      places.set(label, all);
    }
  }
  const selections: Selection[] = [];
  for (const [label, values] of places) {
    const all = [...values].sort();
    for (let at = 0; at < all.length; at += valuesPerMatcher) {
      const some = all.slice(at, at + valuesPerMatcher);
      selections.push({ entry, labels, matcher: labelIs(label, some), series: some.length });
    }
  }
  return selections;
}

function piecesOf(
  options: ReadOptions,
  { entry, labels, matcher, series }: Selection,
  windows: readonly TimeWindow[],
  stride: number,
): Piece[] {
  const { matchers } = options;
  const stepMs = stepOf(options, entry) * stride;
  const range = `${Math.ceil((options.scrapeMsOf(entry) * intervalsPerRate) / 1_000)}s`;
  const all = matcher === null ? matchers : [...matchers, matcher];
  const query = queryOf(entry, { matchers: all, range, labels });
  const most = Math.max(1, Math.min(pointsPerSeries, Math.floor(samplesPerAnswer / Math.max(1, series))));
  const pieces: Piece[] = [];
  for (const window of windows) {
    const last = Math.ceil(window.end / stepMs) - 1;
    for (let first = Math.ceil(window.start / stepMs); first <= last; first += most) {
      const end = Math.min(last, first + most - 1);
      pieces.push({ entry, query, start: first * stepMs, end: end * stepMs, stepMs });
    }
  }
  return pieces;
}

function stepOf({ scrapeMsOf }: ReadOptions, entry: MetricEntry): number {
  return Math.max(finestStepMs, scrapeMsOf(entry));
}

interface Part {
  readonly series: Omit<RawSeries, "samples">;
  readonly t: Float64Array;
  readonly v: Float64Array;
}

/** Numbers in place of the answer's pairs, at once: an answer takes ten times the memory. */
function compact(
  { names, serviceLabels, from }: ReadOptions,
  entry: MetricEntry,
  data: readonly Series[],
  asked: ReadonlySet<string> | null,
): Part[] {
  return data.flatMap(({ metric, values }) => {
    const named = names.resolve(metric, entry.subject, serviceLabels);
    if (named === null || (asked !== null && !asked.has(named.service))) return [];
    const t = new Float64Array(values.length);
    const v = new Float64Array(values.length);
    values.forEach((pair, index) => {
      if (!Array.isArray(pair) || typeof pair[0] !== "number") {
        throw new BotError("source-invalid", `${from} answered samples that are no pairs of time and value.`);
      }
      t[index] = Math.round(pair[0] * 1_000);
      v[index] = Number(pair[1]);
    });
    const { service, instance } = named;
    const key = { service, instance, metric: entry.name };
    return [{ series: { key, unit: entry.unit, class: entry.class, kind: "gauge" }, t, v }];
  });
}

/** One series per key, in the order of time; of two that say the same, the first, which is the better entry's. */
function gathered(parts: readonly Part[]): Part[] {
  const byKey = new Map<string, Part[]>();
  for (const part of parts) {
    const { service, instance, metric } = part.series.key;
    const key = JSON.stringify([service, instance, metric]);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [part]);
    else known.push(part);
  }
  return [...byKey.values()].flatMap((pieces) => {
    const [first] = pieces;
    if (first === undefined) return [];
    return [pieces.length === 1 ? first : joined(first.series, pieces)];
  });
}

function joined(series: Part["series"], parts: readonly Part[]): Part {
  const growing: Growing = { series, t: [], v: [] };
  const taken = new Set<number>();
  for (const { t, v } of parts) {
    for (let i = 0; i < t.length; i++) {
      const at = t[i] ?? 0;
      if (taken.has(at)) continue;
      taken.add(at);
      growing.t.push(at);
      growing.v.push(v[i] ?? Number.NaN);
    }
  }
  const order = growing.t.map((_, index) => index).sort((a, b) => (growing.t[a] ?? 0) - (growing.t[b] ?? 0));
  return {
    series,
    t: Float64Array.from(order, (index) => growing.t[index] ?? 0),
    v: Float64Array.from(order, (index) => growing.v[index] ?? Number.NaN),
  };
}

/** The catalogue's estimate may be too low (an instance that moved has two series): every n-th sample then. */
function thinned(parts: readonly Part[], limit: number): { series: RawSeries[]; cut: boolean } {
  const total = parts.reduce((sum, { t }) => sum + t.length, 0);
  const every = Math.ceil(total / Math.max(1, limit));
  const series: RawSeries[] = [];
  for (const part of parts) {
    const keep = (_: number, index: number) => every <= 1 || index % every === every - 1;
    const samples =
      every <= 1 ? { t: part.t, v: part.v } : { t: part.t.filter(keep), v: part.v.filter(keep) };
    if (samples.t.length > 0) series.push({ ...part.series, samples });
  }
  return { series, cut: every > 1 };
}

function failed(from: string, failures: readonly BotError[], queries: number): Gap {
  const words = [...new Set(failures.map(({ message }) => message))];
  const more = words.length > 1 ? ` And ${words.length - 1} other reasons.` : "";
  const detail = `${failures.length} of ${queries} queries for metrics failed: ${words[0]}${more}`;
  return { from, reason: "failed", detail };
}

/** In the order of time, without overlaps; empty ones left out. */
function merged(windows: readonly TimeWindow[]): TimeWindow[] {
  const result: TimeWindow[] = [];
  const some = windows.filter(({ start, end }) => start < end);
  for (const next of some.sort((a, b) => a.start - b.start)) {
    const last = result[result.length - 1];
    if (last !== undefined && next.start <= last.end) {
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, next.end) };
    } else result.push(next);
  }
  return result;
}
