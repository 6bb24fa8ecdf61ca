import type { AnomalyDetector } from "../ports.ts";
import type { Anomaly, TelemetrySlice } from "../types.ts";
import { brokenSequences } from "./broken-sequences.ts";
import { callDelays } from "./call-delays.ts";
import { logTemplates } from "./log-templates.ts";
import { lostRequests } from "./lost-requests.ts";
import { robustSpread } from "./robust-spread.ts";
import { threeSigma } from "./three-sigma.ts";
import { traceRules } from "./trace-rules.ts";

export const metricDetectors = {
  "three-sigma": threeSigma,
  "robust-spread": robustSpread,
  "lost-requests": lostRequests,
} as const;
export const traceDetectors = { "trace-rules": traceRules, "call-delays": callDelays } as const;
export const logDetectors = { "log-templates": logTemplates, "broken-sequences": brokenSequences } as const;

/** The detectors to run, by the names of the registries. */
export interface DetectorNames {
  readonly metric: readonly (keyof typeof metricDetectors)[];
  readonly trace: readonly (keyof typeof traceDetectors)[];
  readonly log: readonly (keyof typeof logDetectors)[];
}

/**
 * Runs the detectors and numbers what they find: "metric-1" is the most severe metric anomaly.
 *
 * Shape:  metrics, then traces, then logs, each by severity; equal ones by service, instance, start
 *         and content, so that the same slice always gives the same ids.
 */
export function detect(slice: TelemetrySlice, names: DetectorNames): readonly Anomaly[] {
  const detectors: readonly AnomalyDetector[] = [
    ...names.metric.map((name) => metricDetectors[name]),
    ...names.trace.map((name) => traceDetectors[name]),
    ...names.log.map((name) => logDetectors[name]),
  ];
  const found = onePerSeries(detectors.flatMap((detector) => [...detector.detect(slice, null)]));
  return (["metric", "trace", "log"] as const).flatMap((modality) =>
    found
      .filter((anomaly) => anomaly.modality === modality)
      .map((anomaly) => ({ anomaly, order: orderKey(anomaly) }))
      .sort((a, b) => b.anomaly.severity - a.anomaly.severity || (a.order < b.order ? -1 : 1))
      .map(({ anomaly }, index) => ({ ...anomaly, id: `${modality}-${index + 1}` })),
  );
}

/** Where several metric detectors flag the same series, the first one's events stand. */
function onePerSeries(anomalies: readonly Anomaly[]): Anomaly[] {
  const flaggedBy = new Map<string, string>();
  return anomalies.filter((anomaly) => {
    if (anomaly.modality !== "metric") return true;
    const { service, instance, metric } = anomaly.key;
    const series = [service, instance ?? "", metric].join("\n");
    const first = flaggedBy.get(series) ?? anomaly.detector;
    flaggedBy.set(series, first);
    return first === anomaly.detector;
  });
}

function orderKey(anomaly: Anomaly): string {
  const { service, instance, start } = anomaly;
  return [service, instance ?? "", String(start).padStart(16, "0"), ...contentOf(anomaly)].join("\n");
}

function contentOf(anomaly: Anomaly): string[] {
  switch (anomaly.modality) {
    case "metric":
      return [anomaly.key.metric];
    case "trace":
      return [anomaly.kind, anomaly.traceId];
    case "log":
      return [anomaly.kind, anomaly.template, anomaly.expectedNext ?? ""];
  }
}
