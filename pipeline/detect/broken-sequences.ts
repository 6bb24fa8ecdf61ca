import type { AnomalyDetector } from "../ports.ts";
import { fisherSurprise } from "../statistics/fisher-exact.ts";
import type { LogAnomaly, LogLine, Span, TelemetrySlice, Trace } from "../types.ts";
import {
  childrenOf,
  endOfSpan,
  isErrorLevel,
  spanSequences,
  startOf,
  statementOf,
} from "./event-sequences.ts";
import { plainLine } from "./plain-line.ts";
import {
  type BrokenRun,
  checkRules,
  learnRules,
  type RuleRuns,
  type SequenceRule,
} from "./sequence-rules.ts";
import { fallenSilent, requestsOf } from "./traces-of-lines.ts";

const fewestBreaks = 3;
/** A rule must break this much more often than in the reference period, as a share of its runs. */
const smallestRise = 0.2;
/** -log10 of the probability that the breaks are chance: at least, and where it counts in full. */
const surprising = 2;
const fullSurprise = 8;
/** The same by Fisher's exact test, which a rule learned from a handful of runs does not pass so easily. */
const surprisingExactly = 1.5;
const fullSeverity = Math.log2(65);
/** The callee before the break is named when it is the same in this share of the breaks. */
const sameCalleeShare = 0.8;
/** Reference traces with error lines are left out while they are at most this share of all. */
const errorTraceShare = 0.3;
/** A caller goes on without a callee when it does in this share of the runs that miss it. */
const goesOnShare = 0.5;
const shownExamples = 3;
const longestExample = 300;

/**
 * Finds code regions that stopped running to their end: after statement (or call) A, statement B
 * always came, and now it does not. Where a callee breaks, its callers break too; only the deepest
 * broken span of a trace that ended first counts as an origin.
 *
 * Shape:  one anomaly per broken rule with at least 3 origins; `template` is A, `expectedNext` B.
 * Units:  severity on the common strength scale, 0 to about 6, from how improbable the breaks are by
 *         chance (Chernoff bound on the binomial tail) and the share of runs that break.
 * Throws: never. Needs spans; lines take part where they carry trace and span ids.
 * Source: Nezha (Yu et al., ESEC/FSE 2023, section 3): vanished expected event pairs. Ours are the
 *         restriction to one span, the tests, and the choice of origin by depth and time.
 */
export const brokenSequences = {
  name: "broken-sequences",
  modality: "log",
  detect(slice: TelemetrySlice): LogAnomaly[] {
    const requests = requestsOf(slice);
    const reference = withoutErrors(whole(requests.reference, slice), slice.logs.reference);
    // Of sampled lines, some are missing from every span: the calls alone must do then.
    const { isSampled } = slice.logs;
    const normal = spanSequences(reference, isSampled ? [] : slice.logs.reference);
    const rules = learnRules(normal);
    const usual = checkRules(normal, rules);
    const window = finished(requests.window, slice);
    const now = checkRules(spanSequences(window, isSampled ? [] : slice.logs.window), rules);
    const surprises = surprisesOf(usual, now);
    const origins = originsOf(
      now.broken.filter(({ rule }) => surprises.has(rule)),
      window,
    );
    const internal = internalOperations(reference);
    const callees = requests.from === "lines" ? calleesOfCalls(reference) : new Map<string, string>();
    const silent = requests.from === "lines" ? fallenSilent(requests) : new Set<string>();
    const lines = linesByStatement(slice.logs.window, origins);
    return [...origins]
      .filter(([, runs]) => runs.length >= fewestBreaks)
      .map(([rule, runs]) => ({
        ...anomalyOf(rule, runs, surprises.get(rule), now, window, internal, lines),
        ...silentCallee(rule, runs, callees, silent),
      }));
  },
} as const satisfies AnomalyDetector;

interface Surprise {
  readonly occasions: number;
  /** Chance of a break per run, from the reference. */
  readonly chance: number;
}

/** Rules that break clearly more often than in the reference period. */
function surprisesOf(usual: RuleRuns, now: RuleRuns): Map<SequenceRule, Surprise> {
  const before = countBy(usual.broken);
  const surprises = new Map<SequenceRule, Surprise>();
  for (const [rule, breaks] of countBy(now.broken)) {
    const runs = now.occasions.get(rule) ?? 0;
    const runsBefore = usual.occasions.get(rule) ?? 0;
    const breaksBefore = before.get(rule) ?? 0;
    const chance = (breaksBefore + 0.5) / (runsBefore + 1);
    const rise = breaks / runs - breaksBefore / Math.max(1, runsBefore);
    if (breaks < fewestBreaks || rise < smallestRise || surprise(breaks, runs, chance) < surprising) continue;
    if (fisherSurprise(breaks, runs, breaksBefore, runsBefore) < surprisingExactly) continue;
    surprises.set(rule, { occasions: runs, chance });
  }
  return surprises;
}

/**
 * -log10 of a bound on the probability of at least `hits` out of `runs` at `chance` each.
 *
 * Source: Chernoff 1952: P ≤ exp(-runs · KL(hits/runs ‖ chance)).
 */
