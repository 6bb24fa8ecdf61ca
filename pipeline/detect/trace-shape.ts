import type { Trace } from "../types.ts";
import { type CallPaths, clearStart, unclearStart, type Visit, visitsOf } from "./call-path.ts";

/** The slowest visit of one call path in a trace. */
export interface PathTime {
  readonly path: number;
  readonly span: number;
  readonly totalMs: number;
  readonly selfMs: number;
}

/** What a trace looks like: which call paths it has and how long each took. */
export interface TraceShape {
  readonly trace: Trace;
  /** Service and operation of its first root; null where no root was seen. */
  readonly root: string | null;
  /** Call paths that begin at a root, ascending. */
  readonly paths: readonly number[];
  /** The same as a key. */
  readonly pathSet: string;
  readonly times: ReadonlyMap<number, PathTime>;
  /** Share of the spans that hang below a lost parent. */
  readonly orphanShare: number;
  /** Services that were reached from a lost parent. */
  readonly orphanServices: readonly string[];
}

/** As in TraceAnomaly, the longest time counts where a path occurs several times. */
export function shapeOf(trace: Trace, paths: CallPaths): TraceShape {
  const times = new Map<number, PathTime>();
  const orphanServices = new Set<string>();
  for (const visit of visitsOf(trace, paths)) {
    if (beginning(visit.path, paths) === unclearStart) {
      if (paths.parentOf(visit.path) === unclearStart) orphanServices.add(paths.serviceOf(visit.path));
      continue;
    }
    times.set(visit.path, slower(times.get(visit.path), visit));
  }
  const root = trace.spans.find(({ parentId }) => parentId === null);
  const found = [...times.keys()].sort((a, b) => a - b);
  return {
    trace,
    root: root === undefined ? null : `${root.service}\n${root.operation}`,
    paths: found,
    pathSet: found.join(","),
    times,
    orphanShare: orphanServices.size === 0 ? 0 : orphanShare(trace),
    orphanServices: [...orphanServices].sort(),
  };
}

function slower(known: PathTime | undefined, { path, span, durationMs, selfMs }: Visit): PathTime {
  if (known === undefined) return { path, span, totalMs: durationMs, selfMs };
  const longer = durationMs > known.totalMs;
  return {
    path,
    span: longer ? span : known.span,
    totalMs: longer ? durationMs : known.totalMs,
    selfMs: Math.max(selfMs, known.selfMs),
  };
}

function beginning(path: number, paths: CallPaths): number {
  let at = path;
  while (at > unclearStart) at = paths.parentOf(at);
  return at === clearStart ? clearStart : unclearStart;
}

/** Every span inherits from its parent whether its beginning was lost. */
function orphanShare({ spans, parents }: Trace): number {
  const lost = new Int8Array(spans.length).fill(-1);
  const chain: number[] = [];
  let count = 0;
  for (let i = 0; i < spans.length; i++) {
    let at = i;
    while (at >= 0 && lost[at] === -1) {
      lost[at] = spans[at]?.parentId === null ? 0 : 1;
      chain.push(at);
      at = parents[at] ?? -1;
    }
    for (let index = chain.pop(); index !== undefined; index = chain.pop()) {
      const parent = parents[index] ?? -1;
      if (parent >= 0) lost[index] = lost[parent] ?? 1;
      if (lost[index] === 1) count++;
    }
  }
  return count / spans.length;
}
