import type { LogLine, MetricSeries, Span, TelemetrySlice } from "../../../../pipeline/types.ts";

const window = { start: 1_000_000, end: 2_000_000 };
const reference = [{ start: 0, end: 900_000 }];

/** A slice with nothing in it but what is given; window [1000 s, 2000 s), reference [0, 900 s). */
export function sliceOf(parts: Partial<TelemetrySlice>): TelemetrySlice {
  return {
    window,
    scope: { services: [] },
    referencePeriods: { metric: reference, log: reference, trace: reference, from: "declared" },
    metrics: [],
    logs: { reference: [], window: [], isSampled: false },
    traces: { reference: [], window: [] },
    topology: { services: [], edges: [] },
    gaps: [],
    ...parts,
  };
}

export function span(
  spanId: string,
  parentId: string | null,
  service: string,
  more: Partial<Span> = {},
): Span {
  return {
    traceId: "t",
    spanId,
    parentId,
    service,
    instance: `${service}-0`,
    operation: `${service} op`,
    start: 1_000_000,
    durationMs: 10,
    status: "ok",
    ...more,
  };
}

/** A series on a 60 s grid. */
export function seriesOf(
  reference: readonly number[],
  inWindow: readonly number[],
  more: Partial<MetricSeries> = {},
): MetricSeries {
  const stepMs = 60_000;
  const grid = (values: readonly number[], from: number) => ({
    t: Float64Array.from(values, (_, index) => from + index * stepMs),
    v: Float64Array.from(values),
  });
  return {
    key: { service: "geo", instance: "geo-0", metric: "cpu" },
    unit: null,
    class: "resource",
    stepMs,
    reference: grid(reference, 0),
    before: grid([], 0),
    window: grid(inWindow, 10_000_000),
    ...more,
  };
}

export function line(body: string, more: Partial<LogLine> = {}): LogLine {
  return {
    t: 1_000_000,
    service: "geo",
    instance: "geo-0",
    level: null,
    body,
    traceId: null,
    spanId: null,
    ...more,
  };
}

/** Numbers in [0, 1) that only depend on the seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
