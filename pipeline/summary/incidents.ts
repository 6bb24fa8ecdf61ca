import type { FusedService } from "../fusion/fuse.ts";
import { downstream } from "../topology.ts";
import type { Anomaly, CallEdge, EpochMs, TimeWindow } from "../types.ts";

/** Suspects that may have one cause in common, the most suspect first. */
export interface Incident {
  readonly start: EpochMs;
  readonly end: EpochMs;
  readonly services: readonly string[];
}

/** A second incident needs a suspect of its own that would be named even if the first one were not there. */
const ownShare = 0.6;
/** Anomalies this near in time may be one incident's. */
const apartMs = 60_000;
/** Suspects further down explain no incident of their own. */
const mostSuspects = 10;

/**
 * Tells several faults in one window apart, carefully: two suspects belong to different incidents only
 * if their strongest evidence lies at different times and neither calls the other, directly or not.
 *
 * Shape:  at least one incident where there is a suspect; ranked by their first suspects. Weak suspects
 *         stay with the incident that they overlap in time, else with the first.
 * Units:  `weakest` is the strength from which a suspect is named at all.
 */
export function incidentsOf(
  services: readonly FusedService[],
  anomalies: readonly Anomaly[],
  edges: readonly CallEdge[],
  weakest: number,
): Incident[] {
  const times = new Map(anomalies.map((anomaly) => [anomaly.id, anomaly]));
  const limit = Math.max(weakest, ownShare * (services[0]?.score ?? 0));
  const groups: { period: TimeWindow; services: string[]; related: ReadonlySet<string> }[] = [];
  for (const suspect of services.slice(0, mostSuspects)) {
    const period = periodOf(suspect, times);
    const near = groups.find(
      (group) =>
        period === null ||
        (period.start < group.period.end + apartMs && period.end > group.period.start - apartMs),
    );
    const related = groups.find((group) => group.related.has(suspect.service));
    const home = near ?? related ?? groups[0];
    const isOwn = near === undefined && related === undefined && suspect.score >= limit;
    if (period !== null && (home === undefined || isOwn)) {
      groups.push({ period, services: [suspect.service], related: relatives(suspect.service, edges) });
    } else home?.services.push(suspect.service);
  }
  return groups.map(({ period, services: members }) => ({ ...period, services: members }));
}

/** When the strongest evidence for it was seen. */
function periodOf(suspect: FusedService, anomalies: ReadonlyMap<string, Anomaly>): TimeWindow | null {
  const ids = suspect.contributions?.[0]?.evidence ?? suspect.evidence;
  const known = ids.flatMap((id) => anomalies.get(id) ?? []);
  if (known.length === 0) return null;
  return {
    start: Math.min(...known.map(({ start }) => start)),
    end: Math.max(...known.map(({ end }) => end)),
  };
}

/** Itself, all that it calls and all that call it, directly or not. */
function relatives(service: string, edges: readonly CallEdge[]): Set<string> {
  const upwards = edges.map(({ caller, callee, calls }) => ({ caller: callee, callee: caller, calls }));
  return new Set([...downstream([service], edges), ...downstream([service], upwards)]);
}
