import type { AnomalyDetector } from "../ports.ts";
import { quantileOfSorted, robustSpread, sorted } from "../statistics/quantiles.ts";
import type { MetricAnomaly, TelemetrySlice, TimeWindow, Trace } from "../types.ts";
import { requestsOf } from "./traces-of-lines.ts";

/** Metric names of what is derived from spans; the first is Nezha's (Yu et al., ESEC/FSE 2023). */
export const networkDelay = "NetworkP90(ms)";
export const outgoingDelay = "OutgoingGapP90(ms)";
export const selfTime = "SelfTimeP90(ms)";

const fewestCalls = 5;
const smallestShiftMs = 20;
const smallestSpreadMs = 5;
const spreadShare = 0.25;
/** With fewer clearly slow calls than this, a shift counts in proportion: one slow call is no pattern. */
const enoughSlowCalls = 5;
const shiftedEdge = 3;
const referenceBuckets = 10;
const windowBuckets = 20;

/**
 * Finds services that calls reach late or that keep their callers waiting themselves: metrics that no
 * exporter gives, derived from parent and child spans.
 *
 * - `NetworkP90(ms)` of a service: 90th percentile of (parent end - span end) over calls from other
 *   services: the way there and back.
 * - `OutgoingGapP90(ms)`: the same gaps, laid to the caller where most of what it calls is late and
 *   the callees are not late for anybody else.
 * - `SelfTimeP90(ms)` of a service: the span's time less its children's. Left out are client spans, and
 *   spans that outlast their period: what they called after its end was not read.
 *
 * Shape:  at most one anomaly per service and metric.
 * Units:  milliseconds; `std` is the robust spread of the reference, at least a quarter of its 90th
 *         percentile and 5 ms; `mean` is the reference's 90th percentile. Moves under 20 ms are none.
 * Throws: never. Without reference traces, or with fewer than 5 calls on either side, finds nothing.
 * Source: the definition of NetworkP90 is Nezha's; the comparison, the second gap (parent duration -
 *         span duration, immune to clock skew) and the laying of blame are ours.
 */
export const callDelays = {
  name: "call-delays",
  modality: "trace",
  detect(slice: TelemetrySlice): MetricAnomaly[] {
    const requests = requestsOf(slice);
    const reference = timesOf(requests.reference, slice.referencePeriods.trace);
    const window = timesOf(requests.window, [slice.window]);
    const network = networkAnomalies(reference, window, slice);
    // Lines do not tell a service's own time from that of what it calls and that writes none.
    return requests.from === "lines" ? network : [...network, ...selfTimeAnomalies(reference, window, slice)];
  },
} as const satisfies AnomalyDetector;

/** One measured call or span. `delay`: by the ends; `gap`: by the durations (Infinity-free, both ms). */
interface Call {
  readonly at: number;
  readonly instance: string | null;
  readonly delay: number;
  readonly gap: number;
}

interface Times {
  /** Calls by caller, then callee. */
  readonly edges: Map<string, Map<string, Call[]>>;
  /** Self times by service, then operation. */
  readonly self: Map<string, Map<string, Call[]>>;
}

function timesOf(traces: readonly Trace[], periods: readonly TimeWindow[]): Times {
  const edges = new Map<string, Map<string, Call[]>>();
  const self = new Map<string, Map<string, Call[]>>();
  for (const { spans, parents, start } of traces) {
    const until = periods.find((period) => start >= period.start && start < period.end)?.end;
    const childrenMs = new Float64Array(spans.length);
    const isClient = new Uint8Array(spans.length);
    for (let i = 0; i < spans.length; i++) {
      const span = spans[i];
      const parentIndex = parents[i] ?? -1;
      const parent = spans[parentIndex];
      if (span === undefined || parent === undefined) continue;
      childrenMs[parentIndex] = (childrenMs[parentIndex] ?? 0) + span.durationMs;
      if (parent.service === span.service && parent.instance === span.instance) continue;
      isClient[parentIndex] = 1;
      if (parent.service === span.service) continue;
      listIn(edges, parent.service, span.service).push({
        at: span.start,
        instance: span.instance,
        delay: parent.start + parent.durationMs - (span.start + span.durationMs),
        gap: parent.durationMs - span.durationMs,
      });
    }
    for (let i = 0; i < spans.length; i++) {
      const span = spans[i];
      if (span === undefined || isClient[i] === 1) continue;
      if (until !== undefined && span.start + span.durationMs > until) continue;
      const own = Math.max(0, span.durationMs - (childrenMs[i] ?? 0));
      listIn(self, span.service, span.operation).push({
        at: span.start,
        instance: span.instance,
        delay: own,
        gap: own,
      });
    }
  }
  return { edges, self };
}