export function surprise(hits: number, runs: number, chance: number): number {
  const share = hits / runs;
  if (!(share > chance)) return 0;
  const rest = share < 1 ? (1 - share) * Math.log((1 - share) / (1 - chance)) : 0;
  return (runs * (share * Math.log(share / chance) + rest)) / Math.LN10;
}

/** Broken runs below which nothing is broken, and before which nothing in their trace broke. */
function originsOf(broken: readonly BrokenRun[], traces: readonly Trace[]): Map<SequenceRule, BrokenRun[]> {
  const byTrace = new Map<number, BrokenRun[]>();
  for (const run of broken) {
    const known = byTrace.get(run.sequence.traceIndex);
    if (known === undefined) byTrace.set(run.sequence.traceIndex, [run]);
    else known.push(run);
  }
  const origins = new Map<SequenceRule, BrokenRun[]>();
  for (const [traceIndex, runs] of byTrace) {
    const trace = traces[traceIndex];
    if (trace === undefined) continue;
    const above = new Set<number>();
    for (const { sequence } of runs) {
      let at = trace.parents[sequence.spanIndex] ?? -1;
      while (at >= 0 && !above.has(at)) {
        above.add(at);
        at = trace.parents[at] ?? -1;
      }
    }
    const deepest = runs.filter(({ sequence }) => !above.has(sequence.spanIndex));
    const ends = deepest.map(({ sequence }) => endOf(trace.spans[sequence.spanIndex]));
    const first = ends.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    deepest.forEach((run, index) => {
      if ((ends[index] ?? Number.POSITIVE_INFINITY) > first) return;
      const known = origins.get(run.rule);
      if (known === undefined) origins.set(run.rule, [run]);
      else known.push(run);
    });
  }
  return origins;
}

function anomalyOf(
  rule: SequenceRule,
  runs: readonly BrokenRun[],
  found: Surprise | undefined,
  now: RuleRuns,
  traces: readonly Trace[],
  internal: ReadonlySet<string>,
  lines: ReadonlyMap<string, readonly LogLine[]>,
): LogAnomaly {
  const occasions = found?.occasions ?? runs.length;
  const chance = found?.chance ?? 0;
  const couldBreak = Math.max(1, now.traces.get(rule)?.size ?? runs.length);
  const certainty =
    Math.min(surprise(Math.min(runs.length, couldBreak), couldBreak, chance), fullSurprise) / fullSurprise;
  // A trace has one origin, however often it calls this code: its share is of the traces that could have one.
  const share = new Set(runs.map(({ sequence }) => sequence.traceIndex)).size / couldBreak;
  const spans = runs.flatMap(({ sequence }) => traces[sequence.traceIndex]?.spans[sequence.spanIndex] ?? []);
  const from = commonest(runs.map((run) => regionStart(run, rule, internal))) ?? rule.after;
  return {
    id: "",
    modality: "log",
    kind: "broken-sequence",
    service: rule.service,
    instance: commonest(spans.flatMap(({ instance }) => instance ?? [])),
    start: spans.reduce((first, { start }) => Math.min(first, start), Number.POSITIVE_INFINITY),
    end: spans.reduce((last, span) => Math.max(last, endOf(span)), Number.NEGATIVE_INFINITY),
    severity: fullSeverity * Math.sqrt(certainty) * Math.sqrt(share),
    template: plainLine(from, longestExample),
    expectedNext: plainLine(rule.next ?? vanishedSuccessor(rule, now), longestExample),
    calleeBefore: calleeBefore(runs, rule.service, traces),
    level: null,
    count: runs.length,
    expected: chance * occasions,
    examples: [
      ...(lines.get(`${rule.service} ${from}`) ?? []).map(({ body }) => plainLine(body, longestExample)),
      ...spans.slice(0, shownExamples).map(({ traceId }) => plainLine(`trace ${traceId}`, longestExample)),
    ],
  };
}

/**
 * Lines show a call only by what the callee writes. The callee broke or is gone where its caller goes on
 * without it, or where it writes in hardly a request any more and its caller complains.
 */
function silentCallee(
  rule: SequenceRule,
  runs: readonly BrokenRun[],
  callees: ReadonlyMap<string, string>,
  silent: ReadonlySet<string>,
): Pick<LogAnomaly, "silentCallee"> {
  const callee = callees.get(`${rule.service}\n${rule.next ?? ""}`);
  if (callee === undefined) return {};
  const going = runs.filter(({ sequence, position }) =>
    sequence.events
      .slice(position + 1)
      .some(({ name, isError }) => name !== endOfSpan && (!isError || silent.has(callee))),
  ).length;
  return going >= goesOnShare * runs.length ? { silentCallee: callee } : {};
}

/** Callees by caller and the event that a call to them begins with. */
function calleesOfCalls(traces: readonly Trace[]): Map<string, string> {
  const callees = new Map<string, string>();
  for (const { spans, parents } of traces) {
    spans.forEach(({ service }, index) => {
      const call = spans[parents[index] ?? -1];
      if (call === undefined || call.service === service) return;
      callees.set(`${call.service}\n${startOf(call.operation)}`, service);
    });
  }
  return callees;
}

