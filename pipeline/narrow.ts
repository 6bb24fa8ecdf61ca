import { logScores } from "./localize/log-scores.ts";
import type { Anomaly, Candidate, Ranking, TelemetrySlice } from "./types.ts";

/** The root-cause services that metrics and logs are narrowed to, and what named them. */
export interface Narrowed {
  readonly services: readonly string[];
  readonly by: "trace" | "log" | "metric" | "none";
}

/** A service with at least half of the first one's score stays in, five services at most. */
const keepShare = 0.5;
const keepAtMost = 5;
/** Fewer traces than this say nothing about a service. */
const fewestTraces = 10;
/** Weaker evidence than three robust standard deviations names no service. */
const validStrength = 2;

const traceLocalizers = ["trace-spectrum", "edge-delay", "event-pairs"];

/**
 * Filter 2 (paper, III-A and III-D): the services to look at closely, from the traces; where those
 * name none, from the logs; else from the metrics. A service that every modality together puts first
 * always stays in: a fault that no trace passes through must not be filtered away.
 */
export function narrow(
  rankings: readonly Ranking[],
  fused: readonly Candidate[],
  slice: TelemetrySlice,
  anomalies: readonly Anomaly[],
): Narrowed {
  const first = fused[0];
  if (first === undefined) return { services: [], by: "none" };
  const fromTraces = kept(
    rankings
      .filter(({ localizer }) => traceLocalizers.includes(localizer))
      .flatMap(({ candidates }) => candidates),
  );
  if (slice.traces.window.length >= fewestTraces && fromTraces.length > 0) {
    return { services: withFirst(fromTraces, first.service), by: "trace" };
  }
  const fromLogs = kept(logScores(anomalies));
  if (fromLogs.length > 0) return { services: withFirst(fromLogs, first.service), by: "log" };
  return { services: kept(fused), by: "metric" };
}

function kept(candidates: readonly Candidate[]): string[] {
  const best = new Map<string, number>();
  for (const { service, score } of candidates) best.set(service, Math.max(best.get(service) ?? 0, score));
  const sorted = [...best].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const top = sorted[0]?.[1] ?? 0;
  if (top < validStrength) return [];
  return sorted
    .filter(([, score]) => score >= keepShare * top)
    .slice(0, keepAtMost)
    .map(([service]) => service);
}

function withFirst(services: readonly string[], first: string): string[] {
  return services.includes(first) ? [...services] : [first, ...services].slice(0, keepAtMost);
}
