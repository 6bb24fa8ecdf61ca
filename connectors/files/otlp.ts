import type { Fetched, Inventory, TelemetryQuery } from "../../pipeline/ports.ts";
import type { Gap, LogLine, Modality, RawSeries, Span, TimeWindow } from "../../pipeline/types.ts";
import { readOtlpLog } from "../otlp/otlp-log.ts";
import { otlpMetricReader } from "../otlp/otlp-metric.ts";
import { readOtlpSpan } from "../otlp/otlp-span.ts";
import { type OtlpVisitor, visitOtlp } from "../otlp/otlp-visit.ts";
import { collectLogs } from "../thin/collect-logs.ts";
import { gatheredLogs, gatherSpans, truncated } from "../thin/gather.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";
import { shortened } from "./broken-rows.ts";
import type { Layout, OpenLayout } from "./layout.ts";
import type { ListedFile } from "./listing.ts";
import { type IndexedFile, indexedFile, jsonOf, type OtlpIndex } from "./otlp-index.ts";
import type { Scanner } from "./scan.ts";
import { collectSeries } from "./series.ts";
import { inventoryOf, type Summary } from "./summary.ts";
import { readHead, reasonOf, unusableGap } from "./table-file.ts";
import { type ByteRange, eachLine } from "./text-lines.ts";

