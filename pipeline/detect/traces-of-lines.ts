import type { LogLine, Span, TelemetrySlice, Trace } from "../types.ts";
import { assembleTraces } from "./assemble-traces.ts";
import { isErrorLevel, startOf, statementOf } from "./event-sequences.ts";

/** A call as lines tell it: the callee's first statement, behind this word. */
const callWord = "call";
/** In the id of a call's span, behind the caller's. */
const callMark = " call ";
/** A service that fewer than this of the requests reach that usually do fell silent. */
const silentShare = 0.5;
/** A call begins after the line before it, also where clocks tick in milliseconds. */
const justAfterMs = 1e-3;

type Compared = Pick<TelemetrySlice, "traces" | "logs">;

/** What requests are read from: spans where both periods have some, else log lines that carry their ids. */
export interface Requests {
  readonly window: readonly Trace[];
  readonly reference: readonly Trace[];
  readonly from: "spans" | "lines";
}

/** What the lines of a question were read to: two detectors, a localizer and the gaps ask for the same. */
const alreadyRead = new WeakMap<Compared["logs"], Requests>();

/**
 * The requests of both periods. Traces of one period alone cannot be compared; lines that carry the ids
 * of a trace and a span still tell which service did what in which order.
 */
export function requestsOf({ traces, logs }: Compared): Requests {
  if (traces.window.length > 0 && traces.reference.length > 0) return { ...traces, from: "spans" };
  const read = alreadyRead.get(logs) ?? requestsOfLines(logs);
  alreadyRead.set(logs, read);
  return read.reference.length > 0 ? read : { ...traces, from: "spans" };
}

function requestsOfLines({ window, reference, isSampled }: Compared["logs"]): Requests {
  const now = isSampled ? [] : tracesOfLines(window);
  return { window: now, reference: now.length > 0 ? tracesOfLines(reference) : [], from: "lines" };
}

/**
 * Traces as far as log lines show them: a span from its first line to its last, its operation named after
 * its first statement that is no error, below the span that was open when it began. Between the caller's
 * lines before and after stands the call, as a client's span does in recorded traces.
 *
 * Shape:  empty where no line carries both ids. A span without a line is not there.
 * Units:  as exact as the times of the lines.
 * Throws: never.
 */
export function tracesOfLines(lines: readonly LogLine[]): Trace[] {
  const byTrace = new Map<string, Map<string, LogLine[]>>();
  for (const line of lines) {
    if (line.traceId === null || line.spanId === null) continue;
    const spans = byTrace.get(line.traceId) ?? new Map<string, LogLine[]>();
    byTrace.set(line.traceId, spans);
    const id = `${line.spanId} ${line.service}`;
    const known = spans.get(id);
    if (known === undefined) spans.set(id, [line]);
    else known.push(line);
  }
  return assembleTraces([...byTrace.values()].flatMap((spans) => spansOf([...spans.values()])));
}

/** A span with the times of its lines, ascending. */
interface LoggedSpan extends Span {
  readonly times: readonly number[];
  /** Times of those that are error lines. */
  readonly errorTimes: ReadonlySet<number>;
}

function spansOf(groups: readonly LogLine[][]): Span[] {
  const logged = groups.flatMap((lines) => loggedSpan(lines) ?? []);
  logged.sort((a, b) => a.start - b.start || b.durationMs - a.durationMs || (a.spanId < b.spanId ? -1 : 1));
  const spans: Span[] = [];
  const open: LoggedSpan[] = [];
  const below = new Map<LoggedSpan, LoggedSpan[]>();
  for (const span of logged) {
    for (let top = open.at(-1); top !== undefined && endOf(top) < span.start; top = open.at(-1)) open.pop();
    // Of calls made side by side, none is below another: who goes on after it is over is its caller.
    const caller = open.findLast((one) => endOf(one) >= endOf(span)) ?? open.at(-1);
    open.push(span);
    if (caller === undefined) spans.push(plain(span, null));
    else below.set(caller, [...(below.get(caller) ?? []), span]);
  }
  for (const [caller, children] of below) spans.push(...callsFrom(caller, children));
  return spans;
}

/**
 * What a span did below itself, each call to another service inside a span of the caller: from its last line
 * before to its first line after. What other calls did in between says nothing about this one.
 */
function callsFrom(caller: LoggedSpan, children: readonly LoggedSpan[]): Span[] {
  return children.flatMap((child, index) => {
    if (child.service === caller.service) return [plain(child, caller.spanId)];
    const from = Math.max(endBefore(children, index), caller.start);
    const until = children[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    const lineBefore = caller.times.findLast((t) => t <= child.start && t >= from) ?? child.start;
    const lineAfter = caller.times.find((t) => t >= endOf(child) && t <= until) ?? endOf(child);
    // What comes before an error line is whatever failed, and that may have written nothing.
    const end = caller.errorTimes.has(lineAfter) ? endOf(child) : lineAfter;
    const start = Math.min(child.start, lineBefore + justAfterMs);
    const call: Span = {
      ...plain(caller, caller.spanId),
      spanId: `${caller.spanId}${callMark}${index + 1}`,
      operation: `${callWord} ${child.operation}`,
      start,
      durationMs: end - start,
    };
    return [call, plain(child, call.spanId)];
  });
}

function endBefore(children: readonly LoggedSpan[], index: number): number {
  const before = children[index - 1];
  return before === undefined ? Number.NEGATIVE_INFINITY : endOf(before);
}

/** Services that far fewer requests reach than in the reference period. */
export function fallenSilent({ window, reference }: Requests): ReadonlySet<string> {
  const [usual, now] = [reachedShares(reference), reachedShares(window)];
  return new Set(
    [...usual].flatMap(([service, share]) =>
      (now.get(service) ?? 0) < silentShare * share ? [service] : [],
    ),
  );
}

/** By service, the share of the requests in which it wrote a line. */
function reachedShares(traces: readonly Trace[]): Map<string, number> {
  const shares = new Map<string, number>();
  for (const { spans } of traces) {
    const reached = new Set(
      spans.flatMap(({ service, spanId }) => (spanId.includes(callMark) ? [] : [service])),
    );
    for (const service of reached) shares.set(service, (shares.get(service) ?? 0) + 1 / traces.length);
  }
  return shares;
}

/** The callee's first statement, of the event with which a call to it begins. */
export function reachedBy(event: string): string {
  const end = startOf("");
  const call = event.endsWith(end) ? event.slice(0, -end.length) : event;
  return call.startsWith(`${callWord} `) ? call.slice(callWord.length + 1) : call;
}

function loggedSpan(lines: readonly LogLine[]): LoggedSpan | null {
  const sorted = [...lines].sort((a, b) => a.t - b.t);
  const [first] = sorted;
  const last = sorted.at(-1);
  if (first === undefined || last === undefined || first.traceId === null || first.spanId === null)
    return null;
  const named = sorted.find(({ level }) => !isErrorLevel(level)) ?? first;
  return {
    traceId: first.traceId,
    spanId: first.spanId,
    parentId: null,
    service: first.service,
    instance: first.instance,
    operation: statementOf(named.body),
    start: first.t,
    durationMs: last.t - first.t,
    status: "unset",
    times: sorted.map(({ t }) => t),
    errorTimes: new Set(sorted.flatMap(({ t, level }) => (isErrorLevel(level) ? [t] : []))),
  };
}

function plain({ times: _times, errorTimes: _errors, ...span }: LoggedSpan, parentId: string | null): Span {
  return { ...span, parentId };
}

function endOf({ start, durationMs }: Span): number {
  return start + durationMs;
}
