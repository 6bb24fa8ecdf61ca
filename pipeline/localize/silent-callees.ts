import { startOf } from "../detect/event-sequences.ts";
import type { Anomaly, MetricSeries, Span, TelemetrySlice, Trace } from "../types.ts";
import { fullStrength } from "./strength.ts";

/** A span is a call when nearly all of its operation hold one span of another service and nothing else. */
const callShare = 0.9;
const fewestCalls = 5;
/** A callee that answers fewer of all calls to it than this, where it normally answers nearly all, is silent. */
const silentShare = 0.5;
const answeringShare = 0.9;
/** One of so many samples at the end of the window is enough to say that somebody still measures. */
const lastSamples = 2;
/** Fewer unanswered calls than this speak less clearly. */
const certainCalls = 10;
/** So many of the unanswered calls, at either end, may be strays. */
const strayShare = 0.1;
/** Calls that reach nobody fail, or wait this many times as long; else only the callee's spans were lost. */
const slowFactor = 3;
const failedShare = 0.5;

export interface SilentCallee {
  readonly service: string;
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
  const calleeOf = new Map<string, string>();
  for (const [key, { answeredBy: callee, ...calls }] of before) {
    if (callee === null || calls.spans.length < fewestCalls) continue;
    if (answeredShare(calls) >= callShare) calleeOf.set(key, callee);
  }
  const now = callsOf(traces.window);
  const silent = new Map<string, SilentCallee>();
  for (const [key, callee] of calleeOf) {
    const keys = [...calleeOf].filter(([, other]) => other === callee).map(([one]) => one);
    const usual = callsTo(before, keys);
    const calls = callsTo(now, keys);
    const inStretch = answeredShare(inTrouble(calls));
    if (answeredShare(usual) < answeringShare || !(inStretch < silentShare)) continue;
    const areSlow = medianMs(calls.unanswered) > slowFactor * medianMs(usual.spans);
    if (!areSlow && !areFailing(calls.unanswered)) continue;
    // Refused at once by somebody who is well: the caller asks at the wrong place.
    if (!areSlow && isWell(callee, metrics, anomalies)) continue;
    const certainty = Math.min(1, calls.unanswered.length / certainCalls);
    silent.set(key, { service: callee, strength: fullStrength * certainty * Math.sqrt(1 - inStretch) });
  }
  return silent;
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

/** Its metrics go on, and nothing but the work it is given is unusual about them or its logs. */
function isWell(service: string, metrics: readonly MetricSeries[], anomalies: readonly Anomaly[]): boolean {
  const own = metrics.filter(({ key }) => key.service === service);
  if (!own.some(({ class: kind, window }) => kind === "resource" && endsWithSample(window.v))) return false;
  return !anomalies.some(
    (anomaly) =>
      anomaly.service === service &&
      ((anomaly.modality === "metric" && anomaly.class === "resource") ||
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
