import { type CallPaths, callPaths, type Visit, visitsOf } from "../../detect/call-path.ts";
import type { Span, Trace } from "../../types.ts";

const fewestVisits = 5;
/** Times vary by a tenth anyway; in logarithms. */
const leastSpread = 0.1;
/** A call path that so many of the traces with the same root have is expected of the others. */
const expectedShare = 0.9;
const fewestOfKind = 5;
const mostZ = 20;

/** Which time of a visit: of all of it, of the service's own work, or from its end to its caller's end. */
export type TimeKind = "duration" | "self" | "gap";
export const timeKinds = ["duration", "self", "gap"] as const satisfies readonly TimeKind[];

/** A visit with its times and what normal ones on the same path take. */
export interface MeasuredVisit {
  readonly visit: Visit;
  readonly span: Span;
  /** Position of the caller's visit in the list; -1 for none. */
  readonly caller: number;
  readonly times: Readonly<Record<TimeKind, number>>;
  /** Distance from normal in standard deviations of the logarithm, cut at ±20; null on an unknown path. */
  readonly z: Readonly<Record<TimeKind, number | null>>;
}

export interface MeasuredTrace {
  readonly trace: Trace;
  readonly visits: readonly MeasuredVisit[];
  /** Services of paths that normal traces of this kind have and this one has not, with the caller's. */
  readonly missing: readonly { readonly service: string; readonly caller: string }[];
}

/** What is normal on each call path. */
export interface Baseline {
  readonly traces: number;
  readonly services: ReadonlySet<string>;
  measure(trace: Trace): MeasuredTrace;
}

interface Moments {
  count: number;
  mean: number;
  squares: number;
}

/** Learns normal times and paths from traces without a fault. */
export function traceBaseline(normal: readonly Trace[]): Baseline {
  const paths = callPaths();
  const moments = new Map<string, Moments>();
  const kinds = new Map<string, { traces: number; paths: Map<number, number> }>();
  const services = new Set<string>();
  for (const trace of normal) {
    const visits = timedVisits(trace, paths);
    const kind = kinds.get(kindOf(visits)) ?? { traces: 0, paths: new Map<number, number>() };
    kinds.set(kindOf(visits), kind);
    kind.traces++;
    for (const path of new Set(visits.map(({ visit }) => visit.path))) {
      kind.paths.set(path, (kind.paths.get(path) ?? 0) + 1);
    }
    for (const one of visits) {
      services.add(one.span.service);
      for (const time of timeKinds) learn(moments, keyOf(one, time), Math.log1p(one.times[time]));
    }
  }
  return {
    traces: normal.length,
    services,
    measure(trace) {
      const visits = timedVisits(trace, paths);
      const measured = visits.map((one) => ({
        ...one,
        z: {
          duration: zOf(moments, one, "duration"),
          self: zOf(moments, one, "self"),
          gap: zOf(moments, one, "gap"),
        },
      }));
      return { trace, visits: measured, missing: missingOf(visits, kinds.get(kindOf(visits)), paths) };
    },
  };
}

type TimedVisit = Omit<MeasuredVisit, "z">;

function timedVisits(trace: Trace, paths: CallPaths): TimedVisit[] {
  const visits = visitsOf(trace, paths);
  const at = new Map(visits.map(({ span }, index) => [span, index]));
  return visits.flatMap((visit) => {
    const span = trace.spans[visit.span];
    if (span === undefined) return [];
    const parent = trace.spans[trace.parents[visit.span] ?? -1];
    const gap = parent === undefined ? 0 : parent.start + parent.durationMs - span.start - span.durationMs;
    return [
      {
        visit,
        span,
        caller: callerOf(trace, visit.span, at),
        times: { duration: visit.durationMs, self: visit.selfMs, gap: Math.max(0, gap) },
      },
    ];
  });
}

/** The nearest span above that entered a service; a circle of parents ends somewhere. */
function callerOf({ parents }: Trace, span: number, visitAt: ReadonlyMap<number, number>): number {
  let above = parents[span] ?? -1;
  for (let steps = 0; above >= 0 && steps < parents.length; steps++) {
    const visit = visitAt.get(above);
    if (visit !== undefined) return visit;
    above = parents[above] ?? -1;
  }
  return -1;
}

function kindOf(visits: readonly TimedVisit[]): string {
  const root = visits[0]?.span;
  return root === undefined ? "" : `${root.service}\n${root.operation}`;
}

function keyOf({ visit, span }: TimedVisit, time: TimeKind): string {
  return `${time}\n${visit.path}\n${span.operation}`;
}

function learn(moments: Map<string, Moments>, key: string, value: number): void {
  const known = moments.get(key) ?? { count: 0, mean: 0, squares: 0 };
  known.count++;
  const away = value - known.mean;
  known.mean += away / known.count;
  known.squares += away * (value - known.mean);
  moments.set(key, known);
}

function zOf(moments: ReadonlyMap<string, Moments>, one: TimedVisit, time: TimeKind): number | null {
  const known = moments.get(keyOf(one, time));
  if (known === undefined || known.count < fewestVisits) return null;
  const spread = Math.max(leastSpread, Math.sqrt(known.squares / (known.count - 1)));
  const z = (Math.log1p(one.times[time]) - known.mean) / spread;
  return Math.max(-mostZ, Math.min(mostZ, z));
}

function missingOf(
  visits: readonly TimedVisit[],
  kind: { traces: number; paths: ReadonlyMap<number, number> } | undefined,
  paths: CallPaths,
): { service: string; caller: string }[] {
  if (kind === undefined || kind.traces < fewestOfKind) return [];
  const seen = new Set(visits.map(({ visit }) => visit.path));
  const missing = [...kind.paths]
    .filter(([path, traces]) => traces >= expectedShare * kind.traces && !seen.has(path))
    .map(([path]) => path);
  // What was to be called further down is not missing by itself.
  return missing
    .filter((path) => !missing.includes(paths.parentOf(path)))
    .map((path) => ({ service: paths.serviceOf(path), caller: paths.serviceOf(paths.parentOf(path)) }));
}
