import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Inventory, TelemetryQuery } from "../../pipeline/ports.ts";
import type { CallEdge, Gap, TimeWindow, Topology } from "../../pipeline/types.ts";
import type { Layout, OpenLayout } from "./layout.ts";
import type { ListedFile } from "./listing.ts";
import { readNezhaLog } from "./nezha-log.ts";
import { readLogLines, readSpans, readWideMetrics } from "./read-tables.ts";
import type { Columns } from "./row-source.ts";
import type { Scanner } from "./scan.ts";
import { type Summary, summarize } from "./summary.ts";
import type { Table } from "./table.ts";

const minute = 60_000;
const day = 86_400_000;
/**
 * File HH_MM holds the 60 s that end shortly after HH:MM; seen were HH:MM-51 s to HH:MM+52 s, and "a few
 * differ". Two minutes either way is one or two files more than needed, and rows are tested by time anyway.
 */
const minuteMargin = 2 * minute;
/** A metric file holds the day of its folder, in UTC. */
const dayMargin = 60 * minute;

const minuteFile =
  /^(rca_data|construct_data)\/(\d{4}-\d\d-\d\d)\/(log|trace)\/(\d\d)_(\d\d)_(?:log|trace)\.csv(?:\.gz)?$/;
const podFile = /^rca_data\/(\d{4}-\d\d-\d\d)\/metric\/(.+)_metric\.csv(?:\.gz)?$/;
const frontFile = /^rca_data\/(\d{4}-\d\d-\d\d)\/metric\/front_service\.csv(?:\.gz)?$/;
const dependencyFile = /^rca_data\/\d{4}-\d\d-\d\d\/metric\/dependency\.csv(?:\.gz)?$/;
const ipAddress = /^\d+(\.\d+){3}$/;
const unitInName = /\(([^()]+)\)$/;
const notMetrics = ["time", "timestamp", "podname", "servicename"];

const ReferencePeriods = z.array(
  z.object({
    start: z.iso.datetime({ offset: true }).optional(),
    end: z.iso.datetime({ offset: true }).optional(),
    modalities: z.array(z.string()),
  }),
);

interface DayFile extends ListedFile {
  /** Midnight UTC of its folder. */
  readonly dayStart: number;
}

interface MinuteFile extends ListedFile {
  readonly kind: "log" | "trace";
  readonly at: number;
  readonly normal: boolean;
}

/** The layout that the Nezha data sets (TrainTicket, OnlineBoutique) were published in. */
export const nezha: Layout = {
  looksFor: '"rca_data/DATE/metric/POD_metric.csv" or "rca_data/DATE/{log,trace}/HH_MM_….csv" (Nezha)',
  recognize: (files) => files.some(({ name }) => podFile.test(name) || minuteFile.test(name)),
  open: openNezha,
};

function openNezha(files: readonly ListedFile[], scanner: Scanner): OpenLayout {
  const pods = daysOf(files, podFile);
  const fronts = daysOf(files, frontFile);
  const minutes = files.flatMap(minuteOf);
  const logs = minutes.filter(({ kind }) => kind === "log");
  const traces = minutes.filter(({ kind }) => kind === "trace");
  const metrics = [...pods, ...fronts];
  return {
    metric:
      metrics.length === 0
        ? null
        : (query, signal) => readWideMetrics(scanner, metricTable(during(metrics, query)), query, signal),
    log:
      logs.length === 0
        ? null
        : (query, signal) => readLogLines(scanner, logTable(near(logs, query)), readNezhaLog, query, signal),
    trace:
      traces.length === 0
        ? null
        : (query, signal) => readSpans(scanner, spanTable(near(traces, query)), query, signal),
    files: [...metrics, ...minutes],
    inventory: (signal) => takeInventory(files, scanner, pods, fronts, minutes, signal),
  };
}

function daysOf(files: readonly ListedFile[], pattern: RegExp): DayFile[] {
  return files.flatMap((file) => {
    const date = pattern.exec(file.name)?.[1];
    return date === undefined ? [] : [{ ...file, dayStart: Date.parse(`${date}T00:00:00Z`) }];
  });
}

function minuteOf(file: ListedFile): MinuteFile[] {
  const match = minuteFile.exec(file.name);
  if (match === null) return [];
  const [, part, date, kind, hour, minutes] = match;
  const at = Date.parse(`${date}T${hour}:${minutes}:00Z`);
  return [{ ...file, kind: kind === "log" ? "log" : "trace", at, normal: part === "construct_data" }];
}

function during(files: readonly DayFile[], { windows }: TelemetryQuery): DayFile[] {
  return files.filter(({ dayStart }) =>
    windows.some(({ start, end }) => end > dayStart - dayMargin && start < dayStart + day + dayMargin),
  );
}

