import type { Anomaly, Candidate, LogAnomaly } from "../types.ts";
import { strengthOf } from "./strength.ts";

/**
 * Suspects by their logs alone: per service the summed severity of its abnormal templates, which is
 * level weight times the logarithm of how much more often they occur than normally.
 *
 * Used by Filter 2 where traces name no service and no model is there to read the logs.
 */
export function logScores(anomalies: readonly Anomaly[]): Candidate[] {
  const scores = new Map<string, { sum: number; worst: number; why: string; evidence: string[] }>();
  for (const anomaly of anomalies) {
    if (anomaly.modality !== "log") continue;
    const known = scores.get(anomaly.service) ?? { sum: 0, worst: 0, why: "", evidence: [] };
    known.sum += anomaly.severity;
    known.evidence.push(anomaly.id);
    if (anomaly.severity > known.worst) {
      known.worst = anomaly.severity;
      known.why = changeText(anomaly);
    }
    scores.set(anomaly.service, known);
  }
  return [...scores].map(([service, { sum, why, evidence }]) => ({
    service,
    instance: null,
    metric: null,
    symptom: false,
    score: strengthOf(sum),
    evidence,
    why,
  }));
}

/** A broken sequence counts requests, every other kind lines. */
function changeText({ kind, count, expected }: LogAnomaly): string {
  const usual = Math.round(expected);
  return kind === "broken-sequence"
    ? `Its code stopped half way in ${count} requests where about ${usual} are normal.`
    : `Its logs changed: ${count} lines where about ${usual} are normal.`;
}
