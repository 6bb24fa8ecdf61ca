import type { IncomingMessage, ServerResponse } from "node:http";
import type { Meter, Tracer } from "@opentelemetry/api";
import { type Logger, SeverityNumber } from "@opentelemetry/api-logs";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { type IMetricReader, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import type { TelemetryOptions } from "./messages.ts";
import { type Identity, recordingFiles } from "./recording-files.ts";

/** What one service or store is seen by. */
export interface Telemetry {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly log: Log;
  /** For Prometheus to scrape. */
  scrape(request: IncomingMessage, response: ServerResponse): void;
  /** Writes what is still held back. */
  close(): Promise<void>;
}

/** `at`: epoch milliseconds; now when left out. */
export type Log = (level: LogLevel, body: string, at?: number) => void;

const severities = {
  INFO: SeverityNumber.INFO,
  WARN: SeverityNumber.WARN,
  ERROR: SeverityNumber.ERROR,
  FATAL: SeverityNumber.FATAL,
} as const;
export type LogLevel = keyof typeof severities;

const spanDelayMs = 1_000;
/** The SDK's own limit is 2,048 spans; one batch a second is below that at every load used here. */
const largestQueue = 8_192;

/** Sets up OpenTelemetry's SDKs for one instance: into the recording's files, and to a collector where one is named. */
export function startTelemetry(
  identity: Identity & { readonly version: string },
  options: TelemetryOptions,
  failed: (problem: string) => void,
): Telemetry {
  const { service, instance, version } = identity;
  const resource = resourceFromAttributes({
    "service.name": service,
    "service.instance.id": instance,
    "service.version": version,
    "service.namespace": "hotel",
  });
  const files = recordingFiles(options.folder, identity, options.writesOtlp, failed);
  const { endpoint, metricStepMs } = options;
  const url = (signal: string) => `${endpoint?.replace(/\/$/, "")}/v1/${signal}`;

  const spanExporters = [
    files.spans,
    ...(endpoint === null ? [] : [new OTLPTraceExporter({ url: url("traces") })]),
  ];
  const tracers = new BasicTracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.traceShare) }),
    spanProcessors: spanExporters.map(
      (exporter) =>
        new BatchSpanProcessor(exporter, {
          scheduledDelayMillis: spanDelayMs,
          maxQueueSize: largestQueue,
          maxExportBatchSize: largestQueue,
        }),
    ),
  });
  const loggers = new LoggerProvider({
    resource,
    processors: [
      // At once: the last line of a process that dies is the one that matters.
      new SimpleLogRecordProcessor({ exporter: files.logs }),
      ...(endpoint === null
        ? []
        : [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: url("logs") }) })]),
    ],
  });
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const periodic = (exporter: ConstructorParameters<typeof PeriodicExportingMetricReader>[0]["exporter"]) =>
    new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: metricStepMs,
      exportTimeoutMillis: metricStepMs,
    });
  const readers: IMetricReader[] = [periodic(files.metrics), prometheus];
  if (endpoint !== null) readers.push(periodic(new OTLPMetricExporter({ url: url("metrics") })));
  const meters = new MeterProvider({ resource, readers });
  const logger: Logger = loggers.getLogger(service);
  return {
    tracer: tracers.getTracer(service),
    meter: meters.getMeter(service),
    log: (level, body, at = Date.now()) =>
      logger.emit({ severityText: level, severityNumber: severities[level], body, timestamp: at }),
    scrape: (request, response) => prometheus.getMetricsRequestHandler(request, response),
    async close() {
      await Promise.allSettled([tracers.shutdown(), meters.shutdown(), loggers.shutdown()]);
    },
  };
}
