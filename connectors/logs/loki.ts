import { z } from "zod";
import type { Gap, LogLine, TimeWindow } from "../../pipeline/types.ts";
import type { HttpClient } from "../http/client.ts";
import type { LogPages, LogSelection } from "./log-budget.ts";
import { type FieldNames, firstOf, type Selector } from "./log-fields.ts";
import { lokiPageSize } from "./loki-options.ts";

/** In the order in which they are tried; the first that the server knows is asked for. */
export const lokiLabels: FieldNames = {
  service: [
    "service_name",
    "service",
    "app",
    "app_kubernetes_io_name",
    "k8s_deployment_name",
    "k8s_container_name",
    "container",
    "k8s_pod_name",
    "pod",
    "job",
  ],
  instance: ["k8s_pod_name", "pod", "service_instance_id", "instance", "host_name", "host"],
  level: ["level", "severity_text", "severity", "detected_level"],
  traceId: ["trace_id", "traceID", "traceid", "TraceId"],
  spanId: ["span_id", "spanID", "spanid", "SpanId"],
};

export interface LokiOptions {
  /** What replies call it. */
  readonly from: string;
  readonly labels: FieldNames;
  /** Labels every stream must have, such as a cluster or a namespace. */
  readonly selector: Selector;
  readonly pageSize: number;
  /** The service of a pod or another name; see connectors/names. */
  readonly serviceOf: (label: string, value: string) => string;
}

const errorWords = "(?i)(error|exception|fatal|panic|traceback|critical|failed)";
/** With line breaks in it, too: a dot alone matches none. */
const anyText = "(?s).+";

const Values = z.array(z.tuple([z.string(), z.string()]).rest(z.unknown()));
const Streams = z.object({
  data: z.object({
    resultType: z.literal("streams"),
    result: z.array(z.object({ stream: z.record(z.string(), z.string()), values: Values })),
  }),
});
const Vector = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});
const Names = z.object({ data: z.array(z.string()).nullish() });
const Build = z.object({ version: z.string().default("") });
const Series = z.object({ data: z.array(z.record(z.string(), z.string())).nullish() });

export interface Loki extends LogPages {
  /** The labels that streams have: of services and instances. */
  names(window: TimeWindow, signal: AbortSignal): Promise<{ service: string; instance: string | null }[]>;
  probe(signal: AbortSignal): Promise<void>;
  /** Product and version. */
  about(signal: AbortSignal): Promise<string>;
}

/** Grafana Loki by its HTTP API, read-only. */
export function loki(http: HttpClient, options: LokiOptions): Loki {
  const { from, labels, pageSize } = options;

  function ask<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    query: Readonly<Record<string, string | number | readonly string[]>>,
    signal: AbortSignal,
  ): Promise<z.output<Schema>> {
    return http.fetchJson({ path: `/loki/api/v1/${path}`, query }, schema, signal);
  }

  /** Streams are asked for by the first of the labels that they have: not all have the same. */
  async function selectorsOf(selection: LogSelection, signal: AbortSignal): Promise<string[]> {
    const { data } = await ask(Names, "labels", nanoRange(selection.window), signal);
    const known = labels.service.filter((label) => data?.includes(label));
    const streams = known.flatMap((label, index) =>
      streamSelector(label, known.slice(0, index), selection.services, options),
    );
    return selection.errors ? streams.map((stream) => `${stream} |~ ${logqlText(errorWords)}`) : streams;
  }

  async function readPage(query: string, start: bigint, end: bigint, limit: number, signal: AbortSignal) {
    const range = { query, start: String(start), end: String(end), limit, direction: "forward" };
    const { data } = await ask(Streams, "query_range", range, signal);
    const entries = data.result.flatMap(({ stream, values }) =>
      values.map(([nanos, text]) => ({ nanos: BigInt(nanos), text, stream })),
    );
    return entries.sort((a, b) => (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0));
  }

  async function readStreams(
    query: string,
    window: TimeWindow,
    signal: AbortSignal,
    onPage: (lines: readonly LogLine[]) => boolean,
  ): Promise<{ more: boolean; notes: Gap[] }> {
    const end = nanosOf(window.end, "up");
    let start = nanosOf(window.start, "down");
    let seen = new Set<string>();
    let limit = pageSize;
    const notes: Gap[] = [];
    for (;;) {
      const page = await readPage(query, start, end, limit, signal);
      const fresh = page.filter(
        ({ nanos, stream, text }) => nanos !== start || !seen.has(keyOf(stream, text)),
      );
      const more = fresh.length === 0 || onPage(fresh.map((entry) => lineOf(entry, options)));
      const last = page[page.length - 1];
      if (!more || last === undefined || page.length < limit) return { more, notes };
      // There is no page token: the next page starts at the last time, whose lines are known already.
      if (last.nanos === start && fresh.length === 0) {
        notes.push(tieGap(from, start, limit));
        start += 1n;
        seen = new Set();
        continue;
      }
      const ties = page.filter(({ nanos }) => nanos === last.nanos);
      if (last.nanos !== start) seen = new Set();
      for (const { stream, text } of ties) seen.add(keyOf(stream, text));
      limit = ties.length * 2 > pageSize ? Math.max(pageSize, lokiPageSize) : pageSize;
      start = last.nanos;
    }
  }

  const server: Loki = {
    async count(selection, signal) {
      const { start, end } = selection.window;
      const seconds = Math.max(1, Math.ceil((end - start) / 1000));
      const time = String(nanosOf(end, "up"));
      let total = 0;
      for (const selector of await selectorsOf(selection, signal)) {
        const query = `sum(count_over_time(${selector}[${seconds}s]))`;
        const { data } = await ask(Vector, "query", { query, time }, signal);
        total += Number(data.result[0]?.value[1] ?? 0);
      }
      return total;
    },

    async read(selection, signal, onPage) {
      const gaps: Gap[] = [];
      for (const selector of await selectorsOf(selection, signal)) {
        const { more, notes } = await readStreams(selector, selection.window, signal, onPage);
        gaps.push(...notes);
        if (!more) break;
      }
      return gaps;
    },

    async services(window, signal) {
      return [...new Set((await server.names(window, signal)).map(({ service }) => service))];
    },

    async names(window, signal) {
      const selectors = await selectorsOf({ window, services: null, errors: false }, signal);
      if (selectors.length === 0) return [];
      const { data } = await ask(Series, "series", { ...nanoRange(window), "match[]": selectors }, signal);
      return (data ?? []).map((stream) => namesOf(stream, options));
    },

    async probe(signal) {
      await ask(Names, "labels", {}, signal);
    },

    async about(signal) {
      const { version } = await ask(Build, "status/buildinfo", {}, signal);
      return version === "" ? "Loki" : `Loki ${version}`;
    },
  };
  return server;
}

