import { mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type HrTime, SpanStatusCode } from "@opentelemetry/api";
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import {
  type ISerializer,
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import {
  AggregationTemporality,
  InstrumentType,
  type PushMetricExporter,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base";
import { metricRows } from "./metric-rows.ts";

/** The exporters that write what one process tells into the files of a recording. */
export interface RecordingFiles {
  readonly spans: SpanExporter;
  readonly metrics: PushMetricExporter;
  readonly logs: LogRecordExporter;
}

export interface Identity {
  readonly service: string;
  readonly instance: string;
  /** What the files are named for: two processes that tell of one instance have files of their own. */
  readonly file: string;
}

/**
 * Opens the files of one instance: rows in `FOLDER/telemetry/{metrics,logs,spans}/FILE.*`, and, where
 * asked for, what a collector's file exporter writes, in `FOLDER/otlp/`.
 *
 * A batch is appended in one write, so that a process that is killed leaves whole lines. `failed` is
 * called when a file cannot be written, as on a full disk.
 */
export function recordingFiles(
  folder: string,
  { service, instance, file }: Identity,
  writesOtlp: boolean,
  failed: (problem: string) => void,
): RecordingFiles {
  const rows = {
    spans: appender(join(folder, "telemetry", "spans"), `${file}.csv`, spanColumns),
    metrics: appender(join(folder, "telemetry", "metrics"), `${file}.csv`, metricColumns),
    logs: appender(join(folder, "telemetry", "logs"), `${file}.jsonl`, null),
  };
  const otlp = (signal: string) =>
    writesOtlp ? appender(join(folder, "otlp"), `${file}-${signal}.jsonl`, null) : () => undefined;
  const lines = { spans: otlp("traces"), metrics: otlp("metrics"), logs: otlp("logs") };
  const kept = (done: (result: ExportResult) => void, write: () => void) => {
    try {
      write();
      done({ code: ExportResultCode.SUCCESS });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      failed(problem);
      done({ code: ExportResultCode.FAILED, error: new Error(problem) });
    }
  };
  const nothing = async () => undefined;
  return {
    spans: {
      export: (spans, done) =>
        kept(done, () => {
          rows.spans(spans.map((span) => spanRow(span, service, instance)).join(""));
          lines.spans(otlpLine(JsonTraceSerializer, spans));
        }),
      shutdown: nothing,
      forceFlush: nothing,
    },
    logs: {
      export: (records, done) =>
        kept(done, () => {
          rows.logs(records.map((record) => logRow(record, service, instance)).join(""));
          lines.logs(otlpLine(JsonLogsSerializer, records));
        }),
      shutdown: nothing,
      forceFlush: nothing,
    },
    metrics: {
      export: (metrics: ResourceMetrics, done) =>
        kept(done, () => {
          rows.metrics(metricText(metrics, service, instance));
          lines.metrics(otlpLine(JsonMetricsSerializer, metrics));
        }),
      // Quantiles of the last step need what happened in the last step.
      selectAggregationTemporality: (instrument) =>
        instrument === InstrumentType.HISTOGRAM
          ? AggregationTemporality.DELTA
          : AggregationTemporality.CUMULATIVE,
      shutdown: nothing,
      forceFlush: nothing,
    },
  };
}

const spanColumns = "trace_id,span_id,parent_id,service,instance,operation,start,duration,status\n";
const metricColumns = "time,service,instance,metric,value,unit\n";

/** A started-again process goes on in the file of the one before. */
function appender(folder: string, name: string, header: string | null): (text: string) => void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  let file = -1;
  return (text) => {
    if (text === "") return;
    if (file < 0) {
      const { descriptor, isNew } = openForAppend(path);
      file = descriptor;
      if (isNew && header !== null) writeAll(file, header);
    }
    writeAll(file, text);
  };
}

function openForAppend(path: string): { readonly descriptor: number; readonly isNew: boolean } {
  try {
    return { descriptor: openSync(path, "ax"), isNew: true };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    return { descriptor: openSync(path, "a"), isNew: false };
  }
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}

/** The collector's file exporter writes one request a line. */
function otlpLine<Batch>(serializer: ISerializer<Batch, unknown>, batch: Batch): string {
  const bytes = serializer.serializeRequest(batch);
  return bytes === undefined ? "" : `${Buffer.from(bytes).toString("utf8")}\n`;
}

/** Whole microseconds since 1970, which the layout tells apart by their size. */
function micros([seconds, nanos]: HrTime): string {
  return `${seconds}${String(Math.trunc(nanos / 1000)).padStart(6, "0")}`;
}

function spanRow(span: ReadableSpan, service: string, instance: string): string {
  const { traceId, spanId } = span.spanContext();
  const parent = span.parentSpanContext?.spanId ?? "";
  const milliseconds = (span.duration[0] * 1e3 + span.duration[1] / 1e6).toFixed(3);
  const status = span.status.code === SpanStatusCode.ERROR ? "error" : "ok";
  return `${traceId},${spanId},${parent},${service},${instance},${quoted(span.name)},${micros(span.startTime)},${milliseconds},${status}\n`;
}

function logRow(record: ReadableLogRecord, service: string, instance: string): string {
  const { traceId, spanId } = record.spanContext ?? {};
  // Without a trace that is kept the ids would lead nowhere.
  const isTraced = record.spanContext !== undefined && (record.spanContext.traceFlags & 1) === 1;
  return `${JSON.stringify({
    time: Number(micros(record.hrTime)),
    service,
    instance,
    level: record.severityText,
    body: String(record.body),
    ...(isTraced ? { trace_id: traceId, span_id: spanId } : {}),
  })}\n`;
}

function metricText(metrics: ResourceMetrics, service: string, instance: string): string {
  return metricRows(metrics)
    .map(
      ({ time, metric, value, unit }) =>
        `${time},${service},${instance},${quoted(metric)},${value},${unit}\n`,
    )
    .join("");
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
