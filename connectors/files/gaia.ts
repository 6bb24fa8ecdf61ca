import type { Inventory, TelemetryQuery } from "../../pipeline/ports.ts";
import type { Gap, Modality, TimeWindow } from "../../pipeline/types.ts";
import type { Layout, OpenLayout } from "./layout.ts";
import type { ListedFile } from "./listing.ts";
import { readLogLines, readLongMetrics, readSpans } from "./read-tables.ts";
import type { Scanner } from "./scan.ts";
import { inventoryOf, type Summary, summarize } from "./summary.ts";
import type { Table } from "./table.ts";

/** SERVICE_IP_METRIC_FIRSTDAY_LASTDAY.csv: a file per metric, with no other name in it. */
const metricName =
  "([^/]+?)_(\\d+\\.\\d+\\.\\d+\\.\\d+)_([^/]+)_(\\d{4}-\\d\\d-\\d\\d)_(\\d{4}-\\d\\d-\\d\\d)\\.csv(?:\\.gz)?$";
const metricFile = new RegExp(`(?:^|/)${metricName}`);
const traceFile = /(?:^|\/)trace\/[^/]+\.csv(?:\.gz)?$/;
const logFile = /(?:^|\/)business\/[^/]+\.csv(?:\.gz)?$/;
const tableFile = /(?:^|\/)(?:trace|business)_table_[^/]+\.csv(?:\.gz)?$/;
/** Every text time is China's, which has had no summer time since 1991; the metrics' numbers are UTC. */
const zone = "+08:00";
const day = 86_400_000;

/**
 * The layout that GAIA's MicroSS was published in, unpacked. `run` is never opened: it says which faults were
 * injected.
 */
export const gaia: Layout = {
  looksFor:
    '"metric/SERVICE_IP_METRIC_DAY_DAY.csv", "trace/trace_table_….csv" or "business/business_table_….csv" (GAIA)',
  recognize: (files) => files.some(({ name }) => metricFile.test(name) || tableFile.test(name)),
  open: openGaia,
};

interface MetricFile extends ListedFile {
  readonly service: string;
  readonly host: string;
  readonly within: TimeWindow;
}

function openGaia(files: readonly ListedFile[], scanner: Scanner): OpenLayout {
  const metrics = files.flatMap(metricOf);
  const logs = files.filter(({ name }) => logFile.test(name));
  const traces = files.filter(({ name }) => traceFile.test(name));
  return {
    metric:
      metrics.length === 0
        ? null
        : (query, signal) => readLongMetrics(scanner, metricTable(asked(metrics, query)), query, signal),
    log:
      logs.length === 0
        ? null
        : (query, signal) => readLogLines(scanner, logTable(logs), readGaiaLog, query, signal),
    trace:
      traces.length === 0 ? null : (query, signal) => readSpans(scanner, spanTable(traces), query, signal),
    files: [...metrics, ...logs, ...traces],
    inventory: (signal) => takeInventory(scanner, metrics, logs, traces, signal),
  };
}

function metricOf(file: ListedFile): MetricFile[] {
  const match = metricFile.exec(file.name);
  if (match === null) return [];
  const [start, end] = [Date.parse(`${match[4]}T00:00:00${zone}`), Date.parse(`${match[5]}T00:00:00${zone}`)];
  return [
    {
      ...file,
      service: match[1] ?? "",
      host: match[2] ?? "",
      within: { start: start - day, end: end + 2 * day },
    },
  ];
}

/** By the names of the files, with a day to spare. */
function asked(metrics: readonly MetricFile[], { windows, services }: TelemetryQuery): MetricFile[] {
  return metrics.filter(
    ({ service, within }) =>
      (services === null || services.includes(service)) &&
      windows.some(({ start, end }) => end > within.start && start < within.end),
  );
}

// ── Tables ──────────────────────────────────────────────────────────────────────────────────────

const inName = (part: number) => `regexp_extract(filename, '${metricName}', ${part})`;
const localTime = (text: string) => `instant_ms(${text} || '${zone}')`;

