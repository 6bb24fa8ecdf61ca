import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Inventory } from "../../pipeline/ports.ts";
import type { CallEdge, Gap, Modality, TimeWindow, Topology } from "../../pipeline/types.ts";
import type { Layout, OpenLayout } from "./layout.ts";
import type { ListedFile } from "./listing.ts";
import { readLogLines, readLongMetrics, readSpans } from "./read-tables.ts";
import type { Columns, RowSpec } from "./row-source.ts";
import type { Scanner } from "./scan.ts";
import { inventoryOf, type Summary, summarize } from "./summary.ts";
import type { Table } from "./table.ts";
import { encodingOf, splitLine } from "./table-file.ts";

const modalities = ["metric", "log", "trace"] as const;
const folders: Readonly<Record<Modality, string>> = { metric: "metrics", log: "logs", trace: "spans" };
const rootParents = "('', 'root', 'none', 'null', '0', '0000000000000000')";

const ReferenceFile = z.object({
  periods: z.array(
    z.object({
      start: z.iso.datetime({ offset: true }),
      end: z.iso.datetime({ offset: true }),
      modalities: z.array(z.enum(modalities)).optional(),
    }),
  ),
});

/** The project's own layout: docs/telemetry-files.md is its description for people. */
export const localExpert: Layout = {
  looksFor: 'files in "metrics/", "logs/" or "spans/" (or metrics.csv, logs.jsonl, spans.parquet, …)',
  recognize: (files) => files.some((file) => modalities.some((modality) => belongsTo(file, modality))),
  open: openLocalExpert,
};

function belongsTo({ name }: ListedFile, modality: Modality): boolean {
  const encoding = encodingOf(name);
  if (encoding === null) return false;
  return encoding.stem === folders[modality] || name.startsWith(`${folders[modality]}/`);
}

function openLocalExpert(files: readonly ListedFile[], scanner: Scanner): OpenLayout {
  const of = (modality: Modality) => files.filter((file) => belongsTo(file, modality));
  const tables = {
    metric: metricTable(of("metric")),
    log: logTable(of("log")),
    trace: spanTable(of("trace")),
  };
  const { metric, log, trace } = tables;
  const present = modalities.filter((modality) => tables[modality].files.length > 0);
  return {
    metric: present.includes("metric")
      ? (query, signal) => readLongMetrics(scanner, metric, query, signal)
      : null,
    log: present.includes("log") ? (query, signal) => readLogLines(scanner, log, null, query, signal) : null,
    trace: present.includes("trace") ? (query, signal) => readSpans(scanner, trace, query, signal) : null,
    files: present.flatMap((modality) => tables[modality].files),
    inventory: (signal) => takeInventory(files, scanner, tables, present, signal),
  };
}

async function takeInventory(
  files: readonly ListedFile[],
  scanner: Scanner,
  tables: Readonly<Record<Modality, Table>>,
  present: readonly Modality[],
  signal: AbortSignal,
): Promise<Inventory> {
  const empty: Summary = { instances: new Map(), extent: null, gaps: [] };
  const summaries: Record<Modality, Summary> = { metric: empty, log: empty, trace: empty };
  await Promise.all(
    present.map(async (modality) => {
      summaries[modality] = await summarize(scanner, tables[modality], signal);
    }),
  );
  const gaps: Gap[] = modalities.flatMap((modality) => summaries[modality].gaps);
  const topology = await readTopology(files, scanner.from, gaps);
  const declaredReference = await readReference(files, scanner.from, gaps);
  const known = inventoryOf(new Map(modalities.map((modality) => [modality, summaries[modality]])));
  const services = [...new Set([...known.services, ...(topology?.services ?? [])])].sort();
  return { ...known, services, declaredReference, topology, gaps };
}

// ── Tables ──────────────────────────────────────────────────────────────────────────────────────

const timeNames = ["time", "timestamp"];
const startNames = ["start", "start_time"];
const traceIdNames = ["trace_id", "traceId", "trace id"];
const spanIdNames = ["span_id", "spanId", "span id"];

function metricTable(files: readonly ListedFile[]): Table {
  return {
    files,
    skip: 1,
    required: [timeNames, ["service"], ["metric"], ["value"]],
    spec: (columns) => {
      const value = `number_of(${columns.text("value")})`;
      const metric = columns.text("metric");
      const checks = [
        [`coalesce(_v0, '') = ''`, "it names no metric"],
        ["_v2 IS NULL", "its value is no number"],
        ["isinf(_v2)", "its value is infinite"],
      ] as const;
      return rowSpec(columns, timeNames, [metric, `nullif(${columns.text("unit")}, '')`, value], checks);
    },
  };
}

function logTable(files: readonly ListedFile[]): Table {
  return {
    files,
    skip: 1,
    required: [timeNames, ["service"], ["body", "message"]],
    spec: (columns) => {
      const optional = (...names: readonly string[]) => `nullif(${columns.text(...names)}, '')`;
      const body = columns.text("body", "message");
      const values = [optional("level"), body, optional(...traceIdNames), optional(...spanIdNames)];
      return rowSpec(columns, timeNames, values, [["_v1 IS NULL", "it has no body"]]);
    },
  };
}