const fileName = /\.(json|jsonl|ndjson)(\.gz)?$/i;
const firstKey = /^\s*\{\s*"resource(Spans|Logs|Metrics)"\s*:/m;
/** A rate needs the point before: as far back as a collector may pause. */
const beforeMs = 5 * 60_000;
const modalities = ["metric", "log", "trace"] as const;

interface OtlpFile extends ListedFile {
  readonly gzip: boolean;
  readonly indexed: IndexedFile;
}

/** JSON lines as the OpenTelemetry collector's file exporter writes them: an export request a line. */
export const otlp: Layout = {
  looksFor: 'files whose lines start with {"resourceSpans", {"resourceLogs" or {"resourceMetrics" (OTLP)',
  recognize: async (files) => (await otlpFiles(files, 1)).length > 0,
  open: async (files, scanner) => openOtlp(await otlpFiles(files, files.length), scanner),
};

/** By their first lines: any name may be given to the collector's files. */
async function otlpFiles(files: readonly ListedFile[], most: number): Promise<OtlpFile[]> {
  const found: OtlpFile[] = [];
  for (const { path, name } of files) {
    if (found.length === most) break;
    if (!fileName.test(name)) continue;
    const head = await readHead(path, name);
    if (head === null || !firstKey.test(head)) continue;
    const gzip = name.toLowerCase().endsWith(".gz");
    found.push({ path, name, gzip, indexed: indexedFile(path, gzip) });
  }
  return found;
}

/** One file may hold all three, so none is missing before every line was looked at. */
function openOtlp(files: readonly OtlpFile[], { from: name }: Scanner): OpenLayout {
  return {
    metric: (query, signal) => readMetrics(files, `${name} metrics`, query, signal),
    log: (query, signal) => readLogs(files, `${name} logs`, query, signal),
    trace: (query, signal) => readSpans(files, `${name} traces`, query, signal),
    files: [],
    inventory: (signal) => takeInventory(files, name, signal),
  };
}

async function readSpans(
  files: readonly OtlpFile[],
  from: string,
  query: TelemetryQuery,
  signal: AbortSignal,
): Promise<Fetched<Span>> {
  return gatherSpans(from, query.limit, (begin, add) => {
    begin();
    return readFiles(files, from, "trace", query.windows, signal, (broken) => ({
      span(value, names) {
        const span = readOtlpSpan(value, names);
        if (typeof span === "string") broken(span);
        else if (isAsked(query, span.service, span.start)) add(span);
      },
      nameless: (count) => broken(nameless, count),
    }));
  });
}

async function readLogs(
  files: readonly OtlpFile[],
  from: string,
  query: TelemetryQuery,
  signal: AbortSignal,
): Promise<Fetched<LogLine>> {
  const collector = collectLogs(query.limit);
  const gaps = await readFiles(files, from, "log", query.windows, signal, (broken) => ({
    log(value, names) {
      const line = readOtlpLog(value, names);
      if (typeof line === "string") broken(line);
      else if (isAsked(query, line.service, line.t)) collector.add(line);
    },
    nameless: (count) => broken(nameless, count),
  }));
  const gathered = gatheredLogs(from, collector);
  return { items: gathered.items, gaps: [...gaps, ...gathered.gaps] };
}

async function readMetrics(
  files: readonly OtlpFile[],
  from: string,
  query: TelemetryQuery,
  signal: AbortSignal,
): Promise<Fetched<RawSeries>> {
  const series = collectSeries(query.limit);
  const reader = otlpMetricReader();
  const windows = query.windows.map(({ start, end }) => ({ start: start - beforeMs, end }));
  const gaps = await readFiles(files, from, "metric", windows, signal, (broken) => ({
    metric(value, names) {
      const problem = reader.read(value, names, (metric, unit, t, v) => {
        if (isAsked(query, names.service, t)) series.add(names.service, names.instance, metric, unit, t, v);
      });
      if (problem !== null) broken(problem);
    },
    nameless: (count) => broken(nameless, count),
  }));
  // What was counted has become a rate already.
  const items = series.finish().map((one) => ({ ...one, kind: "gauge" as const }));
  return { items, gaps: [...gaps, ...truncated(from, "samples", series.seen, series.kept)] };
}

const nameless = "its resource names no service";

function isAsked({ windows, services }: TelemetryQuery, service: string, t: number): boolean {
  return (
    (services === null || services.includes(service)) &&
    windows.some(({ start, end }) => t >= start && t < end)
  );
}

type Broken = (problem: string, count?: number) => void;

/** Visits what lies in the blocks of the files that reach into the windows. */
async function readFiles(
  files: readonly OtlpFile[],
  from: string,
  modality: Modality,
  windows: readonly TimeWindow[],
  signal: AbortSignal,
  visitorOf: (broken: Broken) => OtlpVisitor,
): Promise<Gap[]> {
  const gaps: Gap[] = [];
  for (const file of files) {
    try {
      gaps.push(...(await readOtlpFile(file, from, modality, windows, signal, visitorOf)));
    } catch (error) {
      throwIfAborted(signal, error);
      if (!(error instanceof Error && "code" in error)) throw error;
      gaps.push(unusableGap(from, { name: file.name, found: reasonOf(error) }));
    }
  }
  return shortened(from, gaps);
}

async function readOtlpFile(
  { path, name, gzip, indexed }: OtlpFile,
  from: string,
  modality: Modality,
  windows: readonly TimeWindow[],
  signal: AbortSignal,
  visitorOf: (broken: Broken) => OtlpVisitor,
): Promise<Gap[]> {
  const index = await indexed.index(signal);
  const gaps: Gap[] = [];
  const say = (detail: string) => gaps.push({ from, reason: "broken-rows", detail });
  const broken = { count: 0, line: 0, problem: "" };
  let line = 0;
  const visitor = visitorOf((problem, count = 1) => {
    if (broken.count === 0) Object.assign(broken, { line, problem });
    broken.count += count;
  });
  for (const stretch of stretchesOf(index, modality, windows)) {
    line = stretch.firstLine - 1;
    const damage = await eachLine(path, gzip, stretch, signal, ({ text, whole }) => {
      line++;
      if (text?.trim() === "") return;
      const message = jsonOf(text);
      if (message === null && !whole && index.unfinished) return;
      if (visitOtlp(message, visitor)) return;
      if (broken.count === 0) Object.assign(broken, { line, problem: "it is no OTLP message in JSON" });
      broken.count++;
    });
    if (damage !== null) say(`${name} could be read only in part: ${damage}.`);
  }
  const { count, problem } = broken;
  if (count > 0) {
    const things = count === 1 ? "1 line or item" : `${count.toLocaleString("en")} lines or items`;
    say(`${things} of ${name} could not be read: first at line ${broken.line}: ${problem}.`);
  }
  if (index.unfinished && !gzip) {
    say(`${name} ends in the middle of a line, which was left out: it may still be written.`);
  }
  return gaps;
}

/** Blocks with something of the windows, and those of which nothing could be read; neighbours as one. */
function stretchesOf(
  { blocks }: OtlpIndex,
  modality: Modality,
  windows: readonly TimeWindow[],
): (ByteRange & { firstLine: number })[] {
  const stretches: { start: number; end: number; firstLine: number }[] = [];
  for (const { start, end, firstLine, extent } of blocks) {
    const within = extent[modality];
    const nothing = modalities.every((one) => extent[one] === null);
    const wanted =
      within === null ? nothing : windows.some((one) => one.end > within.start && one.start < within.end);
    if (!wanted) continue;
    const last = stretches[stretches.length - 1];
    if (last?.end === start) last.end = end;
    else stretches.push({ start, end, firstLine });
  }
  return stretches;
}

async function takeInventory(
  files: readonly OtlpFile[],
  from: string,
  signal: AbortSignal,
): Promise<Inventory> {
  const instances = new Map<string, Set<string>>();
  const extents: Record<Modality, TimeWindow[]> = { metric: [], log: [], trace: [] };
  const gaps: Gap[] = [];
  for (const file of files) {
    try {
      const index = await file.indexed.index(signal);
      for (const [service, names] of index.instances) {
        instances.set(service, new Set([...(instances.get(service) ?? []), ...names]));
      }
      for (const modality of modalities)
        extents[modality].push(...[index.extent[modality]].flatMap((one) => one ?? []));
    } catch (error) {
      throwIfAborted(signal, error);
      gaps.push(unusableGap(from, { name: file.name, found: reasonOf(error) }));
    }
  }
  const summaries = modalities.map((modality): [Modality, Summary] => [
    modality,
    { instances, extent: spanning(extents[modality]), gaps: [] },
  ]);
  return { ...inventoryOf(new Map(summaries)), gaps };
}

function spanning(windows: readonly TimeWindow[]): TimeWindow | null {
  if (windows.length === 0) return null;
  const [starts, ends] = [windows.map(({ start }) => start), windows.map(({ end }) => end)];
  return { start: Math.min(...starts), end: Math.max(...ends) };
}
