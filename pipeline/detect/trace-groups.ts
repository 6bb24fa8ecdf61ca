import { fullStrength, strengthOf } from "../localize/strength.ts";
import { median } from "../statistics/moments.ts";
import type { SlowNode, Trace, TraceAnomaly } from "../types.ts";
import { surprise } from "./broken-sequences.ts";

/** -log10 of the probability that a group is chance: at least, and where it counts in full. */
const surprising = 2;
const fullSurprise = 12;
/** structural, timeout, error and incomplete: each service is tested for each. */
const tests = 4;
/** Traces that begin within the same second may share one stall. */
const secondMs = 1_000;

/** What one trace shows, before equal ones are put together. */
export interface Finding {
  readonly kind: TraceAnomaly["kind"];
  readonly trace: Trace;
  /** Findings of one kind, service and key are the same anomaly. */
  readonly key: string;
  readonly service: string;
  readonly instance: string | null;
  /** Standard deviations from normal, where the finding is a time. */
  readonly z: number | null;
  readonly callPath: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly slowNodes: readonly SlowNode[];
}

/** How often the same thing is found among normal traces. */
export interface Rates {
  /** Traces that were looked at, in the window and among the normal ones. */
  readonly runs: number;
  readonly normalRuns: number;
  readonly normal: readonly Finding[];
  /** `service`: by service. `any`: as for the service that shows most of them; for what is never seen twice. */
  readonly by: "service" | "any";
  /** Fewer traces than this are no anomaly. */
  readonly fewest: number;
  /** In how many different seconds those traces began, in the window and among the normal ones. */
  readonly seconds: number;
  readonly normalSeconds: number;
  /** How many services the traces of the window pass through. */
  readonly services: number;
}

/**
 * Puts equal findings together and leaves out groups that normal traces explain.
 *
 * Shape:  by kind, service and key, in the order of their first traces. A group is kept when it is
 *         improbable (p < 0.01) at the rate at which normal traces show findings of the same service;
 *         a service without any among the normal traces counts as half a case. Errors and lost parents
 *         that normal traces never show are always kept. A group is told by itself, and no mere signal, where it
 *         is improbable for all services and kinds that are looked at together, though what begins within the
 *         same second counts once (one stall slows all that is under way).
 * Source: the bound is Chernoff's, see broken-sequences.ts. Bonferroni's correction, and the runs of peaks over
 *         threshold, are the usual cures for many tests and for values that come in clusters.
 */
export function groupFindings(findings: readonly Finding[], rates: Rates): TraceAnomaly[] {
  const normal = byService(rates.normal);
  const usual = new Map([...normal].map(([service, found]) => [service, found.length]));
  const most = Math.max(0, ...usual.values());
  const usualSeconds = new Map([...normal].map(([service, found]) => [service, secondsOf(found)]));
  const mostSeconds = Math.max(0, ...usualSeconds.values());
  const surprisingAmongAll = surprising + Math.log10(Math.max(1, tests * rates.services));
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const id = `${finding.service}\n${finding.key}`;
    const known = groups.get(id);
    if (known === undefined) groups.set(id, [finding]);
    else known.push(finding);
  }
  const anomalies: TraceAnomaly[] = [];
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined || group.length < rates.fewest) continue;
    const before = rates.by === "any" ? most : (usual.get(first.service) ?? 0);
    const improbable = surprise(group.length, rates.runs, (before + 0.5) / (rates.normalRuns + 1));
    const speaksForItself = first.kind === "error" || first.kind === "incomplete";
    if (improbable < surprising && !(speaksForItself && before === 0)) continue;
    const secondsBefore = rates.by === "any" ? mostSeconds : (usualSeconds.get(first.service) ?? 0);
    const chance = (secondsBefore + 0.5) / (rates.normalSeconds + 1);
    const bySeconds = surprise(secondsOf(group), rates.seconds, chance);
    const anomaly = anomalyOf(first, group, Math.max(improbable, surprising));
    anomalies.push(bySeconds < surprisingAmongAll ? { ...anomaly, isSignal: true } : anomaly);
  }
  return anomalies;
}

/** What `Rates` says of the traces that were looked at in the window. */
export function lookedAt(traces: readonly Trace[]): Pick<Rates, "runs" | "seconds" | "services"> {
  const services = new Set<string>();
  for (const { spans } of traces) for (const { service } of spans) services.add(service);
  return { runs: traces.length, seconds: secondsIn(traces), services: services.size };
}

/** The same of the normal ones. */
export function normallySeen(traces: readonly Trace[]): Pick<Rates, "normalRuns" | "normalSeconds"> {
  return { normalRuns: traces.length, normalSeconds: secondsIn(traces) };
}

function secondsIn(traces: readonly Trace[]): number {
  return new Set(traces.map(({ start }) => Math.floor(start / secondMs))).size;
}

function secondsOf(findings: readonly Finding[]): number {
  return secondsIn(findings.map(({ trace }) => trace));
}

function byService(findings: readonly Finding[]): Map<string, Finding[]> {
  const services = new Map<string, Finding[]>();
  for (const finding of findings) {
    const known = services.get(finding.service);
    if (known === undefined) services.set(finding.service, [finding]);
    else known.push(finding);
  }
  return services;
}

function anomalyOf(first: Finding, group: readonly Finding[], improbable: number): TraceAnomaly {
  const { kind, trace, service, instance, callPath, added, removed, slowNodes } = first;
  const z = group.flatMap((finding) => finding.z ?? []);
  return {
    id: "",
    modality: "trace",
    kind,
    service,
    instance,
    start: group.reduce((start, finding) => Math.min(start, finding.trace.start), trace.start),
    end: group.reduce((end, finding) => Math.max(end, finding.trace.end), trace.end),
    severity:
      z.length > 0
        ? strengthOf(median(z))
        : fullStrength * Math.sqrt(Math.min(improbable, fullSurprise) / fullSurprise),
    traceId: trace.traceId,
    traceIds: group.map((finding) => finding.trace.traceId),
    traceCount: group.length,
    callPath,
    added,
    removed,
    slowNodes,
  };
}