/** The broken rule's start, moved up over calls that never leave the service: they name no code region. */
function regionStart(run: BrokenRun, rule: SequenceRule, internal: ReadonlySet<string>): string {
  let at = run.position;
  while (at > 0 && internal.has(`${rule.service}\n${run.sequence.events[at]?.name ?? ""}`)) at--;
  return run.sequence.events[at]?.name ?? rule.after;
}

/** For "something follows": the successor whose share fell most. */
function vanishedSuccessor(rule: SequenceRule, now: RuleRuns): string {
  const present = now.successors.get(rule) ?? new Map<string, number>();
  const total = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);
  const before = total(rule.successors);
  const after = Math.max(1, total(present));
  let best = "";
  let fell = Number.NEGATIVE_INFINITY;
  for (const [name, count] of rule.successors) {
    const fall = count / before - (present.get(name) ?? 0) / after;
    if (name !== endOfSpan && (fall > fell || (fall === fell && name < best))) {
      best = name;
      fell = fall;
    }
  }
  return best;
}

/** Down from each broken span along its latest children: the first other service on that way. */
function calleeBefore(runs: readonly BrokenRun[], service: string, traces: readonly Trace[]): string | null {
  const callees: string[] = [];
  const known = new Map<Trace, number[][]>();
  for (const { sequence } of runs) {
    const trace = traces[sequence.traceIndex];
    if (trace === undefined) continue;
    const children = known.get(trace) ?? childrenOf(trace);
    known.set(trace, children);
    let at = sequence.spanIndex;
    for (let depth = 0; depth < trace.spans.length; depth++) {
      const latest = (children[at] ?? []).reduce<number>(
        (last, child) =>
          last < 0 || (trace.spans[child]?.start ?? 0) >= (trace.spans[last]?.start ?? 0) ? child : last,
        -1,
      );
      const callee = trace.spans[latest]?.service;
      if (callee === undefined) break;
      at = latest;
      if (callee === service) continue;
      callees.push(callee);
      break;
    }
  }
  const callee = commonest(callees);
  const same = callees.filter((name) => name === callee).length;
  return callee !== null && same >= sameCalleeShare * runs.length ? callee : null;
}

/** Operations (as start events) whose spans never call another service, however deep one looks. */
function internalOperations(traces: readonly Trace[]): Set<string> {
  const internal = new Set<string>();
  const leaving = new Set<string>();
  for (const { spans, parents } of traces) {
    const isMarked = new Uint8Array(spans.length);
    spans.forEach(({ service, operation }, index) => {
      internal.add(`${service}\n${startOf(operation)}`);
      const caller = spans[parents[index] ?? -1]?.service;
      if (caller === undefined || caller === service) return;
      let at = parents[index] ?? -1;
      for (; spans[at]?.service === caller && isMarked[at] === 0; at = parents[at] ?? -1) {
        isMarked[at] = 1;
        leaving.add(`${caller}\n${startOf(spans[at]?.operation ?? "")}`);
      }
    });
  }
  for (const key of leaving) internal.delete(key);
  return internal;
}

/** Reference traces without error lines, unless so many have some that errors are normal here. */
function withoutErrors(traces: readonly Trace[], lines: readonly LogLine[]): readonly Trace[] {
  const failed = new Set<string>();
  for (const { level, traceId } of lines) {
    if (traceId !== null && isErrorLevel(level)) failed.add(traceId);
  }
  const clean = traces.filter(({ traceId }) => !failed.has(traceId));
  return traces.length - clean.length <= errorTraceShare * traces.length ? clean : traces;
}

/** Traces whose spans all ended inside the window: what is still running has not broken off. */
function finished(traces: readonly Trace[], slice: TelemetrySlice): Trace[] {
  return traces.filter(({ end }) => end < slice.window.end);
}

/** Normal traces but for those that ran on when their period ended: their lines were read half way. */
function whole(traces: readonly Trace[], { referencePeriods }: TelemetrySlice): Trace[] {
  return traces.filter(
    (trace) =>
      !referencePeriods.trace.some(
        ({ start, end }) => trace.start >= start && trace.start < end && trace.end >= end,
      ),
  );
}

function linesByStatement(
  lines: readonly LogLine[],
  origins: ReadonlyMap<SequenceRule, readonly BrokenRun[]>,
): Map<string, LogLine[]> {
  const services = new Set([...origins.keys()].map(({ service }) => service));
  const found = new Map<string, LogLine[]>();
  for (const line of lines) {
    if (!services.has(line.service)) continue;
    const key = `${line.service} ${statementOf(line.body)}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, [line]);
    else if (known.length < shownExamples) known.push(line);
  }
  return found;
}

function countBy(broken: readonly BrokenRun[]): Map<SequenceRule, number> {
  const counts = new Map<SequenceRule, number>();
  for (const { rule } of broken) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return counts;
}

function commonest(names: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? null;
}

function endOf(span: Span | undefined): number {
  return span === undefined ? Number.POSITIVE_INFINITY : span.start + span.durationMs;
}
