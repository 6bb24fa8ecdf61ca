import { endOfSpan, type OperationSequences, type SpanEvent, type SpanSequence } from "./event-sequences.ts";

/** B follows A in at least this share of the normal runs. */
const followShare = 0.95;
/** Where no single B does: A is followed by nothing in at most this share. */
const endShare = 0.25;
const fewestRuns = 5;

/** "After `after` comes `next`", or, with `next` null, "after `after` comes something". */
export interface SequenceRule {
  readonly service: string;
  readonly operation: string;
  readonly after: string;
  readonly next: string | null;
  /** Immediate successors in normal runs, with counts. */
  readonly successors: ReadonlyMap<string, number>;
}

/** Rules by operation key, then by the event that they start from. */
export type SequenceRules = ReadonlyMap<string, ReadonlyMap<string, SequenceRule>>;

/** Learns from normal runs which event reliably follows which inside a span of one operation. */
export function learnRules(operations: ReadonlyMap<string, OperationSequences>): SequenceRules {
  const rules = new Map<string, Map<string, SequenceRule>>();
  for (const [key, { service, operation, sequences }] of operations) {
    const runs = new Map<string, number>();
    const successors = new Map<string, Map<string, number>>();
    const quietEnds = new Map<string, number>();
    for (const { events } of sequences) {
      const quietFrom = lastLoud(events);
      eachFirst(events, (event, next, i) => {
        count(runs, event.name);
        count(inner(successors, event.name), next.isError ? endOfSpan : next.name);
        if (i >= quietFrom) count(quietEnds, event.name);
      });
    }
    const followers = countFollowers(sequences, runs, successors);
    const found = new Map<string, SequenceRule>();
    for (const [after, n] of runs) {
      if (n < fewestRuns) continue;
      const following = successors.get(after) ?? new Map<string, number>();
      const next = reliableNext(following, followers.get(after), n);
      const endsHere = (quietEnds.get(after) ?? 0) > endShare * n || onlyEnds(following);
      if (next === null && endsHere) continue;
      found.set(after, { service, operation, after, next, successors: following });
    }
    rules.set(key, found);
  }
  return rules;
}

/**
 * In how many runs each event's immediate successors come, sooner or later, after its first occurrence.
 * Only successors that occur often enough to be reliable are counted: a span with thousands of
 * different statements would have millions of pairs.
 */
function countFollowers(
  sequences: readonly SpanSequence[],
  runs: ReadonlyMap<string, number>,
  successors: ReadonlyMap<string, ReadonlyMap<string, number>>,
): Map<string, Map<string, number>> {
  const positions = sequences.map(({ events }) => lastPositions(events));
  const present = new Map<string, number>();
  for (const last of positions) for (const name of last.keys()) count(present, name);
  const possible = new Map<string, string[]>();
  for (const [after, counts] of successors) {
    const fewest = Math.max(fewestRuns, runs.get(after) ?? 0) * followShare;
    possible.set(
      after,
      [...counts.keys()].filter((name) => name !== endOfSpan && (present.get(name) ?? 0) >= fewest),
    );
  }
  const followers = new Map<string, Map<string, number>>();
  sequences.forEach(({ events }, index) => {
    const last = positions[index];
    eachFirst(events, (event, _next, i) => {
      for (const name of possible.get(event.name) ?? []) {
        if ((last?.get(name) ?? -1) > i) count(inner(followers, event.name), name);
      }
    });
  });
  return followers;
}

/** Never followed at once by anything but the end or an error line: there is no region to name. */
function onlyEnds(successors: ReadonlyMap<string, number>): boolean {
  return [...successors.keys()].every((name) => name === endOfSpan);
}

/** The commonest immediate successor that comes, sooner or later, in nearly every run. */
function reliableNext(
  successors: ReadonlyMap<string, number> | undefined,
  followers: ReadonlyMap<string, number> | undefined,
  runs: number,
): string | null {
  let best: string | null = null;
  let most = 0;
  for (const [name, seen] of successors ?? []) {
    if (name === endOfSpan || (followers?.get(name) ?? 0) < followShare * runs) continue;
    if (seen > most || (seen === most && best !== null && name > best)) {
      best = name;
      most = seen;
    }
  }
  return best;
}

/** One span in which a rule that applies did not hold: the last such rule, and where it started. */
export interface BrokenRun {
  readonly rule: SequenceRule;
  readonly sequence: SpanSequence;
  readonly position: number;
}

export interface RuleRuns {
  /** How often each rule's first event occurred. */
  readonly occasions: ReadonlyMap<SequenceRule, number>;
  /** Traces, by position, in which it did. */
  readonly traces: ReadonlyMap<SequenceRule, ReadonlySet<number>>;
  readonly broken: readonly BrokenRun[];
  /** What came next instead, per rule. */
  readonly successors: ReadonlyMap<SequenceRule, ReadonlyMap<string, number>>;
}

/** Holds the rules against runs; of several broken ones in a span, the last one counts. */
export function checkRules(
  operations: ReadonlyMap<string, OperationSequences>,
  rules: SequenceRules,
): RuleRuns {
  const occasions = new Map<SequenceRule, number>();
  const traces = new Map<SequenceRule, Set<number>>();
  const successors = new Map<SequenceRule, Map<string, number>>();
  const broken: BrokenRun[] = [];
  for (const [key, { sequences }] of operations) {
    const applicable = rules.get(key);
    if (applicable === undefined || applicable.size === 0) continue;
    for (const sequence of sequences) {
      const { events } = sequence;
      const last = lastPositions(events);
      const quietFrom = lastLoud(events);
      const found: BrokenRun[] = [];
      eachFirst(events, (event, next, i) => {
        const rule = applicable.get(event.name);
        if (rule === undefined) return;
        count(occasions, rule);
        traces.set(rule, (traces.get(rule) ?? new Set()).add(sequence.traceIndex));
        count(inner(successors, rule), next.isError ? endOfSpan : next.name);
        const held = rule.next === null ? i < quietFrom : (last.get(rule.next) ?? -1) > i;
        if (!held) found[0] = { rule, sequence, position: i };
      });
      broken.push(...found);
    }
  }
  return { occasions, traces, broken, successors };
}

/** Visits each event at its first occurrence, with the one that comes at once after it. */
function eachFirst(
  events: readonly SpanEvent[],
  visit: (event: SpanEvent, next: SpanEvent, position: number) => void,
): void {
  const seen = new Set<string>();
  for (let i = 0; i < events.length - 1; i++) {
    const event = events[i];
    const next = events[i + 1];
    if (event === undefined || next === undefined || seen.has(event.name)) continue;
    seen.add(event.name);
    visit(event, next, i);
  }
}

/** Position after which there is nothing but error lines until the end. */
function lastLoud(events: readonly SpanEvent[]): number {
  for (let i = events.length - 1; i > 0; i--) {
    const event = events[i];
    if (event !== undefined && event.name !== endOfSpan && !event.isError) return i;
  }
  return 0;
}

/** Last position of each event that is no error line. */
function lastPositions(events: readonly SpanEvent[]): Map<string, number> {
  const last = new Map<string, number>();
  events.forEach(({ name, isError }, index) => {
    if (!isError) last.set(name, index);
  });
  return last;
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function inner<Key>(maps: Map<Key, Map<string, number>>, key: Key): Map<string, number> {
  let map = maps.get(key);
  if (map === undefined) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
}