function near(files: readonly MinuteFile[], { windows }: TelemetryQuery): MinuteFile[] {
  return files.filter(({ at }) =>
    windows.some(({ start, end }) => end > at - minuteMargin && start < at + minuteMargin),
  );
}

// ── Tables ──────────────────────────────────────────────────────────────────────────────────────

/** The service is the pod's name without its last two parts, which the deployment adds. */
const serviceOfPod = (pod: string) => `regexp_replace(${pod}, '-[^-]+-[^-]+$', '')`;

/** "2023-01-29 08:41:10.649486457 +0000 UTC m=+1.7": the reading of Go's clock is left out. */
const goTime = (text: string) => `instant_ms(replace(split_part(${text}, ' UTC', 1), ' +', '+'))`;

/** Whole microseconds, as milliseconds: exact, where nanoseconds as a number would not be. */
const unixNanos = (nanos: string) => `(${nanos} // 1000)::DOUBLE / 1e3`;

/** `TimeStamp` is not read: for some pods it jumps by years. */
function metricTable(files: readonly ListedFile[]): Table {
  return {
    files,
    skip: 1,
    required: [["Time"], ["PodName", "ServiceName"]],
    spec: (columns) => {
      const names = columns.names.filter((name) => !notMetrics.includes(name.trim().toLowerCase()));
      const values = names.map((name) => `number_of(${columns.text(name)})`);
      const pod = columns.has("PodName") ? columns.text("PodName") : null;
      const service = pod === null ? columns.text("ServiceName") : serviceOfPod(pod);
      const time = goTime(columns.text("Time"));
      return {
        time,
        service,
        instance: pod ?? "NULL::VARCHAR",
        series: names.map((metric) => ({ service: null, metric, unit: unitOf(metric) })),
        values,
        problem: problem([
          ["_t IS NULL", "its time cannot be read"],
          ["coalesce(_service, '') = ''", "it names no pod"],
          [values.map((_, index) => `_v${index} IS NULL`).join(" OR ") || "false", "a value is no number"],
        ]),
        timeColumns: [],
      };
    },
  };
}

/** Some rows have Go's zero time, outside of what can be; their `Timestamp` has no zone and is UTC. */
function logTable(files: readonly ListedFile[]): Table {
  return {
    files,
    skip: 1,
    required: [["Timestamp"], ["TimeUnixNano"], ["PodName"], ["Log"]],
    spec: (columns) => {
      const nanos = `TRY_CAST(${columns.text("TimeUnixNano")} AS BIGINT)`;
      const time = `CASE WHEN ${nanos} > 0 THEN ${unixNanos(nanos)} ELSE instant_ms(${columns.text("Timestamp")}) END`;
      return {
        ...podRow(columns, time),
        values: [
          "NULL::VARCHAR",
          `coalesce(${columns.text("Log")}, '')`,
          columns.text("TraceID"),
          columns.text("SpanID"),
        ],
      };
    },
  };
}

function spanTable(files: readonly ListedFile[]): Table {
  return {
    files,
    skip: 1,
    required: [
      ["TraceID"],
      ["SpanID"],
      ["ParentID"],
      ["PodName"],
      ["OperationName"],
      ["StartTimeUnixNano"],
      ["Duration"],
    ],
    spec: (columns) => {
      const [parent, duration] = [
        columns.text("ParentID"),
        `TRY_CAST(${columns.text("Duration")} AS DOUBLE)`,
      ];
      const ids = [columns.text("TraceID"), columns.text("SpanID")];
      return {
        ...podRow(columns, unixNanos(`TRY_CAST(${columns.text("StartTimeUnixNano")} AS BIGINT)`), [
          ["coalesce(_v0, '') = '' OR coalesce(_v1, '') = ''", "it has no trace id or span id"],
          ["_v4 IS NULL OR _v4 < 0", "its duration is no number"],
        ]),
        values: [
          ...ids,
          `CASE WHEN ${parent} = 'root' THEN NULL ELSE ${parent} END`,
          columns.text("OperationName"),
          `${duration} / 1e3`,
          "NULL::VARCHAR",
        ],
      };
    },
  };
}

function podRow(columns: Columns, time: string, checks: readonly (readonly [string, string])[] = []) {
  const pod = columns.text("PodName");
  const missing = [
    ["_t IS NULL", "its time cannot be read"],
    ["coalesce(_service, '') = ''", "it names no pod"],
  ] as const;
  return {
    time,
    service: serviceOfPod(pod),
    instance: pod,
    problem: problem([...missing, ...checks]),
    timeColumns: [],
  };
}

function problem(checks: readonly (readonly [condition: string, problem: string])[]): string {
  return `CASE ${checks.map(([condition, text]) => `WHEN ${condition} THEN '${text}'`).join(" ")} END`;
}

