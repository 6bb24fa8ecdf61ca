import { startOf } from "../detect/event-sequences.ts";
import type { Anomaly, MetricSeries, Span, TelemetrySlice, Trace } from "../types.ts";
import { fullStrength } from "./strength.ts";

/** A span is a call when nearly all of its operation hold one span of another service and nothing else. */
const callShare = 0.9;
const fewestCalls = 5;
/** A callee that answers fewer of all calls to it than this, where it normally answers nearly all, is silent. */
const silentShare = 0.5;
const answeringShare = 0.9;
/** Where one instance of several fell silent: so much of its usual share goes unanswered. */
const lostShare = 0.5;
/** One of so many samples at the end of the window is enough to say that somebody still measures. */
const lastSamples = 2;
/** Fewer unanswered calls than this speak less clearly. */
const certainCalls = 10;
/** So many of the unanswered calls, at either end, may be strays. */
const strayShare = 0.1;
/** Calls that reach nobody fail, or wait this many times as long; else only the callee's spans were lost. */
const slowFactor = 3;
const failedShare = 0.5;
/** Metrics that say whether a process is there. */
const processState = /^up$|restart/i;

export interface SilentCallee {
  readonly service: string;
  /** The one instance that fell silent, where the others still answer. */
  readonly instance: string | null;
  /** On the common scale, 0 to about 6: by how many calls went unanswered, and which share of them then. */
  readonly strength: number;
}

/** A call, as `event-pairs` knows it: the caller and the event that its span begins with. */
export function callKey(caller: string, event: string): string {
  return `${caller}\n${event}`;
}

/**
 * Calls whose callee fell silent: it is in the traces of the reference period and hardly in those of the
 * window, whoever calls it, and the calls fail or hang. What breaks off then is not the caller's code.
 *
 * Shape:  `callKey` to the callee; empty without traces. A callee that still answers other callers is not
 *         silent: then it is the one caller, or the way between the two. Nor is one that is well and
 *         refuses at once.
 */
export function silentCallees(
  { traces, metrics }: Pick<TelemetrySlice, "traces" | "metrics">,
  anomalies: readonly Anomaly[],
): Map<string, SilentCallee> {
  const before = callsOf(traces.reference);
  const calleeOf = usualCallees(before);
  const now = callsOf(traces.window);
  const instances = { usual: instancesOf(traces.reference), now: instancesOf(traces.window) };
  const silent = new Map<string, SilentCallee>();
  for (const [key, callee] of calleeOf) {
    const keys = [...calleeOf].filter(([, other]) => other === callee).map(([one]) => one);
    const usual = callsTo(before, keys);
    const calls = callsTo(now, keys);
    const inStretch = answeredShare(inTrouble(calls));
    if (answeredShare(usual) < answeringShare) continue;
    const lost = lostInstance(callee, instances);
    const isSilent = inStretch < (lost === null ? silentShare : 1 - lostShare * lost.share);
    if (!isSilent) continue;
    const areSlow = medianMs(calls.unanswered) > slowFactor * medianMs(usual.spans);
    if (!areSlow && !areFailing(calls.unanswered)) continue;
    // Refused at once by somebody who is well: the caller asks at the wrong place.
    if (!areSlow && isWell(callee, metrics, anomalies)) continue;
    const certainty = Math.min(1, calls.unanswered.length / certainCalls);
    silent.set(key, {
      service: callee,
      instance: lost?.instance ?? null,
      strength: fullStrength * certainty * Math.sqrt(1 - inStretch),
    });
  }
  return silent;
}

/**
 * Who is to blame for a failed call with nothing below it: the service that normally answers such calls,
 * unless it is well and refuses at once; null for what is no call.
 */
export function unansweredBlame(
  { traces, metrics }: Pick<TelemetrySlice, "traces" | "metrics">,
  anomalies: readonly Anomaly[],
): (span: Span) => string | null {
  const before = callsOf(traces.reference);
  const calleeOf = usualCallees(before);
  const usualMs = new Map([...calleeOf.keys()].map((key) => [key, medianMs(before.get(key)?.spans ?? [])]));
  const callees = [...new Set(calleeOf.values())];
  const well = new Set(callees.filter((callee) => isWell(callee, metrics, anomalies)));
  return (span) => {
    const key = callKey(span.service, startOf(span.operation));
    const callee = calleeOf.get(key);
    if (callee === undefined) return null;
    const isSlow = span.durationMs > slowFactor * (usualMs.get(key) ?? Number.NaN);
    return isSlow || !well.has(callee) ? callee : null;
  };
}

/** Calls that nearly always reach the same service: `callKey` to that service. */
export function answeredCalls(traces: readonly Trace[]): Map<string, string> {
  return usualCallees(callsOf(traces));
}

/** By `callKey`, the one service that nearly all calls of that kind reach. */
function usualCallees(calls: ReadonlyMap<string, OperationCalls>): Map<string, string> {
  const calleeOf = new Map<string, string>();
  for (const [key, { answeredBy: callee, ...found }] of calls) {
    if (callee === null || found.spans.length < fewestCalls) continue;
    if (answeredShare(found) >= callShare) calleeOf.set(key, callee);
  }
  return calleeOf;
}

