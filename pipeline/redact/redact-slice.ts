import type { Gap, LogLine, TelemetrySlice, Trace } from "../types.ts";
import type { Redactor } from "./redactor.ts";

/**
 * The slice without secrets, as the last thing Filter 1 does: whatever reads telemetry afterwards, be it a
 * template, a prompt or an answer, cannot show what it never had.
 *
 * Shape:  lines and spans without a secret are the very same objects; order, times and counts are kept.
 */
export function redactSlice(slice: TelemetrySlice, { redact }: Redactor): TelemetrySlice {
  const { logs, traces } = slice;
  // Operations are few and spans are many.
  const operations = new Map<string, string>();
  const operation = (text: string) => {
    const known = operations.get(text);
    if (known !== undefined) return known;
    const redacted = redact(text);
    operations.set(text, redacted);
    return redacted;
  };
  return {
    ...slice,
    logs: { ...logs, window: logs.window.map(line(redact)), reference: logs.reference.map(line(redact)) },
    traces: {
      window: traces.window.map((one) => trace(one, operation)),
      reference: traces.reference.map((one) => trace(one, operation)),
    },
    gaps: slice.gaps.map((gap): Gap => ({ ...gap, detail: redact(gap.detail) })),
  };
}

function line(redact: (text: string) => string): (line: LogLine) => LogLine {
  return (one) => {
    const body = redact(one.body);
    return body === one.body ? one : { ...one, body };
  };
}

function trace(one: Trace, operation: (text: string) => string): Trace {
  if (one.spans.every((span) => operation(span.operation) === span.operation)) return one;
  return { ...one, spans: one.spans.map((span) => ({ ...span, operation: operation(span.operation) })) };
}
