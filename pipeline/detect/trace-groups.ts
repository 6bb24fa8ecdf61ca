import { fullStrength, strengthOf } from "../localize/strength.ts";
import type { SlowNode, Trace, TraceAnomaly } from "../types.ts";
import { surprise } from "./broken-sequences.ts";
import { median } from "./statistics.ts";

/** -log10 of the probability that a group is chance: at least, and where it counts in full. */
const surprising = 2;
const fullSurprise = 12;

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
}

/**
 * Puts equal findings together and leaves out groups that normal traces explain.
 *
 * Shape:  by kind, service and key, in the order of their first traces. A group is kept when it is
 *         improbable (p < 0.01) at the rate at which normal traces show findings of the same service;
 *         a service without any among the normal traces counts as half a case. Errors and lost parents
 *         that normal traces never show are always kept.
 * Source: the bound is Chernoff's, see broken-sequences.ts.
 */
export function groupFindings(findings: readonly Finding[], rates: Rates): TraceAnomaly[] {
  const usual = new Map<string, number>();
  for (const { service } of rates.normal) usual.set(service, (usual.get(service) ?? 0) + 1);
  const most = Math.max(0, ...usual.values());
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
    anomalies.push(anomalyOf(first, group, Math.max(improbable, surprising)));
  }
  return anomalies;
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
