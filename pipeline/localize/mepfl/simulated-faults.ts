import type { Random } from "../../learn/xoshiro.ts";
import type { Span, Trace } from "../../types.ts";

export const simulatedKinds = ["latency", "network", "error", "crash"] as const;
export type SimulatedKind = (typeof simulatedKinds)[number];

const leastFactor = 3;
const mostFactor = 30;
/** Own work below this is measured too coarsely to be multiplied. */
const leastOwnMs = 5;
const propagates = 0.7;

/**
 * A normal trace as it would have been with a fault in `service`: slower work, slower calls to it, an error
 * with an early return, or the service gone. Delays reach every caller that waits.
 *
 * Shape:  null where the service is not in the trace, or is its root and would be gone altogether. Errors
 *         are only marked where `marksErrors`: many systems record no status.
 */
export function withFault(
  trace: Trace,
  service: string,
  kind: SimulatedKind,
  marksErrors: boolean,
  random: Random,
): Trace | null {
  const { spans, parents } = trace;
  const entries = spans.flatMap((span, at) =>
    span.service === service && spans[parents[at] ?? -1]?.service !== service ? [at] : [],
  );
  const entry = entries[Math.min(entries.length - 1, Math.floor(random() * entries.length))];
  if (entry === undefined) return null;
  const caller = parents[entry] ?? -1;
  switch (kind) {
    case "latency":
      return slower(trace, entry, entry, ownMs(trace, entry), random);
    case "network":
      return caller < 0 ? null : slower(trace, entry, caller, spans[entry]?.durationMs ?? 0, random);
    case "error": {
      // It returns before it has called what it usually calls.
      const cut = without(trace, childrenOf(trace, entry));
      return marksErrors ? failing(cut, spans[entry]?.spanId ?? "", random) : cut;
    }
    case "crash": {
      if (caller < 0) return null;
      const cut = without(trace, [entry]);
      return marksErrors ? failing(cut, spans[caller]?.spanId ?? "", random) : cut;
    }
  }
}

/** Adds a delay to span `from` and all above it; spans that began after `entry` ended begin later. */
function slower(trace: Trace, entry: number, from: number, usualMs: number, random: Random): Trace {
  const { spans, parents } = trace;
  const factor = leastFactor * (mostFactor / leastFactor) ** random();
  const delayMs = Math.max(usualMs, leastOwnMs) * (factor - 1);
  const end = endOf(spans[entry]);
  const delayed = new Set<number>();
  for (let at = from; at >= 0 && !delayed.has(at); at = parents[at] ?? -1) {
    delayed.add(at);
    const above = spans[parents[at] ?? -1];
    // One that does not wait for the other is not held up.
    if (above !== undefined && endOf(above) < endOf(spans[at])) break;
  }
  return {
    ...trace,
    end: trace.end + delayMs,
    spans: spans.map((span, at) => {
      if (delayed.has(at)) return { ...span, durationMs: span.durationMs + delayMs };
      return span.start >= end ? { ...span, start: span.start + delayMs } : span;
    }),
  };
}

function without(trace: Trace, gone: readonly number[]): Trace {
  const { spans, parents } = trace;
  const lost = new Set(gone);
  const isLost = (at: number) => {
    for (let up = at, steps = 0; up >= 0 && steps <= spans.length; up = parents[up] ?? -1, steps++) {
      if (lost.has(up)) return true;
    }
    return false;
  };
  const kept = spans.flatMap((_, at) => (isLost(at) ? [] : [at]));
  const place = new Map(kept.map((at, index) => [at, index]));
  return {
    ...trace,
    spans: kept.flatMap((at) => spans[at] ?? []),
    parents: Int32Array.from(kept, (at) => place.get(parents[at] ?? -1) ?? -1),
  };
}

/** Marks the span as failed, and its callers as far up as the failure gets. */
function failing(trace: Trace, spanId: string, random: Random): Trace {
  const failed = new Set<number>();
  let at = trace.spans.findIndex((span) => span.spanId === spanId);
  while (at >= 0 && !failed.has(at)) {
    failed.add(at);
    if (random() > propagates) break;
    at = trace.parents[at] ?? -1;
  }
  return {
    ...trace,
    spans: trace.spans.map((span, index): Span => (failed.has(index) ? { ...span, status: "error" } : span)),
  };
}

function childrenOf({ parents }: Trace, at: number): number[] {
  return [...parents.keys()].filter((child) => parents[child] === at);
}

function ownMs(trace: Trace, at: number): number {
  const called = childrenOf(trace, at).reduce((sum, child) => sum + (trace.spans[child]?.durationMs ?? 0), 0);
  return Math.max(0, (trace.spans[at]?.durationMs ?? 0) - called);
}

function endOf(span: Span | undefined): number {
  return (span?.start ?? 0) + (span?.durationMs ?? 0);
}
