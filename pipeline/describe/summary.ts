import type { Anomaly, TraceAnomaly } from "../types.ts";
import { name } from "./foreign-text.ts";
import { fill, summaryTemplates as templates } from "./templates.ts";
import type { Clock } from "./wording.ts";

const mostNames = 3;

/** One line for a service's anomalies: how many of what, and when the first began. */
export function summarizeService(service: string, anomalies: readonly Anomaly[], clock: Clock): string {
  const first = anomalies.reduce(
    (start, anomaly) => Math.min(start, anomaly.start),
    Number.POSITIVE_INFINITY,
  );
  const features = [...metrics(anomalies), ...traces(anomalies), ...logs(anomalies)].join(", ");
  return fill(templates.line, {
    service: name(service),
    features,
    first: clock.moment(first),
    zone: clock.zone(first),
  });
}

function metrics(anomalies: readonly Anomaly[]): string[] {
  const found = anomalies.flatMap((anomaly) => (anomaly.modality === "metric" ? [anomaly.key.metric] : []));
  const names = [...new Set(found)];
  if (names.length === 0) return [];
  return [
    fill(templates.metric, {
      count: String(names.length),
      metrics: names.length === 1 ? "metric" : "metrics",
      names: names.slice(0, mostNames).map(name).join(", "),
      more: names.length > mostNames ? ", …" : "",
    }),
  ];
}

function traces(anomalies: readonly Anomaly[]): string[] {
  const counts = new Map<TraceAnomaly["kind"], number>();
  for (const anomaly of anomalies) {
    if (anomaly.modality !== "trace") continue;
    counts.set(anomaly.kind, (counts.get(anomaly.kind) ?? 0) + anomaly.traceCount);
  }
  return (["structural", "timeout", "error", "incomplete", "unclassified"] as const).flatMap((kind) => {
    const count = counts.get(kind);
    if (count === undefined) return [];
    return [fill(templates[kind], { count: String(count), traces: count === 1 ? "trace" : "traces" })];
  });
}

function logs(anomalies: readonly Anomaly[]): string[] {
  const count = anomalies.filter(({ modality }) => modality === "log").length;
  if (count === 0) return [];
  return [fill(templates.log, { count: String(count), patterns: count === 1 ? "pattern" : "patterns" })];
}
