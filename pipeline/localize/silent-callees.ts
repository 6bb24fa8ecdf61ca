import { startOf } from "../detect/event-sequences.ts";
import type { Span, TelemetrySlice, Trace } from "../types.ts";

/** A span is a call when nearly all of its operation hold one span of another service and nothing else. */
const callShare = 0.9;
const fewestCalls = 5;
/** A callee that answers fewer of all calls to it than this, where it normally answers nearly all, is silent. */
const silentShare = 0.5;
const answeringShare = 0.9;
/** Calls that reach nobody fail, or wait this many times as long; else only the callee's spans were lost. */
const slowFactor = 3;
const failedShare = 0.5;

/** A call, as `event-pairs` knows it: the caller and the event that its span begins with. */
export function callKey(caller: string, event: string): string {
  return `${caller}\n${event}`;
}

/**
 * Calls whose callee fell silent: it is in the traces of the reference period and hardly in those of the
 * window, whoever calls it, and the calls fail or hang. What breaks off then is not the caller's code.
 *
 * Shape:  `callKey` to the callee; empty without traces. A callee that still answers other callers is not
 *         silent: then it is the one caller, or the way between the two.
 */
export function silentCallees({ traces }: TelemetrySlice): Map<string, string> {
  const before = callsOf(traces.reference);
  const calleeOf = new Map<string, string>();
  for (const [key, calls] of before) {
    const callee = calls.answeredBy;
    if (callee === null || calls.spans.length < fewestCalls) continue;
    if (calls.answered >= callShare * calls.spans.length) calleeOf.set(key, callee);
  }
  const now = callsOf(traces.window);
  const silent = new Map<string, string>();
  for (const [key, callee] of calleeOf) {
    const keys = [...calleeOf].filter(([, other]) => other === callee).map(([one]) => one);
    if (answered(before, keys) < answeringShare || !(answered(now, keys) < silentShare)) continue;
    const unanswered = keys.flatMap((one) => now.get(one)?.unanswered ?? []);
    const usual = keys.flatMap((one) => before.get(one)?.spans ?? []);
    if (areInTrouble(unanswered, usual)) silent.set(key, callee);
  }
  return silent;
}

interface Calls {
  readonly spans: Span[];
  readonly unanswered: Span[];
  answered: number;
  /** The one service that answers; null when there are several, or a call does other things as well. */
  answeredBy: string | null;
}

/** Spans by caller and operation, as far as they hold one span of another service or nothing at all. */
function callsOf(traces: readonly Trace[]): Map<string, Calls> {
  const found = new Map<string, Calls>();
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
      const calls = known ?? { spans: [], unanswered: [], answered: 0, answeredBy: child?.service ?? null };
      if (known === undefined) found.set(key, calls);
      calls.spans.push(span);
      if (child === undefined) {
        calls.unanswered.push(span);
        return;
      }
      calls.answered++;
      calls.answeredBy ??= calls.answered === 1 ? child.service : null;
      if (others.length > 0 || child.service === span.service || child.service !== calls.answeredBy) {
        calls.answeredBy = null;
      }
    });
  }
  return found;
}

/** The share of these calls that were answered; NaN where there was none. */
function answered(calls: ReadonlyMap<string, Calls>, keys: readonly string[]): number {
  const sum = (count: (one: Calls) => number) =>
    keys.reduce((total, key) => {
      const one = calls.get(key);
      return one === undefined ? total : total + count(one);
    }, 0);
  return sum((one) => one.answered) / sum((one) => one.spans.length);
}

function areInTrouble(calls: readonly Span[], usual: readonly Span[]): boolean {
  const failed = calls.filter(({ status }) => status === "error").length;
  if (failed >= failedShare * calls.length) return true;
  return medianMs(calls) > slowFactor * medianMs(usual);
}

function medianMs(spans: readonly Span[]): number {
  const sorted = spans.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
