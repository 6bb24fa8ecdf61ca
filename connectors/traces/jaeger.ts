import { z } from "zod";
import { BotError } from "../../pipeline/errors.ts";
import type { CallEdge, Span, TimeWindow } from "../../pipeline/types.ts";
import type { HttpClient } from "../http/client.ts";
import { readOtlpSpan } from "../otlp/otlp-span.ts";
import { visitOtlp } from "../otlp/otlp-visit.ts";
import { JaegerTraces, readJaegerTrace } from "./jaeger-span.ts";
import type { Searched } from "./split-windows.ts";
import type { FoundTraces, TraceSearch } from "./trace-search.ts";

export interface JaegerOptions {
  readonly from: string;
  /** "v1": the API of Jaeger's own page. "v3": the stable one, with OTLP's JSON. */
  readonly api: "v1" | "v3";
  readonly pageSize: number;
}

const Services = z.object({ data: z.array(z.string()).nullish() });
const ServicesV3 = z.object({ services: z.array(z.string()).nullish() });
const TracesV3 = z.object({ result: z.object({ resourceSpans: z.array(z.unknown()).nullish() }) });
const Dependencies = z.object({
  data: z
    .array(z.object({ parent: z.string(), child: z.string(), callCount: z.number().nullish() }))
    .nullish(),
});

/** What Jaeger calls itself where it traces its own requests: none of the system that is looked at. */
const jaegerItself = new Set(["jaeger", "jaeger-all-in-one", "jaeger-query"]);

export interface Jaeger extends TraceSearch {
  /** Who called whom, where Jaeger knows it. */
  dependencies(window: TimeWindow, signal: AbortSignal): Promise<readonly CallEdge[]>;
  probe(signal: AbortSignal): Promise<void>;
}

/** Jaeger by its HTTP API, read-only. */
export function jaeger(http: HttpClient, options: JaegerOptions): Jaeger {
  const { from, api, pageSize } = options;

  async function services(signal: AbortSignal): Promise<readonly string[]> {
    const names =
      api === "v3"
        ? (await http.fetchJson({ path: "/api/v3/services" }, ServicesV3, signal)).services
        : (await http.fetchJson({ path: "/api/services" }, Services, signal)).data;
    return (names ?? []).filter((name) => !jaegerItself.has(name)).sort();
  }

  async function searchV1(
    service: string,
    window: TimeWindow,
    signal: AbortSignal,
  ): Promise<Searched<FoundTraces>> {
    const path = "/api/traces";
    const query = {
      service,
      start: Math.floor(window.start * 1000),
      end: Math.ceil(window.end * 1000),
      limit: pageSize,
    };
    const { data, errors } = await http.fetchJson({ path, query }, JaegerTraces, signal);
    const problem = errors?.[0];
    if (problem !== undefined && (data ?? []).length === 0) {
      const message = `${from} could not search traces: ${problem.msg?.slice(0, 200) ?? "it does not say why"}.`;
      throw new BotError("source-unavailable", message);
    }
    const traces = (data ?? []).map(readJaegerTrace);
    const found = {
      spans: traces.flatMap(({ spans }) => spans),
      broken: traces.reduce((sum, one) => sum + one.broken, 0),
      sampled: traces.find((one) => one.sampled !== null)?.sampled ?? null,
    };
    return { found, isFull: traces.length >= pageSize };
  }

  async function searchV3(
    service: string,
    window: TimeWindow,
    signal: AbortSignal,
  ): Promise<Searched<FoundTraces>> {
    const path = "/api/v3/traces";
    const query = {
      "query.service_name": service,
      "query.start_time_min": new Date(Math.floor(window.start)).toISOString(),
      "query.start_time_max": new Date(Math.ceil(window.end)).toISOString(),
      // The same under the names of different versions.
      "query.num_traces": pageSize,
      "query.search_depth": pageSize,
    };
    // Later versions answer 404 where no trace is found.
    const answer = await http.fetch({ path, query, expect: [404] }, signal);
    const spans: Span[] = [];
    let broken = 0;
    const message = answer.status === 404 ? null : http.readJson(answer, TracesV3).result;
    const visitor = {
      span(value: unknown, names: { service: string; instance: string | null }) {
        const span = readOtlpSpan(value, names);
        if (typeof span === "string") broken++;
        else spans.push(span);
      },
      nameless(count: number) {
        broken += count;
      },
    };
    visitOtlp(message, visitor);
    const traces = new Set(spans.map(({ traceId }) => traceId));
    return { found: { spans, broken, sampled: null }, isFull: traces.size >= pageSize };
  }

  return {
    services,
    search: api === "v1" ? searchV1 : searchV3,

    async dependencies({ start, end }, signal) {
      const path = "/api/dependencies";
      const query = { endTs: Math.ceil(end), lookback: Math.ceil(end - start) };
      const { data } = await http.fetchJson({ path, query }, Dependencies, signal);
      return (data ?? []).map(({ parent, child, callCount }) => ({
        caller: parent,
        callee: child,
        calls: callCount ?? 1,
      }));
    },

    async probe(signal) {
      await services(signal);
    },
  };
}
