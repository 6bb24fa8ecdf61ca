import type { Localizer } from "../ports.ts";
import type { Anomaly, Candidate, TelemetrySlice, Trace } from "../types.ts";
import { fullStrength } from "./strength.ts";
import { traceEvidence } from "./trace-evidence.ts";
import { ochiai } from "./trace-spectrum.ts";

const fewestAbnormal = 3;
/** PageRank's share of moves along the graph; the rest restarts. */
const damping = 0.85;
/** What calls between operations count beside operations in traces. */
const callShare = 0.01;
const iterations = 25;
const separator = "\u0000";

/**
 * Suspects operations that matter in abnormal traces and little in normal ones: PageRank over the graph
 * of traces and operations, once for either kind, weighs the counts of a spectrum.
 *
 * Shape:  every service in an abnormal trace, by its worst operation.
 * Units:  Ochiai's coefficient of the weighted counts, on the common strength scale; it tells where
 *         abnormal traces differ from normal ones, not how abnormal they are, so it is halved.
 * Throws: never. Ranks none with fewer than three abnormal traces, or without normal ones.
 * Source: MicroRank (Yu et al., WWW 2021), written from its description.
 */
export const microrank = {
  name: "microrank",
  level: "service",
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const evidence = traceEvidence(anomalies);
    const isAbnormal = ({ traceId }: Trace) => evidence.abnormal.has(traceId);
    const abnormal = slice.traces.window.filter(isAbnormal);
    const inWindow = slice.traces.window.filter((trace) => !isAbnormal(trace));
    const normal = inWindow.length >= abnormal.length ? inWindow : [...inWindow, ...slice.traces.reference];
    if (abnormal.length < fewestAbnormal || normal.length === 0) return [];
    const failing = operationsOf(abnormal);
    const passing = operationsOf(normal);
    const failingRank = pageRank(failing);
    const passingRank = pageRank(passing);
    const best = new Map<string, { score: number; operation: string; failed: number }>();
    for (const [operation, traces] of failing.tracesOf) {
      const weight = failingRank.get(operation) ?? 0;
      const failed = weight * traces.length;
      const missed = weight * (abnormal.length - traces.length);
      const passed = (passingRank.get(operation) ?? 0) * (passing.tracesOf.get(operation)?.length ?? 0);
      const [service = "", name = ""] = operation.split(separator);
      const score = ochiai(failed, (passed * abnormal.length) / normal.length, missed);
      const known = best.get(service);
      if (known === undefined || score > known.score) {
        best.set(service, { score, operation: name, failed: traces.length });
      }
    }
    return [...best].map(([service, { score, operation, failed }]) => ({
      service,
      instance: null,
      metric: null,
      symptom: false,
      score: (fullStrength * score) / 2,
      evidence: evidence.of(service),
      why: `Its ${operation} is in ${failed} of ${abnormal.length} abnormal traces and matters less in normal ones.`,
    }));
  },
} as const satisfies Localizer;

interface OperationGraph {
  /** The distinct operations of each trace. */
  readonly operationsIn: readonly (readonly string[])[];
  /** Positions of the traces with each operation. */
  readonly tracesOf: ReadonlyMap<string, readonly number[]>;
  /** The operations that each one calls. */
  readonly calls: ReadonlyMap<string, ReadonlySet<string>>;
}

function operationsOf(traces: readonly Trace[]): OperationGraph {
  const tracesOf = new Map<string, number[]>();
  const calls = new Map<string, Set<string>>();
  const operationsIn = traces.map(({ spans, parents }, index) => {
    const names = spans.map(({ service, operation }) => `${service}${separator}${operation}`);
    names.forEach((name, at) => {
      const caller = names[parents[at] ?? -1];
      if (caller === undefined || caller === name) return;
      calls.set(caller, (calls.get(caller) ?? new Set()).add(name));
    });
    const distinct = [...new Set(names)].sort();
    for (const name of distinct) {
      const known = tracesOf.get(name);
      if (known === undefined) tracesOf.set(name, [index]);
      else known.push(index);
    }
    return distinct;
  });
  return { operationsIn, tracesOf, calls };
}

/** How much each operation matters, 1 for the most; restarts prefer rare kinds of traces. */
function pageRank({ operationsIn, tracesOf, calls }: OperationGraph): Map<string, number> {
  const kinds = new Map<string, number>();
  const kindOf = operationsIn.map((operations) => operations.join(separator));
  for (const kind of kindOf) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const rarity = kindOf.map((kind) => 1 / (kinds.get(kind) ?? 1));
  const total = rarity.reduce((sum, value) => sum + value, 0);
  const restart = rarity.map((value) => value / total);
  const operations = [...tracesOf.keys()];
  let ofTrace: number[] = restart;
  let ofOperation = new Map(operations.map((operation) => [operation, 1 / operations.length]));
  for (let i = 0; i < iterations; i++) {
    const next = new Map(operations.map((operation) => [operation, 0]));
    const add = (operation: string, value: number) => next.set(operation, (next.get(operation) ?? 0) + value);
    operationsIn.forEach((inTrace, index) => {
      for (const operation of inTrace) add(operation, (damping * (ofTrace[index] ?? 0)) / inTrace.length);
    });
    for (const [caller, callees] of calls) {
      const share = (damping * callShare * (ofOperation.get(caller) ?? 0)) / callees.size;
      for (const callee of callees) add(callee, share);
    }
    const nextTrace = restart.map((value) => (1 - damping) * value);
    for (const [operation, traces] of tracesOf) {
      const share = (damping * (ofOperation.get(operation) ?? 0)) / traces.length;
      for (const index of traces) nextTrace[index] = (nextTrace[index] ?? 0) + share;
    }
    ofTrace = scaled(nextTrace);
    const most = [...next.values()].reduce((a, b) => Math.max(a, b), Number.MIN_VALUE);
    ofOperation = new Map([...next].map(([operation, value]) => [operation, value / most]));
  }
  return ofOperation;
}

function scaled(values: readonly number[]): number[] {
  const most = values.reduce((a, b) => Math.max(a, b), Number.MIN_VALUE);
  return values.map((value) => value / most);
}
