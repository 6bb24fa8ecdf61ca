import type { Trace } from "../types.ts";

/** Deeper than this, calls count to the path above them: retry storms and bad data end here. */
const deepest = 30;

/** Paths that begin at a true root, and those whose beginning was lost. */
export const clearStart = 0;
export const unclearStart = 1;

/**
 * Numbers for call paths, the service names from the root down. The numbers of one interner can be
 * compared with each other; 0 and 1 stand for the beginnings.
 */
export interface CallPaths {
  child(parent: number, service: string): number;
  parentOf(path: number): number;
  depthOf(path: number): number;
  /** Last service of the path; "" for a beginning. */
  serviceOf(path: number): string;
  servicesOf(path: number): string[];
}

export function callPaths(): CallPaths {
  const parents = [-1, -1];
  const depths = [0, 0];
  const services = ["", ""];
  const children: Map<string, number>[] = [new Map(), new Map()];
  return {
    child(parent, service) {
      const known = children[parent]?.get(service);
      if (known !== undefined) return known;
      const path = parents.length;
      parents.push(parent);
      depths.push((depths[parent] ?? 0) + 1);
      services.push(service);
      children.push(new Map());
      children[parent]?.set(service, path);
      return path;
    },
    parentOf: (path) => parents[path] ?? -1,
    depthOf: (path) => depths[path] ?? 0,
    serviceOf: (path) => services[path] ?? "",
    servicesOf(path) {
      const names: string[] = [];
      for (let at = path; at > unclearStart; at = parents[at] ?? -1) names.push(services[at] ?? "");
      return names.reverse();
    },
  };
}

/** One stay of a request in a service: a span that another service (or nobody) called, and its inner spans. */
export interface Visit {
  readonly path: number;
  /** Position of the span that entered the service. */
  readonly span: number;
  readonly durationMs: number;
  /** Duration less the time in which synchronous calls to other services ran. */
  readonly selfMs: number;
}

/**
 * The visits of a trace with their call paths at service level: repeated calls have the same path, and
 * spans inside one service make no step.
 *
 * Shape:  one visit per change of service, in the order of the spans; the order in which spans of equal
 *         times came changes nothing but the positions.
 * Units:  milliseconds. A callee whose clock runs early is moved to its caller's start; one that ends
 *         after its caller is asynchronous and takes nothing off the caller's own time.
 * Throws: never; parents on a cycle have lost their beginning.
 * Source: TraceAnomaly's service trace vector (Liu et al., ISSRE 2020), at service level.
 */
export function visitsOf(trace: Trace, paths: CallPaths): Visit[] {
  const { spans } = trace;
  const open: OpenVisit[] = [];
  const visitOf = new Int32Array(spans.length).fill(notSeen);
  const chain: number[] = [];
  for (let i = 0; i < spans.length; i++) {
    let at = i;
    while (at >= 0 && visitOf[at] === notSeen) {
      visitOf[at] = onChain;
      chain.push(at);
      at = trace.parents[at] ?? -1;
    }
    for (let index = chain.pop(); index !== undefined; index = chain.pop()) {
      visitOf[index] = enter(trace, index, visitOf, open, paths);
    }
  }
  return open.map(({ path, span, calls }) => {
    const durationMs = spans[span]?.durationMs ?? 0;
    return { path, span, durationMs, selfMs: Math.max(0, durationMs - covered(calls)) };
  });
}

const notSeen = -1;
const onChain = -2;

interface OpenVisit {
  readonly path: number;
  readonly span: number;
  /** Start and end of the synchronous calls to other services, relative to this visit's start. */
  readonly calls: [number, number][];
}

/** Position of the visit that span `index` belongs to; its parent's is known by now. */
function enter(
  { spans, parents }: Trace,
  index: number,
  visitOf: Int32Array,
  open: OpenVisit[],
  paths: CallPaths,
): number {
  const span = spans[index];
  const caller = visitOf[parents[index] ?? -1] ?? notSeen;
  const above = open[caller];
  if (span === undefined) return notSeen;
  if (above === undefined) {
    const start = span.parentId === null ? clearStart : unclearStart;
    return open.push({ path: paths.child(start, span.service), span: index, calls: [] }) - 1;
  }
  if (paths.serviceOf(above.path) === span.service || paths.depthOf(above.path) >= deepest) return caller;
  const entry = spans[above.span];
  const begin = Math.max(0, span.start - (entry?.start ?? span.start));
  if (begin + span.durationMs <= (entry?.durationMs ?? 0)) {
    above.calls.push([begin, begin + span.durationMs]);
  }
  return open.push({ path: paths.child(above.path, span.service), span: index, calls: [] }) - 1;
}

/** Length of the union of intervals. */
function covered(intervals: [number, number][]): number {
  intervals.sort((a, b) => a[0] - b[0]);
  let total = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [start, end] of intervals) {
    if (end <= until) continue;
    total += end - Math.max(start, until);
    until = end;
  }
  return total;
}
