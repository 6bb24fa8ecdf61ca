import type { LogLine, Span } from "../../pipeline/types.ts";

const errorLevel = /^(err|fatal|crit|panic|sever|emerg|alert)/i;
const errorWord = /\b(panic|fatal|exception|traceback|error|failed)\b/i;
/** What differs between two lines of one statement: numbers and ids. */
const variablePart = /[0-9a-f]{8,}|\d+/gi;
const shapeLength = 80;

/** Keeps at most `limit` of what is added, evenly spread over the order of adding. */
export interface EvenSample<Item> {
  add(item: Item): void;
  readonly items: readonly Item[];
}

export function evenSample<Item>(limit: number): EvenSample<Item> {
  let stride = 1;
  let seen = 0;
  let items: Item[] = [];
  return {
    add(item) {
      if (seen++ % stride !== 0) return;
      items.push(item);
      if (items.length <= limit) return;
      items = items.filter((_, index) => index % 2 === 0);
      stride *= 2;
    },
    get items() {
      return items.slice(0, limit);
    },
  };
}

export interface LogCollector {
  add(line: LogLine): void;
  readonly seen: number;
  readonly lines: readonly LogLine[];
}

/**
 * Collects lines; beyond `limit` it keeps the first line of every statement (up to a quarter of the limit),
 * errors (up to half of it) and of the rest an even sample, so that at least half of it is used. Memory stays in proportion to
 * the limit.
 */
export function collectLogs(limit: number): LogCollector {
  const errors = evenSample<LogLine>(Math.floor(limit / 2));
  const rest = evenSample<LogLine>(limit);
  const firsts: LogLine[] = [];
  const shapes = new Set<string>();
  let all: LogLine[] = [];
  let seen = 0;
  const sort = (line: LogLine) => {
    if (firsts.length < limit / 4 - 1) {
      const shape = `${line.service} ${line.body
        .slice(0, shapeLength * 2)
        .replace(variablePart, "#")
        .slice(0, shapeLength)}`;
      if (!shapes.has(shape)) {
        shapes.add(shape);
        firsts.push(line);
        return;
      }
    }
    if (isError(line)) errors.add(line);
    else rest.add(line);
  };
  return {
    add(line) {
      seen++;
      if (seen <= limit) {
        all.push(line);
        return;
      }
      for (const earlier of all) sort(earlier);
      all = [];
      sort(line);
    },
    get seen() {
      return seen;
    },
    get lines() {
      if (seen <= limit) return all;
      const kept = [...firsts, ...errors.items];
      return [...kept, ...evenly(rest.items, limit - kept.length)];
    },
  };
}

/** At most `most` of the items, from all over. */
function evenly<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items;
  const every = items.length / Math.max(1, most);
  return items
    .filter((_, index) => Math.floor(index / every) !== Math.floor((index - 1) / every))
    .slice(0, most);
}

function isError(line: LogLine): boolean {
  return line.level === null ? errorWord.test(line.body) : errorLevel.test(line.level);
}

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