function networkAnomalies(reference: Times, window: Times, slice: TelemetrySlice): MetricAnomaly[] {
  const normalByCallee = byCallee(reference.edges);
  const moves: Move[] = [];
  const pooled = new Map<string, Normal>();
  for (const [caller, callees] of window.edges) {
    for (const [callee, calls] of callees) {
      const own = reference.edges.get(caller)?.get(callee) ?? [];
      const all = normalByCallee.get(callee) ?? [];
      if (all.length === 0) continue;
      // Sorted once per callee: a service may have thousands of callers that hardly ever call it.
      const normal = own.length >= fewestCalls ? normalOf(own) : (pooled.get(callee) ?? normalOf(all));
      if (own.length < fewestCalls) pooled.set(callee, normal);
      moves.push({ caller, callee, z: shift(normal, calls).z, calls: calls.length });
    }
  }
  const counted = moves.filter(({ calls }) => calls >= fewestCalls);
  const outgoing = latenessBy(counted, ({ caller }) => caller);
  const incoming = latenessBy(counted, ({ callee }) => callee);
  const anomalies: MetricAnomaly[] = [];
  const stalled = new Map<string, Call[]>();
  const blamed = new Map<string, Set<string>>();
  for (const { caller, callee, z } of moves) {
    if (z >= shiftedEdge && (outgoing.get(caller) ?? 0) > (incoming.get(callee) ?? 0)) {
      const calls = stalled.get(caller) ?? [];
      for (const call of window.edges.get(caller)?.get(callee) ?? []) calls.push(call);
      stalled.set(caller, calls);
    } else {
      blamed.set(callee, (blamed.get(callee) ?? new Set()).add(caller));
    }
  }
  for (const [callee, callers] of blamed) {
    const normal = normalByCallee.get(callee) ?? [];
    const calls = [...callers].flatMap((caller) => window.edges.get(caller)?.get(callee) ?? []);
    const anomaly = anomalyOf(callee, networkDelay, normal, calls, slice);
    if (anomaly !== null) anomalies.push(anomaly);
  }
  for (const [caller, calls] of stalled) {
    const normal = [...(reference.edges.get(caller)?.values() ?? [])].flat();
    const anomaly = anomalyOf(caller, outgoingDelay, normal, withoutInstance(calls), slice);
    if (anomaly !== null) anomalies.push(anomaly);
  }
  return anomalies;
}

function selfTimeAnomalies(reference: Times, window: Times, slice: TelemetrySlice): MetricAnomaly[] {
  const anomalies: MetricAnomaly[] = [];
  for (const [service, operations] of window.self) {
    let worst: MetricAnomaly | null = null;
    for (const [operation, calls] of operations) {
      const normal = reference.self.get(service)?.get(operation) ?? [];
      const anomaly = anomalyOf(service, selfTime, normal, calls, slice);
      if (anomaly !== null && anomaly.zPeak > (worst?.zPeak ?? 0)) worst = anomaly;
    }
    if (worst !== null) anomalies.push(worst);
  }
  return anomalies;
}

/** How far the calls of one edge moved, and how many there are. */
interface Move {
  readonly caller: string;
  readonly callee: string;
  readonly z: number;
  readonly calls: number;
}

/** Late edges, squared, over all edges: many late out of few weighs more than one late out of many. */
function latenessBy(moves: readonly Move[], nameOf: (move: Move) => string): Map<string, number> {
  const edges = new Map<string, { late: number; all: number }>();
  for (const move of moves) {
    const counts = edges.get(nameOf(move)) ?? { late: 0, all: 0 };
    if (move.z >= shiftedEdge) counts.late++;
    counts.all++;
    edges.set(nameOf(move), counts);
  }
  return new Map([...edges].map(([service, { late, all }]) => [service, (late * late) / all]));
}

/** Both definitions of the gap, ascending. */
interface Normal {
  readonly delays: Float64Array;
  readonly gaps: Float64Array;
}

function normalOf(calls: readonly Call[]): Normal {
  return { delays: sorted(calls.map(({ delay }) => delay)), gaps: sorted(calls.map(({ gap }) => gap)) };
}

