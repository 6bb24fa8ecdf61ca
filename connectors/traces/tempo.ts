import { z } from "zod";
import type { Fetched, TelemetryQuery } from "../../pipeline/ports.ts";
import type { Gap, Span, TimeWindow } from "../../pipeline/types.ts";
import type { HttpClient } from "../http/client.ts";
import type { Names } from "../names/names.ts";
import { readOtlpSpan } from "../otlp/otlp-span.ts";
import { visitOtlp } from "../otlp/otlp-visit.ts";
import { gatherSpans } from "../thin/gather.ts";
import { sideBySide } from "../thin/side-by-side.ts";
import { searchSplit } from "./split-windows.ts";

const tracesAtOnce = 8;
const mostSearches = 64;

export interface TempoOptions {
  readonly from: string;
  readonly pageSize: number;
  /** At most so many traces of a window are read. */
  readonly traces: number;
}

const Search = z.object({
  traces: z
    .array(z.object({ traceID: z.string().min(1), startTimeUnixNano: z.string().nullish() }))
    .nullish(),
});
const Trace = z.looseObject({
  trace: z.unknown().optional(),
  status: z.union([z.string(), z.number()]).nullish(),
});
const Build = z.object({ version: z.string().default("") });
const Tags = z.object({ scopes: z.unknown() });
const TagValues = z.object({ tagValues: z.array(z.object({ value: z.string() })).nullish() });

export interface Tempo {
  services(window: TimeWindow, signal: AbortSignal): Promise<readonly string[]>;
  read(query: TelemetryQuery, names: Names, signal: AbortSignal): Promise<Fetched<Span>>;
  probe(signal: AbortSignal): Promise<void>;
  /** Product and version. */
  about(signal: AbortSignal): Promise<string>;
}

interface Found {
  readonly id: string;
  readonly start: string;
}

/** Grafana Tempo by its HTTP API, read-only: TraceQL finds traces, which are then read one by one. */
export function tempo(http: HttpClient, options: TempoOptions): Tempo {
  const { from, pageSize } = options;

  async function search(q: string, window: TimeWindow, signal: AbortSignal) {
    const query = { q, ...seconds(window), limit: pageSize, spss: 1 };
    const { traces } = await http.fetchJson({ path: "/api/search", query }, Search, signal);
    const found = (traces ?? []).map(({ traceID, startTimeUnixNano }) => ({
      id: traceID,
      start: (startTimeUnixNano ?? "").padStart(20, "0"),
    }));
    return { found, isFull: found.length >= pageSize };
  }

  /** Ids of traces, by their start; evenly fewer where there are more than may be read. */
  async function find(q: string, window: TimeWindow, signal: AbortSignal) {
    const known = new Map<string, Found>();
    const { complete } = await searchSplit(
      window,
      mostSearches,
      (part) => search(q, part, signal),
      (found) => {
        for (const one of found) known.set(one.id, one);
      },
    );
    const all = [...known.values()].sort((a, b) => (a.start + a.id < b.start + b.id ? -1 : 1));
    const every = Math.max(1, all.length / options.traces);
    const chosen = all.filter((_, index) => Math.floor(index / every) !== Math.floor((index - 1) / every));
    return { ids: chosen.map(({ id }) => id), all: all.length, complete };
  }

  async function readTrace(id: string, signal: AbortSignal) {
    const spans: Span[] = [];
    let broken = 0;
    const below = `traces/${encodeURIComponent(id)}`;
    let answer = await http.fetch({ path: `/api/v2/${below}`, expect: [404] }, signal);
    // Before version 2.7 there was the first API only.
    if (answer.status === 404) answer = await http.fetch({ path: `/api/${below}`, expect: [404] }, signal);
    if (answer.status === 404) return { spans, broken, partial: false };
    const { trace, status, ...bare } = http.readJson(answer, Trace);
    visitOtlp(trace ?? bare, {
      span(value, names) {
        const span = readOtlpSpan(value, names);
        if (typeof span === "string") broken++;
        else spans.push(span);
      },
      nameless(count) {
        broken += count;
      },
    });
    return { spans, broken, partial: status === 1 || status === "PARTIAL" };
  }

  return {
    async services(window, signal) {
      const path = "/api/v2/search/tag/resource.service.name/values";
      const { tagValues } = await http.fetchJson({ path, query: seconds(window) }, TagValues, signal);
      return [...new Set((tagValues ?? []).map(({ value }) => value))].sort();
    },

    read(query, names, signal) {
      const q = traceql(query.services?.flatMap((one) => names.namesOf(one)) ?? null);
      const wanted = ({ start, service }: Span) =>
        query.windows.some((window) => start >= window.start && start < window.end) &&
        (query.services === null || query.services.includes(service));
      return gatherSpans(from, query.limit, async (begin, add) => {
        begin();
        const gaps: Gap[] = [];
        if (q === null) return gaps;
        const seen = new Set<string>();
        let [broken, partial] = [0, 0];
        for (const window of query.windows) {
          const { ids, all, complete } = await find(q, window, signal);
          gaps.push(...sampleGap(from, ids.length, all, complete));
          await sideBySide(
            ids.filter((id) => !seen.has(id)),
            tracesAtOnce,
            (id) => readTrace(id, signal),
            (trace, id) => {
              seen.add(id);
              broken += trace.broken;
              if (trace.partial) partial++;
              for (const found of trace.spans) {
                const span = { ...found, service: names.serviceOf(found.service) };
                if (wanted(span)) add(span);
              }
            },
          );
        }
        if (broken > 0) {
          const detail = `${broken.toLocaleString("en")} spans could not be read.`;
          gaps.push({ from, reason: "broken-rows", detail });
        }
        if (partial > 0) {
          const detail = `${from} gave ${partial.toLocaleString("en")} traces in part only: they are larger than it gives at once.`;
          gaps.push({ from, reason: "truncated", detail });
        }
        return gaps;
      });
    },

    async about(signal) {
      const { version } = await http.fetchJson({ path: "/api/status/buildinfo" }, Build, signal);
      return version === "" ? "Tempo" : `Tempo ${version}`;
    },

    async probe(signal) {
      await http.fetchJson(
        { path: "/api/v2/search/tags", query: { scope: "resource", limit: 1 } },
        Tags,
        signal,
      );
    },
  };
}

function seconds({ start, end }: TimeWindow) {
  return { start: Math.floor(start / 1000), end: Math.ceil(end / 1000) };
}

/** Null where nothing can be found. A TraceQL string has the escapes of a Go string, of which JSON's are a part. */
function traceql(services: readonly string[] | null): string | null {
  if (services === null) return "{}";
  const names = services.filter((name) => Buffer.from(name, "utf8").toString("utf8") === name);
  if (names.length === 0) return null;
  return `{${names.map((name) => `resource.service.name=${JSON.stringify(name)}`).join(" || ")}}`;
}

/** A search gives what it finds first, not all; only an answer that is not full tells that there is no more. */
function sampleGap(from: string, read: number, all: number, complete: boolean): Gap[] {
  if (complete && read === all) return [];
  const of = complete ? all.toLocaleString("en") : `more than ${all.toLocaleString("en")}`;
  const detail = `${read.toLocaleString("en")} of ${of} traces were read, spread over the window: Tempo's search gives a sample.`;
  return [{ from, reason: "truncated", detail }];
}
