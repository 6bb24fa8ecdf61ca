import type { Localizer } from "../ports.ts";
import type { Anomaly, Candidate, TelemetrySlice } from "../types.ts";
import { strengthOf } from "./strength.ts";

/**
 * Ranks services that ask for the same again and again where once was enough.
 *
 * Shape:  one candidate per service that does.
 * Units:  strength, 0 to about 6.
 * Throws: never.
 * Source: detect/repeated-calls.ts.
 */
export const repeatedCallers = {
  name: "repeated-calls",
  level: "metric",
  localize(_slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    return anomalies.flatMap((anomaly): Candidate[] => {
      if (anomaly.modality !== "metric" || anomaly.detector !== "repeated-calls") return [];
      const { service, instance, key, peak, mean, zPeak, id } = anomaly;
      return [
        {
          service,
          instance,
          metric: key.metric,
          symptom: false,
          score: strengthOf(zPeak),
          evidence: [id],
          why: `It makes the same call ${Math.round(peak)} times in a row where ${Math.round(mean)} is usual.`,
        },
      ];
    });
  },
} as const satisfies Localizer;
