import type { Span } from "../../pipeline/types.ts";

interface TraceSummary {
  spans: number;
  error: boolean;
  start: number;
}

export interface SpanCollector {
  add(span: Span): void;
  readonly seen: number;
  /** Null when there were too many: then read again with `chosen`. */
  readonly spans: readonly Span[] | null;
  /** Traces of together at most `limit` spans: those with errors, the first of each operation, an even sample. */
  chosen(): ReadonlySet<string>;
  readonly traces: number;
}

/** Collects spans; beyond `limit` it only remembers which traces there are, to choose whole ones. */
export function collectSpans(limit: number): SpanCollector {
  const summaries = new Map<string, TraceSummary>();
  const firsts = new Map<string, { start: number; traceId: string }>();
  let all: Span[] = [];
  let seen = 0;
  const summarize = (span: Span) => {
    const known = summaries.get(span.traceId);
    const error = span.status === "error";
    if (known === undefined) summaries.set(span.traceId, { spans: 1, error, start: span.start });
    else {
      known.spans++;
      known.error ||= error;
      known.start = Math.min(known.start, span.start);
    }
    const operation = `${span.service}\u0000${span.operation}`;
    const first = firsts.get(operation);
    if (first === undefined || span.start < first.start) {
      firsts.set(operation, { start: span.start, traceId: span.traceId });
    }
  };
  return {
    add(span) {
      seen++;
      if (seen <= limit) {
        all.push(span);
        return;
      }
      for (const earlier of all) summarize(earlier);
      all = [];
      summarize(span);
    },
    get seen() {
      return seen;
    },
    get spans() {
      return seen <= limit ? all : null;
    },
    get traces() {
      return summaries.size;
    },
    chosen: () =>
      chooseTraces(
        summaries,
        [...firsts.values()].map(({ traceId }) => traceId),
        limit,
      ),
  };
}

function chooseTraces(
  summaries: ReadonlyMap<string, TraceSummary>,
  firsts: readonly string[],
  limit: number,
): ReadonlySet<string> {
  const chosen = new Set<string>();
  let left = limit;
  const take = (traceIds: readonly string[], budget: number) => {
    const spans = traceIds.reduce((sum, id) => sum + (summaries.get(id)?.spans ?? 0), 0);
    const every = Math.max(1, spans / Math.max(1, budget));
    for (let at = 0; at < traceIds.length; at += every) {
      const id = traceIds[Math.floor(at)];
      const size = summaries.get(id ?? "")?.spans;
      if (id === undefined || size === undefined || size > left || chosen.has(id)) continue;
      chosen.add(id);
      left -= size;
    }
  };
  const byStart = [...summaries].sort(([, a], [, b]) => a.start - b.start);
  const ids = (error: boolean) => byStart.filter(([, trace]) => trace.error === error).map(([id]) => id);
  take(firsts, limit);
  take(ids(true), Math.min(left, limit / 2));
  take(ids(false), left);
  return chosen;
}