function spanTable(files: readonly ListedFile[]): Table {
  return {
    files,
    skip: 1,
    required: [traceIdNames, spanIdNames, ["service"], ["operation"], startNames, ["duration"]],
    spec: (columns) => {
      const [traceId, spanId] = [columns.text(...traceIdNames), columns.text(...spanIdNames)];
      const parent = columns.text("parent_id", "parentId", "parent id");
      const duration = `TRY_CAST(${columns.text("duration")} AS DOUBLE)`;
      const status = `lower(${columns.text("status")})`;
      const checks = [
        ["coalesce(_v0, '') = '' OR coalesce(_v1, '') = ''", "it has no trace id or span id"],
        ["_v4 IS NULL OR NOT isfinite(_v4)", "its duration is no number"],
        ["_v4 < 0", "its duration is negative"],
      ] as const;
      const values = [
        traceId,
        spanId,
        `CASE WHEN lower(${parent}) IN ${rootParents} THEN NULL ELSE ${parent} END`,
        `coalesce(${columns.text("operation")}, '')`,
        duration,
        `CASE WHEN ${status} IN ('ok', 'status_code_ok') THEN 'ok'
          WHEN ${status} IN ('error', 'status_code_error') THEN 'error' ELSE 'unset' END`,
      ];
      return rowSpec(columns, startNames, values, checks);
    },
  };
}

function rowSpec(
  columns: Columns,
  times: readonly string[],
  values: readonly string[],
  checks: readonly (readonly [condition: string, problem: string])[],
): RowSpec {
  const all = [
    ["_t IS NULL", "its time cannot be read"],
    ["coalesce(_service, '') = ''", "it names no service"],
    ...checks,
  ];
  return {
    time: columns.time(...times),
    service: columns.text("service"),
    instance: `nullif(${columns.text("instance")}, '')`,
    values,
    problem: `CASE ${all.map(([condition, problem]) => `WHEN ${condition} THEN '${problem}'`).join(" ")} END`,
    timeColumns: times,
  };
}

// ── What is beside the tables ───────────────────────────────────────────────────────────────────

async function readReference(
  files: readonly ListedFile[],
  from: string,
  gaps: Gap[],
): Promise<Inventory["declaredReference"]> {
  const declared: Record<Modality, TimeWindow[]> = { metric: [], log: [], trace: [] };
  const file = files.find(({ name }) => name === "reference.json");
  if (file === undefined) return declared;
  const parsed = ReferenceFile.safeParse(await readJson(file.path));
  if (!parsed.success) {
    const problem = parsed.error.issues[0];
    const place = problem === undefined || problem.path.length === 0 ? "" : ` at ${problem.path.join(".")}`;
    const detail = `reference.json could not be used${place}: ${problem?.message ?? "it is not as described"}.`;
    gaps.push({ from, reason: "no-reference", detail });
    return declared;
  }
  for (const { start, end, modalities: only } of parsed.data.periods) {
    const period = { start: Date.parse(start), end: Date.parse(end) };
    if (!(period.start < period.end)) {
      const detail = `A period in reference.json ends before it starts: ${start} to ${end}.`;
      gaps.push({ from, reason: "no-reference", detail });
    } else for (const modality of only ?? modalities) declared[modality].push(period);
  }
  return declared;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}

/** topology.csv: caller, callee, and calls where known. */
async function readTopology(
  files: readonly ListedFile[],
  from: string,
  gaps: Gap[],
): Promise<Topology | null> {
  const file = files.find(({ name }) => name === "topology.csv");
  if (file === undefined) return null;
  const lines = (await readFile(file.path, "utf8").catch(() => "")).replace(/^\uFEFF/, "").split(/\r?\n/);
  const header = splitLine(lines[0] ?? "", ",").map((name) => name.trim().toLowerCase());
  const [callerAt, calleeAt, callsAt] = ["caller", "callee", "calls"].map((name) => header.indexOf(name));
  if (callerAt === undefined || calleeAt === undefined || callerAt < 0 || calleeAt < 0) {
    gaps.push({ from, reason: "missing", detail: 'topology.csv has no columns "caller" and "callee".' });
    return null;
  }
  const edges: CallEdge[] = [];
  let broken = 0;
  for (const line of lines.slice(1)) {
    if (line.trim() === "") continue;
    const fields = splitLine(line, ",");
    const [caller, callee] = [fields[callerAt] ?? "", fields[calleeAt] ?? ""];
    const calls = Number(fields[callsAt ?? -1] ?? 1);
    if (caller === "" || callee === "") broken++;
    else edges.push({ caller, callee, calls: Number.isFinite(calls) ? calls : 1 });
  }
  if (broken > 0) {
    const detail = `${broken} of ${broken + edges.length} rows of topology.csv name no caller or no callee.`;
    gaps.push({ from, reason: "broken-rows", detail });
  }
  const services = [...new Set(edges.flatMap(({ caller, callee }) => [caller, callee]))].sort();
  return edges.length === 0 ? null : { services, edges };
}
