import type { Trace } from "../../types.ts";
import type { MeasuredTrace, MeasuredVisit } from "./baseline.ts";

/** What is known of a service's resources in the window, as strengths (0 to about 6). */
export interface Resources {
  readonly cpu: number;
  readonly memory: number;
  readonly saturation: number;
}

/** One service in one trace, as the classifiers see it. */
export interface ServiceVector {
  readonly service: string;
  readonly values: Float64Array;
}

/** In this order; the list is part of what a fitted model stands for. */
export const serviceFeatures = [
  "present",
  "calls",
  "instances",
  "worst duration z",
  "worst self z",
  "mean self z",
  "worst gap z",
  "share of the excess",
  "share of the gap excess",
  "share of the root's duration",
  "place by self z",
  "failed",
  "callee failed",
  "caller failed",
  "missing",
  "callees missing",
  "missing elsewhere",
  "callee self z",
  "callee duration z",
  "callee gap z",
  "caller self z",
  "caller duration z",
  "depth",
  "deepest slow",
  "faster",
  "root duration z",
  "failed spans",
  "services",
  "resources known",
  "cpu",
  "memory",
  "saturation",
] as const;

export const traceFeatures = [
  "root duration z",
  "worst duration z",
  "worst self z",
  "worst gap z",
  "least duration z",
  "failed spans",
  "missing",
  "unknown paths",
  "services",
  "spans",
  "depth",
] as const;

/** Times are out from here on. */
const slowZ = 3;

/**
 * One vector for each service that is in the trace, or that should be. Everything is relative to what is
 * normal on the same call path and to the rest of the trace, so that what was learnt of one service holds
 * for others.
 *
 * Source: MEPFL's configuration, resource, instance and interaction features (Zhou et al., ESEC/FSE 2019) as
 *         far as telemetry gives them.
 */
export function serviceVectors(
  measured: MeasuredTrace,
  resources: ReadonlyMap<string, Resources>,
): ServiceVector[] {
  const { visits, missing } = measured;
  const services = [
    ...new Set([...visits.map(({ span }) => span.service), ...missing.map(({ service }) => service)]),
  ];
  const whole = wholeOf(measured);
  const selfZ = new Map(services.map((service) => [service, worst(visitsIn(visits, service), "self")]));
  const byZ = [...selfZ.values()].sort((a, b) => b - a);
  return services.sort().map((service) => {
    const own = visitsIn(visits, service);
    const positions = new Set(own.map((one) => visits.indexOf(one)));
    const callees = visits.filter(({ caller, span }) => positions.has(caller) && span.service !== service);
    const callers = own.flatMap(({ caller }) => visits[caller] ?? []);
    const depth = own.reduce((most, one) => Math.max(most, depthOf(one, visits)), 0);
    const known = resources.get(service);
    const ownSelf = selfZ.get(service) ?? 0;
    return {
      service,
      values: Float64Array.from([
        own.length > 0 ? 1 : 0,
        Math.log1p(own.length),
        new Set(own.map(({ span }) => span.instance)).size,
        worst(own, "duration"),
        ownSelf,
        mean(own.map(({ z }) => z.self ?? 0)),
        worst(own, "gap"),
        share(excess(own, "self"), whole.selfExcess),
        share(excess(own, "gap"), whole.gapExcess),
        share(sum(own.map(({ times }) => times.self)), whole.rootMs),
        byZ.indexOf(ownSelf) / Math.max(1, services.length - 1),
        failed(own),
        failed(callees),
        failed(callers),
        missing.filter((one) => one.service === service).length,
        missing.filter((one) => one.caller === service).length,
        missing.filter((one) => one.service !== service && one.caller !== service).length,
        worst(callees, "self"),
        worst(callees, "duration"),
        worst(callees, "gap"),
        worst(callers, "self"),
        worst(callers, "duration"),
        depth / Math.max(1, whole.depth),
        whole.slowDepth >= 0 && depth === whole.slowDepth && ownSelf > slowZ ? 1 : 0,
        own.reduce((least, { z }) => Math.min(least, z.duration ?? 0), 0),
        whole.rootZ,
        whole.failed,
        Math.log1p(services.length),
        known === undefined ? 0 : 1,
        known?.cpu ?? 0,
        known?.memory ?? 0,
        known?.saturation ?? 0,
      ]),
    };
  });
}

