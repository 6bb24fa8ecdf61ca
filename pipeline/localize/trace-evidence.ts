import type { Anomaly, TraceAnomaly } from "../types.ts";

export interface TraceEvidence {
  /** Ids of the traces that are abnormal, the incomplete ones left out: those are no failure. */
  readonly abnormal: ReadonlySet<string>;
  /** Anomalies that blame this service; without one, those whose call path leads through it. */
  of(service: string): string[];
}

export function traceEvidence(anomalies: readonly Anomaly[]): TraceEvidence {
  const found = anomalies.filter(
    (anomaly): anomaly is TraceAnomaly => anomaly.modality === "trace" && anomaly.kind !== "incomplete",
  );
  return {
    abnormal: new Set(found.flatMap(({ traceIds }) => traceIds)),
    of(service) {
      const blaming = found.filter((anomaly) => anomaly.service === service);
      const through = found.filter(({ callPath }) => callPath.includes(service));
      return (blaming.length > 0 ? blaming : through).map(({ id }) => id);
    },
  };
}
