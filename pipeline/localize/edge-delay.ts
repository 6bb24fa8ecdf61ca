import { networkDelay, outgoingDelay, selfTime } from "../detect/call-delays.ts";
import type { Localizer } from "../ports.ts";
import type { Anomaly, Candidate, TelemetrySlice } from "../types.ts";
import { strengthOf } from "./strength.ts";

/** A service's own time and its outgoing calls are affected by more than a fault of its own. */
const weights: Readonly<Record<string, number>> = {
  [networkDelay]: 1,
  [outgoingDelay]: 0.8,
  [selfTime]: 0.8,
};

const says: Readonly<Record<string, string>> = {
  [networkDelay]: "calls to it spend",
  [outgoingDelay]: "its calls to others spend",
  [selfTime]: "its own work takes",
};

/**
 * Ranks services and delay metrics by how far calls to them, calls from them, or their own work
 * slowed down.
 *
 * Shape:  one candidate per service and derived metric of `call-delays`.
 * Units:  strength, 0 to about 6.
 * Source: Nezha's NetworkP90 alarm, as a ranking.
 */
export const edgeDelay = {
  name: "edge-delay",
  level: "metric",
  localize(_slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const candidates: Candidate[] = [];
    for (const anomaly of anomalies) {
      if (anomaly.modality !== "metric" || anomaly.detector !== "call-delays") continue;
      const { metric } = anomaly.key;
      candidates.push({
        service: anomaly.service,
        instance: anomaly.instance,
        metric,
        symptom: metric !== networkDelay,
        score: (weights[metric] ?? 0) * strengthOf(anomaly.zPeak),
        evidence: [anomaly.id],
        why: `Of all requests, ${says[metric] ?? metric} ${milliseconds(anomaly.peak)} where ${milliseconds(anomaly.mean)} is usual (90th percentile).`,
      });
    }
    return candidates;
  },
} as const satisfies Localizer;

function milliseconds(value: number): string {
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ms`;
}
