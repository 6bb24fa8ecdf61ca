import { momentlessKinds } from "../diagnosis.ts";
import { metricKind } from "../localize/metric-kinds.ts";
import type { Anomaly, EpochMs } from "../types.ts";
import type { CaseFile } from "./case-file.ts";

/** One anomaly, as far as claims about order, direction and counts are held against it. Names in lower case. */
export interface Sign {
  readonly id: string;
  readonly modality: Anomaly["modality"];
  readonly service: string;
  readonly instance: string | null;
  readonly metric: string | null;
  /** What the metric measures, as sentences call it: "latency", "traffic". */
  readonly measures: string | null;
  readonly start: EpochMs;
  readonly direction: "up" | "down" | null;
  /** The metric's value at its worst; null for logs and traces. */
  readonly peak: number | null;
  readonly severity: number;
  /** Whether its start is a moment of change: a line that is rarer than usual was so all the while. */
  readonly tellsMoment: boolean;
}

/** What relations in sentences are checked against. Names in lower case. */
export interface CaseFacts {
  readonly signs: readonly Sign[];
  /** The place of each ranked service; 1 is the first. */
  readonly ranks: ReadonlyMap<string, number>;
  /** The service that each localizer puts first. */
  readonly firsts: ReadonlyMap<string, string>;
  /** What people said of earlier incidents, by the ids of these: the service, or null where nobody said. */
  readonly confirmed: ReadonlyMap<string, string | null>;
  /** The instances of each service that the telemetry names, abnormal or not. */
  readonly instances: ReadonlyMap<string, ReadonlySet<string>>;
}

export function caseFacts({ anomalies, fused, rankings, earlier, slice }: CaseFile): CaseFacts {
  const seen = [
    ...slice.metrics.map(({ key }) => key),
    ...anomalies.map(({ service, instance }) => ({ service, instance })),
  ];
  return {
    signs: anomalies.map(signOf),
    ranks: new Map(fused.services.map(({ service }, index) => [service.toLowerCase(), index + 1])),
    firsts: new Map(
      rankings.flatMap(({ localizer, level, candidates: [first] }) =>
        first === undefined || level !== "service" ? [] : [[localizer, first.service.toLowerCase()] as const],
      ),
    ),
    confirmed: new Map(
      earlier.map(({ confirmed }, index) => [`earlier-${index + 1}`, confirmed?.toLowerCase() ?? null]),
    ),
    instances: instancesOf(seen),
  };
}

export function instancesOf(
  seen: readonly { readonly service: string; readonly instance: string | null }[],
): Map<string, Set<string>> {
  const instances = new Map<string, Set<string>>();
  for (const { service, instance } of seen) {
    if (instance === null) continue;
    const key = service.toLowerCase();
    const known = instances.get(key) ?? new Set();
    instances.set(key, known.add(instance.toLowerCase()));
  }
  return instances;
}

function signOf(anomaly: Anomaly): Sign {
  const { id, modality, service, instance, start, severity } = anomaly;
  const isMetric = anomaly.modality === "metric";
  return {
    id,
    modality,
    service: service.toLowerCase(),
    instance: instance?.toLowerCase() ?? null,
    metric: isMetric ? anomaly.key.metric.toLowerCase() : null,
    measures: isMetric ? metricKind(anomaly.key.metric, anomaly.unit).kind : null,
    start,
    direction: isMetric ? anomaly.direction : null,
    peak: isMetric ? anomaly.peak : null,
    severity,
    tellsMoment: anomaly.modality !== "log" || !momentlessKinds.has(anomaly.kind),
  };
}