interface Shift {
  /** In spreads of the reference; both definitions of the gap must agree, the smaller one counts. */
  readonly z: number;
  readonly usual: number;
  readonly now: number;
  readonly spread: number;
}

function shift(normal: Normal, calls: readonly Call[]): Shift {
  const now = normalOf(calls);
  const byEnd = shiftOf(normal.delays, now.delays);
  const byDuration = shiftOf(normal.gaps, now.gaps);
  return byDuration.z < byEnd.z ? { ...byEnd, z: byDuration.z } : byEnd;
}

function shiftOf(normal: Float64Array, now: Float64Array): Shift {
  const usual = quantileOfSorted(normal, 0.9);
  const present = quantileOfSorted(now, 0.9);
  const spread = Math.max(robustSpread(normal), spreadShare * Math.abs(usual), smallestSpreadMs);
  const none = { z: 0, usual, now: present, spread };
  if (normal.length < fewestCalls || now.length < fewestCalls) return none;
  const move = present - usual;
  if (!(move >= smallestShiftMs)) return none;
  const slow = now.filter((delay) => delay > (usual + present) / 2).length;
  const support = Math.min(1, slow / enoughSlowCalls);
  return { ...none, z: (support * move) / spread };
}

function anomalyOf(
  service: string,
  metric: string,
  normal: readonly Call[],
  calls: readonly Call[],
  slice: TelemetrySlice,
): MetricAnomaly | null {
  const { z, usual, now, spread } = shift(normalOf(normal), calls);
  if (z < shiftedEdge) return null;
  const late = calls.filter(({ delay }) => delay > usual + shiftedEdge * spread);
  if (late.length === 0) return null;
  const instance = commonest(late);
  return {
    id: "",
    modality: "metric",
    service,
    instance,
    start: late.reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY),
    end: late.reduce((last, { at }) => Math.max(last, at), Number.NEGATIVE_INFINITY),
    severity: z,
    key: { service, instance, metric },
    unit: "ms",
    class: "resource",
    direction: "up",
    peak: now,
    previous: usual,
    mean: usual,
    std: spread,
    zPeak: z,
    score: Math.min(99.99, Math.round(z * 50) / 100),
    scoreClipped: z / 2 > 99.99,
    segment: [
      ...bucketed(normal, referenceBuckets),
      ...bucketed(calls, windowBuckets, slice.window.start, slice.window.end),
    ],
    detector: "call-delays",
  };
}

/** 90th percentile of the delays per stretch of time; NaN where there was no call. */
function bucketed(calls: readonly Call[], buckets: number, from?: number, to?: number): number[] {
  const start = from ?? calls.reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY);
  const end = to ?? calls.reduce((last, { at }) => Math.max(last, at), Number.NEGATIVE_INFINITY) + 1;
  const inBucket = Array.from({ length: buckets }, (): number[] => []);
  for (const { at, delay } of calls) {
    inBucket[Math.min(buckets - 1, Math.floor(((at - start) / (end - start)) * buckets))]?.push(delay);
  }
  return inBucket.map((delays) => quantileOfSorted(sorted(delays), 0.9));
}

function commonest(calls: readonly Call[]): string | null {
  const counts = new Map<string | null, number>();
  for (const { instance } of calls) counts.set(instance, (counts.get(instance) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (String(a[0]) < String(b[0]) ? -1 : 1))[0]?.[0] ?? null;
}

/** A caller's own instance is not in its callees' spans. */
function withoutInstance(calls: readonly Call[]): Call[] {
  return calls.map((call) => ({ ...call, instance: null }));
}

function byCallee(edges: Times["edges"]): Map<string, Call[]> {
  const result = new Map<string, Call[]>();
  for (const callees of edges.values()) {
    for (const [callee, calls] of callees) {
      const known = result.get(callee);
      if (known === undefined) result.set(callee, [...calls]);
      else for (const call of calls) known.push(call);
    }
  }
  return result;
}

function listIn(map: Map<string, Map<string, Call[]>>, outer: string, inner: string): Call[] {
  let lists = map.get(outer);
  if (lists === undefined) {
    lists = new Map();
    map.set(outer, lists);
  }
  let list = lists.get(inner);
  if (list === undefined) {
    list = [];
    lists.set(inner, list);
  }
  return list;
}
