import { assembleTraces } from "../../pipeline/detect/assemble-traces.ts";
import type {
  Candidate,
  LogAnomaly,
  LogLine,
  MetricAnomaly,
  MetricSeries,
  Samples,
  Span,
  TelemetrySlice,
  TimeWindow,
  TraceAnomaly,
} from "../../pipeline/types.ts";

/** Builders of small telemetry for tests; every field can be overridden. */

export const minute = 60_000;
export const window: TimeWindow = { start: 1_700_000_000_000, end: 1_700_000_000_000 + 3 * minute };
export const referencePeriod: TimeWindow = {
  start: window.start - 60 * minute,
  end: window.start - 10 * minute,
};

/** Values one step apart, the first at `start`. */
export function samples(values: readonly number[], start: number, stepMs = minute): Samples {
  return { t: Float64Array.from(values, (_, index) => start + index * stepMs), v: Float64Array.from(values) };
}

export function series(options: {
  service: string;
  metric?: string;
  instance?: string | null;
  reference?: readonly number[];
  before?: readonly number[];
  window: readonly number[];
  unit?: string | null;
  class?: MetricSeries["class"];
}): MetricSeries {
  return {
    key: {
      service: options.service,
      instance: options.instance ?? null,
      metric: options.metric ?? "CpuUsageRate(%)",
    },
    unit: options.unit ?? null,
    class: options.class ?? "resource",
    stepMs: minute,
    reference: samples(options.reference ?? [], referencePeriod.start),
    before: samples(options.before ?? [], window.start - (options.before?.length ?? 0) * minute),
    window: samples(options.window, window.start),
  };
}

export function span(options: Partial<Span> & Pick<Span, "traceId" | "spanId" | "service">): Span {
  return {
    parentId: null,
    instance: `${options.service}-1`,
    operation: `GET /${options.service}`,
    start: window.start,
    durationMs: 10,
    status: "unset",
    ...options,
  };
}

export function line(options: Partial<LogLine> & Pick<LogLine, "service" | "body">): LogLine {
  return {
    t: window.start,
    instance: `${options.service}-1`,
    level: "INFO",
    traceId: null,
    spanId: null,
    ...options,
  };
}

export function slice(parts: {
  metrics?: readonly MetricSeries[];
  logs?: readonly LogLine[];
  referenceLogs?: readonly LogLine[];
  logsAreSampled?: boolean;
  spans?: readonly Span[];
  referenceSpans?: readonly Span[];
  services?: readonly string[];
  edges?: TelemetrySlice["topology"]["edges"];
}): TelemetrySlice {
  return {
    window,
    scope: { services: [] },
    referencePeriods: {
      metric: [referencePeriod],
      log: [referencePeriod],
      trace: [referencePeriod],
      from: "declared",
    },
    metrics: parts.metrics ?? [],
    logs: {
      window: parts.logs ?? [],
      reference: parts.referenceLogs ?? [],
      isSampled: parts.logsAreSampled ?? false,
    },
    traces: {
      window: assembleTraces(parts.spans ?? []),
      reference: assembleTraces(parts.referenceSpans ?? []),
    },
    topology: { services: parts.services ?? [], edges: parts.edges ?? [] },
    gaps: [],
  };
}

export function metricAnomaly(
  options: Partial<MetricAnomaly> & Pick<MetricAnomaly, "id" | "service">,
): MetricAnomaly {
  const instance = options.instance ?? null;
  return {
    modality: "metric",
    instance,
    start: window.start,
    end: window.start + minute,
    severity: 10,
    key: { service: options.service, instance, metric: "CpuUsageRate(%)" },
    unit: "%",
    class: "resource",
    direction: "up",
    peak: 100,
    previous: 5,
    mean: 5,
    std: 2,
    zPeak: 47.5,
    score: 23.75,
    scoreClipped: false,
    segment: [],
    detector: "three-sigma",
    ...options,
  };
}

export function logAnomaly(options: Partial<LogAnomaly> & Pick<LogAnomaly, "id" | "service">): LogAnomaly {
  return {
    modality: "log",
    kind: "new",
    instance: null,
    start: window.start,
    end: window.end,
    severity: 4,
    template: "panic: no reachable servers",
    expectedNext: null,
    calleeBefore: null,
    level: "ERROR",
    count: 40,
    expected: 0,
    examples: [],
    ...options,
  };
}

export function traceAnomaly(
  options: Partial<TraceAnomaly> & Pick<TraceAnomaly, "id" | "service">,
): TraceAnomaly {
  const traceIds = options.traceIds ?? ["t1"];
  return {
    modality: "trace",
    kind: "timeout",
    instance: null,
    start: window.start,
    end: window.end,
    severity: 4,
    traceId: traceIds[0] ?? "",
    traceIds,
    traceCount: traceIds.length,
    callPath: [options.service],
    added: [],
    removed: [],
    slowNodes: [],
    ...options,
  };
}

export function candidate(options: Partial<Candidate> & Pick<Candidate, "service" | "score">): Candidate {
  return {
    instance: null,
    metric: null,
    symptom: false,
    evidence: [],
    why: `${options.service} is suspected.`,
    ...options,
  };
}
