import type { LogLine, Trace } from "../types.ts";
import { logLevel } from "./log-level.ts";

/** The event that closes every sequence. */
export const endOfSpan = "END";

/** What happened inside one span: its own start, then statements and child spans by time, then END. */
export interface SpanSequence {
  readonly traceIndex: number;
  readonly spanIndex: number;
  readonly events: readonly SpanEvent[];
}

export interface SpanEvent {
  readonly name: string;
  /** An error line: it is what follows a break, not what should follow a statement. */
  readonly isError: boolean;
}

/** Sequences of the spans of one operation of one service. */
export interface OperationSequences {
  readonly service: string;
  readonly operation: string;
  readonly sequences: SpanSequence[];
}

const codeLocation = /^([\w$.[\]/-]+)[#:]\d+\b/;
const longestName = 120;

/**
 * The statement of the code that wrote a line: the code location where the line begins with one
 * (`t.s.TravelServiceImpl#457`, `server.go:88`), else its words with everything that holds a digit
 * left out.
 */
export function statementOf(body: string): string {
  const location = codeLocation.exec(body);
  if (location !== null && /[A-Za-z]/.test(location[1] ?? "")) return location[0];
  const words = body.split(/\s+/).map((word) => (/\d/.test(word) ? "<*>" : word));
  return words.join(" ").slice(0, longestName);
}

/**
 * Lines up what happened inside each span, so that runs of the same operation can be compared.
 * Immediate repeats count once (a loop may run any number of times).
 *
 * Shape:  by service and operation, joined with a line feed.
 * Source: the event graph of Nezha (Yu et al., ESEC/FSE 2023, section 3.2), cut to one span.
 */
export function spanSequences(
  traces: readonly Trace[],
  lines: readonly LogLine[],
): Map<string, OperationSequences> {
  const linesBySpan = new Map<string, LogLine[]>();
  for (const line of lines) {
    if (line.traceId === null || line.spanId === null) continue;
    const id = `${line.traceId} ${line.spanId}`;
    const known = linesBySpan.get(id);
    if (known === undefined) linesBySpan.set(id, [line]);
    else known.push(line);
  }
  const result = new Map<string, OperationSequences>();
  traces.forEach((trace, traceIndex) => {
    const children = childrenOf(trace);
    trace.spans.forEach((span, spanIndex) => {
      const timed: { t: number; event: SpanEvent }[] = [];
      for (const child of children[spanIndex] ?? []) {
        const { start, operation } = trace.spans[child] ?? span;
        timed.push({ t: start, event: { name: startOf(operation), isError: false } });
      }
      for (const line of linesBySpan.get(`${span.traceId} ${span.spanId}`) ?? []) {
        const isError = isErrorLevel(line.level);
        timed.push({ t: line.t, event: { name: statementOf(line.body), isError } });
      }
      timed.sort((a, b) => a.t - b.t);
      const events: SpanEvent[] = [{ name: startOf(span.operation), isError: false }];
      for (const { event } of timed) {
        const last = events[events.length - 1];
        if (last?.name !== event.name || last.isError !== event.isError) events.push(event);
      }
      events.push({ name: endOfSpan, isError: false });
      const key = `${span.service}\n${span.operation}`;
      const known = result.get(key);
      const sequence = { traceIndex, spanIndex, events };
      if (known === undefined) {
        result.set(key, { service: span.service, operation: span.operation, sequences: [sequence] });
      } else known.sequences.push(sequence);
    });
  });
  return result;
}

/** Whether the source calls the line an error, in whatever words. */
export function isErrorLevel(level: string | null): boolean {
  const said = level === null ? "info" : logLevel(level, "");
  return said === "error" || said === "fatal";
}

/** The event of a span of this operation beginning. */
export function startOf(operation: string): string {
  return `${operation} start`;
}

/** Positions of each span's children, in the order of the spans. */
export function childrenOf(trace: Trace): number[][] {
  const children = trace.spans.map((): number[] => []);
  trace.parents.forEach((parent, index) => {
    if (parent >= 0) children[parent]?.push(index);
  });
  return children;
}