/** What stands in the brackets at the end of a column's name. */
function unitOf(metric: string): string | null {
  return unitInName.exec(metric)?.[1] ?? null;
}

// ── Inventory ───────────────────────────────────────────────────────────────────────────────────

/** From names as far as they tell: only one metric file a day and the fault-free minutes are opened. */
async function takeInventory(
  files: readonly ListedFile[],
  scanner: Scanner,
  pods: readonly DayFile[],
  fronts: readonly DayFile[],
  minutes: readonly MinuteFile[],
  signal: AbortSignal,
): Promise<Inventory> {
  const gaps: Gap[] = [];
  const normal = minutes.filter((file) => file.normal);
  const days = [...new Set(pods.map(({ dayStart }) => dayStart))];
  const sampled = days.flatMap((start) => pods.find(({ dayStart }) => dayStart === start) ?? []);
  const each = async (kind: "log" | "trace") =>
    Promise.all(
      normal
        .filter((file) => file.kind === kind)
        .map((file) => summarize(scanner, (kind === "log" ? logTable : spanTable)([file]), signal)),
    );
  const [metric, log, trace, topology, declared] = await Promise.all([
    summarize(scanner, metricTable([...fronts, ...sampled]), signal),
    each("log"),
    each("trace"),
    readDependencies(files, scanner, signal),
    readDeclared(files, scanner.from, gaps),
  ]);
  const instances = new Map<string, { service: string; instance: string }>();
  const services = new Set<string>(topology?.services ?? []);
  for (const { name } of pods) {
    const instance = podFile.exec(name)?.[2] ?? "";
    instances.set(instance, { service: instance.replace(/-[^-]+-[^-]+$/, ""), instance });
  }
  for (const seen of [metric, ...log, ...trace]) {
    for (const [service, names] of seen.instances) {
      services.add(service);
      for (const instance of names) instances.set(instance, { service, instance });
    }
  }
  for (const { service } of instances.values()) services.add(service);
  return {
    services: [...services].sort(),
    instances: [...instances.values()].sort((a, b) => (a.instance < b.instance ? -1 : 1)),
    extent: {
      metric: metric.extent,
      log: extentOf(minutes.filter(({ kind }) => kind === "log")),
      trace: extentOf(minutes.filter(({ kind }) => kind === "trace")),
    },
    declaredReference: { metric: declared, log: extents(log), trace: extents(trace) },
    topology,
    gaps,
  };
}

function extentOf(files: readonly MinuteFile[]): TimeWindow | null {
  if (files.length === 0) return null;
  const times = files.map(({ at }) => at);
  return { start: Math.min(...times) - minute, end: Math.max(...times) + minute };
}

function extents(summaries: readonly Summary[]): TimeWindow[] {
  return summaries.flatMap(({ extent }) => extent ?? []);
}

/** reference_periods.json: stretches without a fault. Files that list faults are never opened. */
async function readDeclared(files: readonly ListedFile[], from: string, gaps: Gap[]): Promise<TimeWindow[]> {
  const file = files.find(({ name }) => name === "reference_periods.json");
  if (file === undefined) return [];
  try {
    const periods = ReferencePeriods.parse(JSON.parse(await readFile(file.path, "utf8")));
    return periods.flatMap(({ start, end, modalities }) => {
      if (start === undefined || end === undefined || !modalities.includes("metric")) return [];
      return [{ start: Date.parse(start), end: Date.parse(end) }];
    });
  } catch {
    gaps.push({ from, reason: "no-reference", detail: "reference_periods.json is not as published." });
    return [];
  }
}

/** OnlineBoutique's dependency.csv: Source, Target, Weight. A target that is an address is a pod's node. */
async function readDependencies(
  files: readonly ListedFile[],
  scanner: Scanner,
  signal: AbortSignal,
): Promise<Topology | null> {
  const dependencies = files.filter(({ name }) => dependencyFile.test(name));
  if (dependencies.length === 0) return null;
  const edges = new Map<string, CallEdge>();
  const table: Table = {
    files: dependencies,
    skip: 1,
    required: [["Source"], ["Target"]],
    spec: (columns) => ({
      time: "0::DOUBLE",
      service: columns.text("Source"),
      instance: columns.text("Target"),
      values: [],
      problem: "NULL::VARCHAR",
      timeColumns: [],
    }),
  };
  const { instances } = await summarize(scanner, table, signal);
  for (const [caller, callees] of instances) {
    for (const callee of callees) {
      if (ipAddress.test(callee)) continue;
      edges.set(`${caller}\u0000${callee}`, { caller, callee, calls: 1 });
    }
  }
  const services = [...new Set([...edges.values()].flatMap(({ caller, callee }) => [caller, callee]))].sort();
  return { services, edges: [...edges.values()] };
}