interface LostInstance {
  readonly instance: string;
  /** Of the service's spans in normal times. */
  readonly share: number;
}

type SpanCounts = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** The one instance of a service that wrote spans before and none in the window, while others do; none where a new one took over. */
function lostInstance(
  service: string,
  { usual, now }: { readonly usual: SpanCounts; readonly now: SpanCounts },
): LostInstance | null {
  const before = usual.get(service) ?? new Map<string, number>();
  const after = now.get(service) ?? new Map<string, number>();
  if ([...after.keys()].some((instance) => !before.has(instance))) return null;
  const lost = [...before].filter(([instance]) => !after.has(instance));
  const [first] = lost;
  if (first === undefined || lost.length > 1) return null;
  const all = [...before.values()].reduce((sum, count) => sum + count, 0);
  return { instance: first[0], share: first[1] / all };
}

/** Spans by service and instance. */
function instancesOf(traces: readonly Trace[]): SpanCounts {
  const counts = new Map<string, Map<string, number>>();
  for (const { spans } of traces) {
    for (const { service, instance } of spans) {
      if (instance === null) continue;
      const known = counts.get(service) ?? new Map<string, number>();
      known.set(instance, (known.get(instance) ?? 0) + 1);
      counts.set(service, known);
    }
  }
  return counts;
}

interface Calls {
  readonly spans: readonly Span[];
  /** Those below which nothing is. */
  readonly unanswered: readonly Span[];
}

interface OperationCalls extends Calls {
  readonly spans: Span[];
  readonly unanswered: Span[];
  /** The one service that answers; null when there are several, or a call does other things as well. */
  answeredBy: string | null;
}

/** Spans by caller and operation, as far as they hold one span of another service or nothing at all. */
function callsOf(traces: readonly Trace[]): Map<string, OperationCalls> {
  const found = new Map<string, OperationCalls>();
  for (const { spans, parents } of traces) {
    const children = new Map<number, Span[]>();
    spans.forEach((span, index) => {
      const parent = parents[index] ?? -1;
      if (parent >= 0) children.set(parent, [...(children.get(parent) ?? []), span]);
    });
    spans.forEach((span, index) => {
      const [child, ...others] = children.get(index) ?? [];
      const key = callKey(span.service, startOf(span.operation));
      const known = found.get(key);
      const calls = known ?? { spans: [], unanswered: [], answeredBy: null };
      if (known === undefined) found.set(key, calls);
      calls.spans.push(span);
      if (child === undefined) {
        calls.unanswered.push(span);
        return;
      }
      if (calls.spans.length - calls.unanswered.length === 1) calls.answeredBy = child.service;
      if (others.length > 0 || child.service === span.service || child.service !== calls.answeredBy) {
        calls.answeredBy = null;
      }
    });
  }
  return found;
}

function callsTo(calls: ReadonlyMap<string, Calls>, keys: readonly string[]): Calls {
  return {
    spans: keys.flatMap((key) => calls.get(key)?.spans ?? []),
    unanswered: keys.flatMap((key) => calls.get(key)?.unanswered ?? []),
  };
}

/** NaN where there was no call. */
function answeredShare({ spans, unanswered }: Calls): number {
  return 1 - unanswered.length / spans.length;
}

/**
 * The calls of the stretch in which most of the unanswered ones lie: ten bad minutes of an hour must not be
 * outvoted by fifty good ones.
 */
function inTrouble({ spans, unanswered }: Calls): Calls {
  const starts = unanswered.map(({ start }) => start).sort((a, b) => a - b);
  const from = starts[Math.floor(strayShare * starts.length)] ?? Number.POSITIVE_INFINITY;
  const to = starts[Math.ceil((1 - strayShare) * starts.length) - 1] ?? Number.NEGATIVE_INFINITY;
  const isInside = ({ start }: Span) => start >= from && start <= to;
  return { spans: spans.filter(isInside), unanswered: unanswered.filter(isInside) };
}

function areFailing(calls: readonly Span[]): boolean {
  return calls.filter(({ status }) => status === "error").length >= failedShare * calls.length;
}

/**
 * Its metrics go on, none of its resources is used more than usual, it did not start over, and its logs say
 * nothing new. That it has less to do follows from calls that do not reach it.
 */
export function isWell(
  service: string,
  metrics: readonly MetricSeries[],
  anomalies: readonly Anomaly[],
): boolean {
  const own = metrics.filter(({ key }) => key.service === service);
  if (!own.some(({ class: kind, window }) => kind === "resource" && endsWithSample(window.v))) return false;
  return !anomalies.some(
    (anomaly) =>
      anomaly.service === service &&
      ((anomaly.modality === "metric" &&
        anomaly.class === "resource" &&
        (anomaly.direction === "up" || processState.test(anomaly.key.metric))) ||
        (anomaly.modality === "log" && anomaly.kind === "new")),
  );
}

function endsWithSample(values: Float64Array): boolean {
  return values.slice(-lastSamples).some(Number.isFinite);
}

function medianMs(spans: readonly Span[]): number {
  const sorted = spans.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