/** None where no stream can have one of the services. */
function streamSelector(
  label: string,
  without: readonly string[],
  services: readonly string[] | null,
  { selector }: LokiOptions,
): string[] {
  // Half a character is no text for Loki; no label holds one.
  const names = services?.filter(isText);
  if (names?.length === 0) return [];
  // Names that are made from the label's value cannot be asked for by it: what comes is looked at.
  const pattern = names === undefined || isDerived(label) ? anyText : names.map(escapeRegex).join("|");
  const matchers = [
    ...Object.entries(selector).map(([name, value]) =>
      typeof value === "string"
        ? `${name}=${logqlText(value)}`
        : `${name}=~${logqlText(value.map(escapeRegex).join("|"))}`,
    ),
    ...without.map((other) => `${other}=""`),
    `${label}=~${logqlText(pattern)}`,
  ];
  return [`{${matchers.join(", ")}}`];
}

function isText(name: string): boolean {
  return Buffer.from(name, "utf8").toString("utf8") === name;
}

function tieGap(from: string, nanos: bigint, limit: number): Gap {
  const time = new Date(Number(nanos / 1_000_000n)).toISOString();
  const detail = `There are more than ${limit.toLocaleString("en")} log lines at one instant (${time}); the others of it were not read.`;
  return { from, reason: "truncated", detail };
}

function isDerived(label: string): boolean {
  return label === "pod" || label === "k8s_pod_name" || label === "job";
}

/** A LogQL string has the escapes of a Go string, of which JSON's are a part. */
function logqlText(text: string): string {
  return JSON.stringify(text);
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|-]/g, "\\$&");
}

function nanosOf(t: number, way: "up" | "down"): bigint {
  const micros = way === "up" ? Math.ceil(t * 1000) : Math.floor(t * 1000);
  return BigInt(micros) * 1000n;
}

function nanoRange({ start, end }: TimeWindow) {
  return { start: String(nanosOf(start, "down")), end: String(nanosOf(end, "up")) };
}

function keyOf(stream: Readonly<Record<string, string>>, text: string): string {
  return `${JSON.stringify(stream)}\u0000${text}`;
}

function namesOf(stream: Readonly<Record<string, string>>, { labels, serviceOf }: LokiOptions) {
  const label = labels.service.find((name) => stream[name] !== undefined) ?? "";
  const service = serviceOf(label, stream[label] ?? "");
  const instance = firstOf(labels.instance, (name) => stream[name]);
  return { service, instance };
}

interface Entry {
  readonly nanos: bigint;
  readonly text: string;
  readonly stream: Readonly<Record<string, string>>;
}

function lineOf({ nanos, text, stream }: Entry, options: LokiOptions): LogLine {
  const { labels } = options;
  const level = firstOf(labels.level, (name) => stream[name]);
  return {
    t: Number(nanos / 1000n) / 1000,
    ...namesOf(stream, options),
    level: level === "unknown" ? null : level,
    body: text,
    traceId: firstOf(labels.traceId, (name) => stream[name]),
    spanId: firstOf(labels.spanId, (name) => stream[name]),
  };
}