function metricTable(files: readonly ListedFile[]): Table {
  return {
    files,
    skip: 1,
    required: [["timestamp"], ["value"]],
    spec: (columns) => ({
      time: `epoch_number_ms(TRY_CAST(${columns.text("timestamp")} AS DOUBLE))`,
      service: inName(1),
      instance: inName(2),
      values: [inName(3), "NULL::VARCHAR", `number_of(${columns.text("value")})`],
      problem: `CASE WHEN _t IS NULL THEN 'its time cannot be read'
        WHEN _v2 IS NULL OR isinf(_v2) THEN 'its value is no number' END`,
      timeColumns: [],
    }),
  };
}

/** `datetime` holds the day only; the message begins with the time. */
function logTable(files: readonly ListedFile[]): Table {
  return {
    files,
    skip: 1,
    required: [["service"], ["message"]],
    spec: (columns) => {
      const message = columns.text("message");
      const part = (number: number) => `nullif(trim(split_part(${message}, '|', ${number})), '')`;
      return {
        time: localTime(`replace(${part(1)}, ',', '.')`),
        service: columns.text("service"),
        instance: part(3),
        values: [part(2), message, part(6), "NULL::VARCHAR"],
        problem: `CASE WHEN _t IS NULL THEN 'its message begins with no time'
          WHEN coalesce(_service, '') = '' THEN 'it names no service' END`,
        timeColumns: [],
      };
    },
  };
}

function spanTable(files: readonly ListedFile[]): Table {
  return {
    files,
    skip: 1,
    required: [["service_name"], ["trace_id"], ["span_id"], ["parent_id"], ["start_time"], ["end_time"]],
    spec: (columns) => {
      const [trace, span, parent] = [
        columns.text("trace_id"),
        columns.text("span_id"),
        columns.text("parent_id"),
      ];
      const [start, end] = [localTime(columns.text("start_time")), localTime(columns.text("end_time"))];
      const status = columns.text("status_code");
      return {
        time: start,
        service: columns.text("service_name"),
        instance: `nullif(${columns.text("host_ip")}, '')`,
        values: [
          trace,
          span,
          // A root names nothing, itself or its trace as its parent.
          `CASE WHEN ${parent} IN ('', ${span}, ${trace}) THEN NULL ELSE ${parent} END`,
          `regexp_extract(coalesce(${columns.text("url")}, ''), '^(?:[a-z]+://[^/]*)?([^?#]*)', 1)`,
          `${end} - ${start}`,
          `CASE WHEN coalesce(${status}, '') = '' THEN 'unset' WHEN ${status} = '200' THEN 'ok' ELSE 'error' END`,
        ],
        problem: `CASE WHEN _t IS NULL THEN 'its time cannot be read'
          WHEN coalesce(_service, '') = '' THEN 'it names no service'
          WHEN coalesce(_v0, '') = '' OR coalesce(_v1, '') = '' THEN 'it has no trace id or span id'
          WHEN _v4 IS NULL OR _v4 < 0 THEN 'it has no end after its start' END`,
        timeColumns: [],
      };
    },
  };
}

const preamble = /^[^|]*\|\s*(\w+)\s*\|[^|]*\|[^|]*\|[^|]*\|[^|]*\|\s?(.*)$/s;

/** "TIME | LEVEL | HOST | CONTAINER | SERVICE | TRACE | what was said": all but the last have fields of their own. */
export function readGaiaLog(message: string): { level: string | null; body: string } {
  const match = preamble.exec(message);
  return match === null ? { level: null, body: message } : { level: match[1] ?? null, body: match[2] ?? "" };
}

async function takeInventory(
  scanner: Scanner,
  metrics: readonly MetricFile[],
  logs: readonly ListedFile[],
  traces: readonly ListedFile[],
  signal: AbortSignal,
): Promise<Inventory> {
  const summaries = new Map<Modality, Summary>();
  const gaps: Gap[] = [];
  // Files of one host and the same days begin and end alike; there are thousands.
  const sampled = new Map(
    metrics.map((file) => [`${file.service} ${file.host} ${file.within.start} ${file.within.end}`, file]),
  );
  const tables = [
    ["metric", metricTable([...sampled.values()])],
    ["log", logTable(logs)],
    ["trace", spanTable(traces)],
  ] as const;
  for (const [modality, table] of tables) {
    if (table.files.length === 0) continue;
    const summary = await summarize(scanner, table, signal);
    summaries.set(modality, summary);
    gaps.push(...summary.gaps);
  }
  return { ...inventoryOf(summaries), gaps };
}
