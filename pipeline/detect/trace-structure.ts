import { type CallPaths, clearStart } from "./call-path.ts";
import type { TraceShape } from "./trace-shape.ts";

/** A trace is held against so many sets at most, the commonest: with more, each is seen once or twice and no norm. */
const mostCompared = 200;

/** How a trace's call paths differ from the nearest normal trace: topmost differing paths only. */
export interface PathDifference {
  readonly added: readonly number[];
  readonly removed: readonly number[];
  /** The service below which calls are missing, or else the one that should not have been called. */
  readonly service: string;
}

/** Compares a trace with the normal ones; null where it is like one of them. */
export type CompareStructure = (shape: TraceShape, isNormal: boolean) => PathDifference | null;

/**
 * Learns which sets of call paths requests of one root operation normally have.
 *
 * Shape:  a path of the trace that no normal trace has is `added`. `removed` are the paths of the most
 *         similar normal set (Jaccard; ties by how often it occurs, then by its key) that are missing;
 *         paths into services whose parent span was lost are not taken for missing.
 *         With `isNormal`, the trace is one of those learned from and is left out.
 * Source: ALGORITHMS 4.4 (structural), after TraceAnomaly's unseen call paths; nothing is left to a
 *         likelihood here, so whoever asks must check that a difference is rare among normal traces.
 */
export function structureOf(normal: readonly TraceShape[], paths: CallPaths): CompareStructure {
  const byRoot = new Map<string, Map<string, KnownSet>>();
  for (const shape of normal) {
    if (shape.root === null) continue;
    const sets = byRoot.get(shape.root) ?? new Map<string, KnownSet>();
    const known = sets.get(shape.pathSet);
    if (known === undefined) sets.set(shape.pathSet, { key: shape.pathSet, paths: shape.paths, count: 1 });
    else known.count++;
    byRoot.set(shape.root, sets);
  }
  const common = new Map([...byRoot].map(([root, sets]) => [root, commonest([...sets.values()])]));
  const nearest = new Map<string, KnownSet | null>();
  return (shape, isNormal) => {
    const sets = byRoot.get(shape.root ?? "");
    if (sets === undefined) return null;
    const own = sets.get(shape.pathSet)?.count ?? 0;
    if (own > (isNormal ? 1 : 0)) return null;
    const id = `${shape.root}|${shape.pathSet}`;
    const found = nearest.get(id);
    const closest = found === undefined ? mostSimilar(shape, common.get(shape.root ?? "") ?? []) : found;
    nearest.set(id, closest);
    return closest === null ? null : difference(shape, closest, paths);
  };
}

interface KnownSet {
  readonly key: string;
  readonly paths: readonly number[];
  count: number;
}

function commonest(sets: readonly KnownSet[]): KnownSet[] {
  return [...sets].sort((a, b) => (precedes(a, b) ? -1 : 1)).slice(0, mostCompared);
}

function mostSimilar(shape: TraceShape, sets: readonly KnownSet[]): KnownSet | null {
  const own = new Set(shape.paths);
  let best: KnownSet | null = null;
  let most = -1;
  for (const candidate of sets) {
    if (candidate.key === shape.pathSet) continue;
    let shared = 0;
    for (const path of candidate.paths) if (own.has(path)) shared++;
    const similarity = shared / (own.size + candidate.paths.length - shared);
    if (similarity > most || (similarity === most && best !== null && precedes(candidate, best))) {
      best = candidate;
      most = similarity;
    }
  }
  return best;
}

function precedes(a: KnownSet, b: KnownSet): boolean {
  return a.count > b.count || (a.count === b.count && a.key < b.key);
}

function difference(shape: TraceShape, closest: KnownSet, paths: CallPaths): PathDifference | null {
  const added = topmost(shape.paths, new Set(closest.paths), paths);
  const lost = new Set(shape.orphanServices);
  const removed = topmost(closest.paths, new Set(shape.paths), paths).filter(
    (path) => !lost.has(paths.serviceOf(path)),
  );
  const broken = deepest(removed, paths);
  const fresh = deepest(added, paths);
  if (broken !== null) {
    return { added, removed, service: paths.serviceOf(paths.parentOf(broken)) || paths.serviceOf(broken) };
  }
  return fresh === null ? null : { added, removed, service: paths.serviceOf(fresh) };
}

/** Paths that `others` lacks and whose parent it has (or that begin there). */
function topmost(candidates: readonly number[], others: ReadonlySet<number>, paths: CallPaths): number[] {
  return candidates.filter((path) => {
    const parent = paths.parentOf(path);
    return !others.has(path) && (parent === clearStart || others.has(parent));
  });
}

function deepest(candidates: readonly number[], paths: CallPaths): number | null {
  let found: number | null = null;
  for (const path of candidates) {
    if (found === null || paths.depthOf(path) > paths.depthOf(found)) found = path;
  }
  return found;
}
