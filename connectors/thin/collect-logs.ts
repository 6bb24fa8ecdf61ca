import type { LogLine } from "../../pipeline/types.ts";
import { type EvenSample, evenly, evenSample } from "./even-sample.ts";
import { fairShare } from "./fair-share.ts";

const errorLevel = /^(err|fatal|crit|panic|sever|emerg|alert)/i;
const errorWord = /\b(panic|fatal|exception|traceback|error|failed)\b/i;
/** What differs between two lines of one statement: numbers and ids. */
const variablePart = /[0-9a-f]{8,}|\d+/gi;
const shapeLength = 80;
const errorShare = 0.5;
const firstShare = 0.25;
/** Between the limit and this many times as much, what is kept is not thinned yet. */
const slack = 2;

/** Of one service: how many lines there were, and how many are kept. */
export interface ThinnedService {
  readonly service: string;
  readonly seen: number;
  readonly kept: number;
}

export interface LogCollector {
  add(line: LogLine): void;
  readonly seen: number;
  readonly lines: readonly LogLine[];
  /** The services of which not all lines are kept, those that lost most first. */
  readonly thinned: readonly ThinnedService[];
}

/** The lines of one service, beyond the limit. */
interface Kept {
  seen: number;
  readonly shapes: Set<string>;
  firsts: LogLine[];
  readonly errors: EvenSample<LogLine>;
  readonly rest: EvenSample<LogLine>;
}

/**
 * Collects lines; beyond `limit` every service has the same share of it, and what a quiet one leaves goes to
 * the others. Of a share the first line of every statement has up to a quarter, errors up to half (more where
 * there is nothing else), and the rest is an even sample. Memory stays in proportion to the limit.
 */
export function collectLogs(limit: number): LogCollector {
  const services = new Map<string, Kept>();
  let all: LogLine[] = [];
  let seen = 0;
  let share = limit;
  let untilThinned = limit;

  const sort = (line: LogLine) => {
    const kept = services.get(line.service) ?? nothingOf(share);
    services.set(line.service, kept);
    kept.seen++;
    if (kept.firsts.length < share * firstShare - 1) {
      const shape = shapeOf(line);
      if (!kept.shapes.has(shape)) {
        kept.shapes.add(shape);
        kept.firsts.push(line);
        return;
      }
    }
    if (isError(line)) kept.errors.add(line);
    else kept.rest.add(line);
  };
  const thin = () => {
    untilThinned = limit;
    const sizes = [...services.values()].map(sizeOf);
    if (sizes.reduce((sum, size) => sum + size, 0) <= limit * slack) return;
    share = Math.min(share, fairShare(sizes, limit));
    for (const kept of services.values()) {
      kept.firsts = kept.firsts.slice(0, Math.max(1, Math.floor(share * firstShare)));
      kept.errors.shrink(share);
      kept.rest.shrink(share);
    }
  };
  const chosen = () => {
    const level = fairShare([...services.values()].map(sizeOf), limit);
    // With more services than lines, one line of some of them.
    const some = level >= 1 ? null : new Set(evenly([...services.keys()], limit));
    return [...services].map(([service, kept]) => {
      const most = some === null ? level : some.has(service) ? 1 : 0;
      return { service, seen: kept.seen, lines: within(kept, most) };
    });
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
      if (--untilThinned <= 0) thin();
    },
    get seen() {
      return seen;
    },
    get lines() {
      return seen <= limit ? all : chosen().flatMap(({ lines }) => lines);
    },
    get thinned() {
      if (seen <= limit) return [];
      return chosen()
        .map(({ service, seen: of, lines }) => ({ service, seen: of, kept: lines.length }))
        .filter((one) => one.kept < one.seen)
        .sort((a, b) => b.seen - b.kept - (a.seen - a.kept) || (a.service < b.service ? -1 : 1));
    },
  };
}

function nothingOf(share: number): Kept {
  const cap = Math.max(1, share);
  return { seen: 0, shapes: new Set(), firsts: [], errors: evenSample(cap), rest: evenSample(cap) };
}

function sizeOf({ firsts, errors, rest }: Kept): number {
  return firsts.length + errors.items.length + rest.items.length;
}

function within(kept: Kept, most: number): readonly LogLine[] {
  const { errors, rest } = kept;
  if (sizeOf(kept) <= most) return [...kept.firsts, ...errors.items, ...rest.items];
  const firsts = kept.firsts.slice(0, Math.min(most, Math.max(1, Math.floor(most * firstShare))));
  const left = most - firsts.length;
  const forErrors = Math.max(Math.floor(most * errorShare), left - rest.items.length);
  const chosen = [...firsts, ...evenly(errors.items, Math.min(left, forErrors))];
  return [...chosen, ...evenly(rest.items, most - chosen.length)];
}

function shapeOf({ body }: LogLine): string {
  return body
    .slice(0, shapeLength * 2)
    .replace(variablePart, "#")
    .slice(0, shapeLength);
}

function isError(line: LogLine): boolean {
  return line.level === null ? errorWord.test(line.body) : errorLevel.test(line.level);
}