/** The whole trace in one vector, for whether it has a fault at all. */
export function traceVector(measured: MeasuredTrace): Float64Array {
  const { visits, missing, trace } = measured;
  const whole = wholeOf(measured);
  return Float64Array.from([
    whole.rootZ,
    worst(visits, "duration"),
    worst(visits, "self"),
    worst(visits, "gap"),
    visits.reduce((least, { z }) => Math.min(least, z.duration ?? 0), 0),
    whole.failed,
    missing.length,
    visits.filter(({ z }) => z.duration === null).length,
    Math.log1p(new Set(visits.map(({ span }) => span.service)).size),
    Math.log1p(trace.spans.length),
    whole.depth,
  ]);
}

/**
 * The vector that the authors of the seed ran: how many services there are, how many are in the trace, and for
 * each in a fixed order its duration, status and duration less the longest child's.
 *
 * Shape:  2 + 3 for each service; a later span of a service overwrites an earlier one, breadth first.
 */
export function authorsVector(
  { spans, parents }: Trace,
  services: readonly string[],
  statusOf: (span: number) => number,
): Float64Array {
  const vector = new Float64Array(2 + 3 * services.length);
  vector[0] = services.length;
  vector[1] = new Set(spans.map(({ service }) => service)).size;
  const children = spans.map((_, at) => spans.flatMap((_, child) => (parents[child] === at ? [child] : [])));
  let level = spans.flatMap((_, at) => ((parents[at] ?? -1) < 0 ? [at] : []));
  const seen = new Set(level);
  while (level.length > 0) {
    for (const at of level) {
      const position = services.indexOf(spans[at]?.service ?? "");
      if (position < 0) continue;
      const duration = spans[at]?.durationMs ?? 0;
      const longest = (children[at] ?? []).reduce(
        (most, child) => Math.max(most, spans[child]?.durationMs ?? 0),
        0,
      );
      vector.set([duration, statusOf(at), duration - longest], 2 + 3 * position);
    }
    const next = level.flatMap((at) => children[at] ?? []).filter((child) => !seen.has(child));
    for (const child of next) seen.add(child);
    level = next.sort((a, b) => (spans[a]?.start ?? 0) - (spans[b]?.start ?? 0));
  }
  return vector;
}

function wholeOf({ visits }: MeasuredTrace) {
  const slow = visits.filter(({ z }) => (z.self ?? 0) > slowZ);
  return {
    selfExcess: excess(visits, "self"),
    gapExcess: excess(visits, "gap"),
    rootMs: visits[0]?.times.duration ?? 0,
    rootZ: visits[0]?.z.duration ?? 0,
    failed: failed(visits),
    depth: visits.reduce((most, one) => Math.max(most, depthOf(one, visits)), 0),
    slowDepth: slow.reduce((most, one) => Math.max(most, depthOf(one, visits)), -1),
  };
}

function visitsIn(visits: readonly MeasuredVisit[], service: string): MeasuredVisit[] {
  return visits.filter(({ span }) => span.service === service);
}

function depthOf({ caller }: MeasuredVisit, visits: readonly MeasuredVisit[]): number {
  let depth = 0;
  for (let at = caller; at >= 0 && depth < visits.length; at = visits[at]?.caller ?? -1) depth++;
  return depth;
}

function worst(visits: readonly MeasuredVisit[], time: "duration" | "self" | "gap"): number {
  return visits.reduce((most, { z }) => Math.max(most, z[time] ?? 0), 0);
}

/** Time beyond three deviations' worth, in z-weighted milliseconds: what is out counts by how long it is. */
function excess(visits: readonly MeasuredVisit[], time: "self" | "gap"): number {
  return sum(visits.map(({ z, times }) => ((z[time] ?? 0) > slowZ ? times[time] : 0)));
}

function failed(visits: readonly MeasuredVisit[]): number {
  return visits.filter(({ span }) => span.status === "error").length;
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}
