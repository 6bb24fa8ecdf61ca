import { calleesOf } from "./topology.ts";
import type { Anomaly, CallEdge, TelemetrySlice } from "./types.ts";

/** A service that is abnormal because it waits for another one. */
export interface Victim {
  readonly service: string;
  /** What it calls on the way to the origin. */
  readonly waitsFor: string;
  /** Calls from it to the origin. */
  readonly hops: number;
  /** Its anomalies, most severe of each kind of telemetry first. */
  readonly evidence: readonly string[];
}

/** How a failure spread from its origin to those who feel it. */
export interface Propagation {
  readonly origin: string;
  /** From the farthest service that feels it down to the origin; the origin alone where nobody does. */
  readonly path: readonly string[];
  readonly victims: readonly Victim[];
}

const mostVictims = 20;
const mostEvidence = 3;

/**
 * Walks up the call graph from the origin, over callers that are abnormal too.
 *
 * Shape:  victims nearest first, then by name; at most 20. A service that is reached over several callees
 *         waits for the nearest one, of equal ones the first by name.
 */
export function propagationFrom(
  origin: string,
  { topology }: Pick<TelemetrySlice, "topology">,
  anomalies: readonly Anomaly[],
): Propagation {
  const evidence = evidenceByService(anomalies);
  const callers = callersOf(topology.edges);
  const victims: Victim[] = [];
  const below = new Map<string, string>([[origin, origin]]);
  let level = [origin];
  for (let hops = 1; level.length > 0; hops++) {
    const next: string[] = [];
    for (const callee of level) {
      for (const caller of callers.get(callee) ?? []) {
        const ids = evidence.get(caller);
        if (ids === undefined || below.has(caller)) continue;
        below.set(caller, callee);
        next.push(caller);
        victims.push({ service: caller, waitsFor: callee, hops, evidence: ids.slice(0, mostEvidence) });
      }
    }
    level = next.sort();
  }
  return { origin, path: pathFrom(victims, origin, below), victims: victims.slice(0, mostVictims) };
}

function pathFrom(victims: readonly Victim[], origin: string, below: ReadonlyMap<string, string>): string[] {
  const farthest = victims.reduce<Victim | null>(
    (far, victim) => (victim.hops > (far?.hops ?? 0) ? victim : far),
    null,
  );
  const path: string[] = [];
  for (let at = farthest?.service ?? origin; at !== origin; at = below.get(at) ?? origin) path.push(at);
  return [...path, origin];
}

function callersOf(edges: readonly CallEdge[]): Map<string, string[]> {
  const callers = calleesOf(
    edges.map(({ caller, callee, calls }) => ({ caller: callee, callee: caller, calls })),
  );
  return new Map([...callers].map(([service, known]) => [service, [...new Set(known)].sort()]));
}

/** Ids by service, in the order of the anomalies: by kind of telemetry, each by severity. */
function evidenceByService(anomalies: readonly Anomaly[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { service, id } of anomalies) {
    const known = found.get(service);
    if (known === undefined) found.set(service, [id]);
    else known.push(id);
  }
  return found;
}
