import { name, quote } from "../describe/foreign-text.ts";
import type { Localizer } from "../ports.ts";
import type { Anomaly, Candidate, LogAnomaly, TelemetrySlice } from "../types.ts";

/** The metric of a service after whose call others break off. */
export const failedReturn = "failed return";
/** Several callers that break after calling the same service speak against it, a little less than its own break. */
const calleeWeight = 0.9;

/**
 * Ranks code regions that stopped running to their end, and services after whose call several others
 * break off.
 *
 * Shape:  one candidate per broken region, its metric `A_B` named after the two statements that
 *         enclose it; for a shared callee the metric is the failed return itself.
 * Units:  strength, 0 to about 6.
 * Source: Nezha (Yu et al., ESEC/FSE 2023); see detect/broken-sequences.ts for the departures.
 */
export const eventPairs = {
  name: "event-pairs",
  level: "metric",
  localize(_slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const broken = anomalies.filter(
      (anomaly): anomaly is LogAnomaly => anomaly.modality === "log" && anomaly.kind === "broken-sequence",
    );
    const regions = broken.map((anomaly) => ({
      service: anomaly.service,
      instance: anomaly.instance,
      metric: `${anomaly.template}_${anomaly.expectedNext ?? ""}`,
      symptom: false,
      score: anomaly.severity,
      evidence: [anomaly.id],
      why: `In ${anomaly.count} requests "${quote(anomaly.template)}" was no longer followed by "${quote(anomaly.expectedNext ?? "")}", which normally always comes.`,
    }));
    return [...regions, ...sharedCallees(broken)];
  },
} as const satisfies Localizer;

function sharedCallees(broken: readonly LogAnomaly[]): Candidate[] {
  const byCallee = new Map<string, LogAnomaly[]>();
  for (const anomaly of broken) {
    if (anomaly.calleeBefore === null) continue;
    byCallee.set(anomaly.calleeBefore, [...(byCallee.get(anomaly.calleeBefore) ?? []), anomaly]);
  }
  return [...byCallee].map(([service, after]) => {
    const strongest = new Map<string, number>();
    for (const { service: caller, severity } of after) {
      strongest.set(caller, Math.max(strongest.get(caller) ?? 0, severity));
    }
    const callers = [...strongest.keys()].sort();
    return {
      service,
      instance: null,
      metric: failedReturn,
      symptom: true,
      score: calleeWeight * Math.hypot(...strongest.values()),
      evidence: after.map(({ id }) => id),
      why: `${callers.map(name).join(", ")} ${callers.length === 1 ? "breaks" : "break"} off right after calling it.`,
    };
  });
}
