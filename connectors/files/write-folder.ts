import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { CallEdge, LogLine, Modality, RawSeries, Span, TimeWindow } from "../../pipeline/types.ts";

/** What a folder of the project's own layout holds (docs/telemetry-files.md). */
export interface FolderTelemetry {
  readonly metrics: readonly RawSeries[];
  readonly logs: readonly LogLine[];
  readonly spans: readonly Span[];
  readonly calls: readonly CallEdge[];
  /** Periods declared fault-free. */
  readonly declared: Readonly<Record<Modality, readonly TimeWindow[]>>;
}

/** Writes it: a kind of telemetry that there is none of gets no file. Throws: what the file system throws. */
export async function writeFolder(
  folder: string,
  { metrics, logs, spans, calls, declared }: FolderTelemetry,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const write = async (name: string, isEmpty: boolean, lines: Iterable<string>) => {
    if (!isEmpty) await writeLines(join(folder, name), lines, signal);
  };
  await write("metrics/metrics.csv.gz", metrics.length === 0, metricLines(metrics));
  await write("logs/logs.jsonl.gz", logs.length === 0, logLines(logs));
  await write("spans/spans.csv.gz", spans.length === 0, spanLines(spans));
  if (calls.length > 0) await writeFile(join(folder, "topology.csv"), callLines(calls).join(""));
  const periods = (Object.keys(declared) as Modality[]).flatMap((modality) =>
    declared[modality].map(({ start, end }) => ({
      start: iso(start),
      end: iso(end),
      modalities: [modality],
    })),
  );
  if (periods.length > 0) {
    await writeFile(join(folder, "reference.json"), `${JSON.stringify({ periods }, null, 2)}\n`);
  }
}

/** Rows written at once: one chunk a row would take most of the time. */
const rowsPerChunk = 1_000;

async function writeLines(path: string, lines: Iterable<string>, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await pipeline(Readable.from(inChunks(lines)), createGzip(), createWriteStream(path), { signal });
}

function* inChunks(lines: Iterable<string>): Generator<string> {
  let rows: string[] = [];
  for (const line of lines) {
    rows.push(line);
    if (rows.length < rowsPerChunk) continue;
    yield rows.join("");
    rows = [];
  }
  if (rows.length > 0) yield rows.join("");
}

function* metricLines(metrics: readonly RawSeries[]): Generator<string> {
  yield "time,service,instance,metric,value,unit\n";
  for (const { key, unit, samples } of metrics) {
    const named = `${cell(key.service)},${cell(key.instance)},${cell(key.metric)}`;
    for (let index = 0; index < samples.t.length; index++) {
      const value = samples.v[index] ?? Number.NaN;
      yield `${micros(samples.t[index] ?? 0)},${named},${Number.isFinite(value) ? value : ""},${cell(unit)}\n`;
    }
  }
}

function* logLines(logs: readonly LogLine[]): Generator<string> {
  for (const { t, service, instance, level, body, traceId, spanId } of logs) {
    yield `${JSON.stringify({ time: micros(t), service, instance, level, body, trace_id: traceId, span_id: spanId })}\n`;
  }
}

function* spanLines(spans: readonly Span[]): Generator<string> {
  yield "trace_id,span_id,parent_id,service,instance,operation,start,duration,status\n";
  for (const span of spans) {
    const { traceId, spanId, parentId, service, instance, operation } = span;
    const named = [traceId, spanId, parentId, service, instance, operation].map(cell).join(",");
    const status = span.status === "unset" ? "" : span.status;
    yield `${named},${micros(span.start)},${span.durationMs},${status}\n`;
  }
}

function callLines(calls: readonly CallEdge[]): string[] {
  const rows = calls.map(({ caller, callee, calls: count }) => `${cell(caller)},${cell(callee)},${count}\n`);
  return ["caller,callee,calls\n", ...rows];
}

/** Whole microseconds, which the layout tells apart by their size. */
function micros(t: number): number {
  return Math.round(t * 1_000);
}

/** A line break in a cell would make two rows for readers that split by line. */
function cell(text: string | null): string {
  const line = (text ?? "").replace(/[\r\n]+/g, " ");
  return /[",;\t]/.test(line) ? `"${line.replaceAll('"', '""')}"` : line;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
