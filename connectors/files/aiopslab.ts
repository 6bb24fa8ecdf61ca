import type { Inventory, TelemetryQuery } from "../../pipeline/ports.ts";
import type { Gap, Modality } from "../../pipeline/types.ts";
import { podWorkloadSql } from "../names/pod-suffix.ts";
import type { Layout, OpenLayout } from "./layout.ts";
import type { ListedFile } from "./listing.ts";
import { readLogLines, readLongMetrics, readSpans } from "./read-tables.ts";
import type { RowSpec } from "./row-source.ts";
import type { Scanner } from "./scan.ts";
import { inventoryOf, type Summary, summarize } from "./summary.ts";
import type { Table } from "./table.ts";

/** The first folder only: the ones for nodes and for the mesh name no pods. */
const metricFile = /(?:^|\/)metric_[^/]+\/container\/kpi_[^/]+\.csv(?:\.gz)?$/;
const traceFile = /(?:^|\/)traces?_\d+\.csv(?:\.gz)?$/;
const logFile = /(?:^|\/)log(?:_\d+|-\d+_\d+)\.csv(?:\.gz)?$/;
const patterns: Readonly<Record<Modality, RegExp>> = { metric: metricFile, log: logFile, trace: traceFile };
const modalities = ["metric", "log", "trace"] as const;

/** What AIOpsLab's observer exports: Prometheus, Jaeger and Elasticsearch as CSV. */
export const aiopslab: Layout = {
  looksFor: '"metric_STAMP/container/kpi_METRIC.csv", "traces_EPOCH.csv" or "log_EPOCH.csv" (AIOpsLab)',
  recognize: (files) =>
    files.some(({ name }) => modalities.some((modality) => patterns[modality].test(name))),
  open: openAiopslab,
};

function openAiopslab(files: readonly ListedFile[], scanner: Scanner): OpenLayout {
  const of = (modality: Modality) => files.filter(({ name }) => patterns[modality].test(name));
  const tables = {
    metric: metricTable(of("metric")),
    log: logTable(of("log")),
    trace: spanTable(of("trace")),
  };
  const { metric, log, trace } = tables;
  const present = modalities.filter((modality) => tables[modality].files.length > 0);
  const when = <Reader>(modality: Modality, reader: Reader) => (present.includes(modality) ? reader : null);
  return {
    metric: when("metric", (query: TelemetryQuery, signal: AbortSignal) =>
      readLongMetrics(scanner, metric, query, signal),
    ),
    log: when("log", (query: TelemetryQuery, signal: AbortSignal) =>
      readLogLines(scanner, log, null, query, signal),
    ),
    trace: when("trace", (query: TelemetryQuery, signal: AbortSignal) =>
      readSpans(scanner, trace, query, signal),
    ),
    files: present.flatMap((modality) => tables[modality].files),
    inventory: (signal) => takeInventory(scanner, tables, present, signal),
  };
}

async function takeInventory(
  scanner: Scanner,
  tables: Readonly<Record<Modality, Table>>,
  present: readonly Modality[],
  signal: AbortSignal,
): Promise<Inventory> {
  const summaries = new Map<Modality, Summary>();
  const gaps: Gap[] = [];
  for (const modality of present) {
    const summary = await summarize(scanner, tables[modality], signal);
    summaries.set(modality, summary);
    gaps.push(...summary.gaps);
  }
  return { ...inventoryOf(summaries), gaps };
}

// ── Tables ──────────────────────────────────────────────────────────────────────────────────────

/** timestamp (s), cmdb_id (INSTANCE.POD), kpi_name, value. Counters are raw. */
function metricTable(files: readonly ListedFile[]): Table {
  return {
    files,
    skip: 1,
    required: [["timestamp"], ["cmdb_id"], ["kpi_name"], ["value"]],
    spec: (columns) => {
      const pod = `regexp_extract(${columns.text("cmdb_id")}, '[^.]+$')`;
      const metric = columns.text("kpi_name");
      const unit = `CASE WHEN ${metric} LIKE '%seconds%' THEN 's' WHEN ${metric} LIKE '%bytes%' THEN 'bytes' END`;
      return podRow(
        columns.time("timestamp"),
        pod,
        [metric, unit, `number_of(${columns.text("value")})`],
        [
          ["coalesce(_v0, '') = ''", "it names no metric"],
          ["_v2 IS NULL OR isinf(_v2)", "its value is no number"],
        ],
      );
    },
  };
}

/**
 * `timestamp` is not read where there is a `date`: the exporter reads the UTC time of Elasticsearch as one of
 * its own zone.
 */
function logTable(files: readonly ListedFile[]): Table {
  return {
    files,
    skip: 1,
    required: [["date", "timestamp"], ["pod_name", "cmdb_id"], ["message"]],
    spec: (columns) => {
      const values = [
        "NULL::VARCHAR",
        `coalesce(${columns.text("message")}, '')`,
        "NULL::VARCHAR",
        "NULL::VARCHAR",
      ];
      return podRow(columns.time("date", "timestamp"), columns.text("pod_name", "cmdb_id"), values, []);
    },
  };
}

/** Times and durations in microseconds, parent "ROOT", has_error "True" or "False"; `response` is not read. */
function spanTable(files: readonly ListedFile[]): Table {
  return {
    files,
    skip: 1,
    required: [
      ["trace_id"],
      ["span_id"],
      ["parent_span"],
      ["service_name"],
      ["operation_name"],
      ["start_time"],
      ["duration"],
    ],
    spec: (columns) => {
      const parent = columns.text("parent_span");
      return {
        time: columns.time("start_time"),
        service: columns.text("service_name"),
        instance: "NULL::VARCHAR",
        values: [
          columns.text("trace_id"),
          columns.text("span_id"),
          `CASE WHEN upper(${parent}) IN ('ROOT', '') THEN NULL ELSE ${parent} END`,
          `coalesce(${columns.text("operation_name")}, '')`,
          `TRY_CAST(${columns.text("duration")} AS DOUBLE) / 1e3`,
          `CASE lower(${columns.text("has_error")}) WHEN 'true' THEN 'error' WHEN 'false' THEN 'ok' ELSE 'unset' END`,
        ],
        problem: problemOf("it names no service", [
          ["coalesce(_v0, '') = '' OR coalesce(_v1, '') = ''", "it has no trace id or span id"],
          ["_v4 IS NULL OR _v4 < 0", "its duration is no number"],
        ]),
        timeColumns: ["start_time"],
      };
    },
  };
}

type Check = readonly [condition: string, problem: string];

function podRow(time: string, pod: string, values: readonly string[], checks: readonly Check[]): RowSpec {
  const problem = problemOf("it names no pod", checks);
  return { time, service: podWorkloadSql(pod), instance: pod, values, problem, timeColumns: ["timestamp"] };
}

function problemOf(nameless: string, checks: readonly Check[]): string {
  const all = [
    ["_t IS NULL", "its time cannot be read"],
    ["coalesce(_service, '') = ''", nameless],
    ...checks,
  ];
  return `CASE ${all.map(([condition, problem]) => `WHEN ${condition} THEN '${problem}'`).join(" ")} END`;
}
