import type { Fetched } from "../../pipeline/ports.ts";
import type { Gap, LogLine, Span } from "../../pipeline/types.ts";
import type { LogCollector, ThinnedService } from "./collect-logs.ts";
import { collectSpans } from "./collect-spans.ts";

/** Exports overlap, by up to a third; only beyond this share is it worth a word. */
const repeatedShare = 0.5;

/** Collected lines by time, each once; the gaps say what was left out. */
export function gatheredLogs(from: string, collector: LogCollector): Fetched<LogLine> {
  const lines = [...collector.lines].sort((a, b) => a.t - b.t);
  const unique = withoutRepeats(lines, ({ t }) => t, lineKey);
  const kept = truncated(from, "log lines", collector.seen, lines.length, perService(collector.thinned));
  return {
    items: unique,
    gaps: [...kept, ...repeated(from, "log lines", lines.length, unique.length)],
  };
}

/** Services named in a gap; the others are counted. */
const servicesNamed = 3;

/** "frontend 200,000 of 1,800,000, and 4 others in part": of whom lines are missing, most first. */
export function perService(thinned: readonly ThinnedService[]): string {
  const named = thinned
    .slice(0, servicesNamed)
    .map(({ service, kept, seen }) => `${service} ${number(kept)} of ${number(seen)}`);
  const others = thinned.length - named.length;
  return [...named, ...(others === 0 ? [] : [`${number(others)} others in part`])].join(", ");
}

/**
 * Spans by start, each once. `read` gives every span there is; where those are more than `limit`, it is
 * asked again, so that whole traces can be kept without holding all of them.
 */
export async function gatherSpans(
  from: string,
  limit: number,
  read: (begin: () => void, add: (span: Span) => void) => Promise<readonly Gap[]>,
): Promise<Fetched<Span>> {
  let collector = collectSpans(limit);
  const gaps = await read(
    () => {
      collector = collectSpans(limit);
    },
    (span) => collector.add(span),
  );
  let spans = collector.spans;
  const notes: Gap[] = [];
  if (spans === null) {
    const chosen = collector.chosen();
    const kept: Span[] = [];
    const begin = () => {
      kept.length = 0;
    };
    const add = (span: Span) => {
      if (chosen.has(span.traceId)) kept.push(span);
    };
    await read(begin, add);
    spans = kept;
    const how = `${number(chosen.size)} of ${number(collector.traces)} traces, whole`;
    notes.push(...truncated(from, "spans", collector.seen, kept.length, how));
  }
  const sorted = [...spans].sort((a, b) => a.start - b.start);
  const unique = withoutRepeats(sorted, ({ start }) => start, spanKey);
  return {
    items: unique,
    gaps: [...gaps, ...notes, ...repeated(from, "spans", sorted.length, unique.length)],
  };
}

function lineKey({ body, service, instance, traceId, spanId }: LogLine): string {
  return [service, instance, traceId, spanId, body].join("\u0000");
}

function spanKey({ traceId, spanId, service, operation }: Span): string {
  return [traceId, spanId, service, operation].join("\u0000");
}

/** Repeated items have the same time: only among those are keys made and compared. */
function withoutRepeats<Item>(
  sorted: readonly Item[],
  timeOf: (item: Item) => number,
  keyOf: (item: Item) => string,
): Item[] {
  const unique: Item[] = [];
  let tied: Set<string> | null = null;
  for (const item of sorted) {
    const last = unique[unique.length - 1];
    if (last === undefined || timeOf(last) !== timeOf(item)) {
      tied = null;
      unique.push(item);
      continue;
    }
    tied ??= new Set([keyOf(last)]);
    const key = keyOf(item);
    if (tied.has(key)) continue;
    tied.add(key);
    unique.push(item);
  }
  return unique;
}

export function truncated(from: string, noun: string, seen: number, kept: number, how?: string): Gap[] {
  if (kept >= seen) return [];
  const detail = `Of ${number(seen)} ${noun} ${number(kept)} were read${how === undefined ? "" : ` (${how})`}: the others are beyond the limit of one question.`;
  return [{ from, reason: "truncated", detail }];
}

function repeated(from: string, noun: string, all: number, unique: number): Gap[] {
  if (all - unique <= all * repeatedShare) return [];
  const detail = `${number(all - unique)} of ${number(all)} ${noun} were there more than once and are counted once.`;
  return [{ from, reason: "broken-rows", detail }];
}

function number(value: number): string {
  return value.toLocaleString("en");
}
