import type { AnomalyDetector } from "../ports.ts";
import type { SlowNode, Span, TelemetrySlice, TimeWindow, Trace, TraceAnomaly } from "../types.ts";
import { type CallPaths, callPaths } from "./call-path.ts";
import { deepestFailing } from "./failing-span.ts";
import { type PathLimits, pathLimits } from "./path-limits.ts";
import { type Finding, groupFindings, lookedAt, normallySeen, type Rates } from "./trace-groups.ts";
import { shapeOf, type TraceShape } from "./trace-shape.ts";
import { type CompareStructure, structureOf } from "./trace-structure.ts";

/** Above this share of spans below a lost parent, a trace is incomplete, whatever its structure. */
const incompleteShare = 0.2;
/** Without normal traces, one that begins this soon in the window may have begun before it. */
const usualLongestMs = 10_000;
const longestEdgeMs = 60_000;
const mostSlowNodes = 10;
/** A trace is told from six standard deviations on, as the authors do; its slow nodes from three on. */
const smallestZ = 6;
/** Nobody waits noticeably for less. */
const smallestExcessMs = 10;
/** A suspect's own excess is at least this share of the largest: a few ms deep down explain no second. */
const suspectShare = 0.25;

/**
 * Finds traces that are unlike normal ones: other call paths (structural), longer times (timeout),
 * failed spans (error), lost parents (incomplete).
 *
 * Shape:  one anomaly per kind and same difference, suspect or failing call; the example shown is the
 *         first of its traces. Traces of a structural anomaly are no timeouts as well. Without normal
 *         traces only error and incomplete can be told (`traceBaselineSize`).
 * Units:  severity on the common strength scale, 0 to about 6: for timeouts log2(1 + z) of the group's
 *         median, for the others by how improbable so many are when normal traces set the rate.
 * Throws: never. Linear in the spans, but for sorting.
 * Source: paper III-B2 and III-B3; TraceAnomaly's rules without its likelihood (ALGORITHMS 4.4, cold
 *         start). Ours: a group must be more frequent than among normal traces, each judged by the
 *         others, at p < 0.01 (a rule that flags normal traces just as often says nothing); six standard
 *         deviations and 10 ms somewhere in a trace that timed out; and a suspect is the deepest span
 *         whose own time explains a quarter of the delay, not just the deepest one over its limit.
 */
export const traceRules = {
  name: "trace-rules",
  modality: "trace",
  detect(slice: TelemetrySlice): TraceAnomaly[] {
    const paths = callPaths();
    const reference = slice.traces.reference.map((trace) => shapeOf(trace, paths));
    const normal = reference.filter((shape) => isWhole(shape, slice.referencePeriods.trace));
    const window = slice.traces.window.map((trace) => shapeOf(trace, paths));
    const whole = window.filter((shape) => isWhole(shape, [slice.window]));

    const broken = structural(normal, whole, paths);
    const differing = new Set(broken.flatMap(({ traceIds }) => traceIds));
    const rooted = window.filter(({ root, trace }) => root !== null && !differing.has(trace.traceId));
    const slow = timeouts(normal, rooted, paths);
    const cut = edgeMs(normal);
    const inside = window.filter(
      ({ root, trace }) => root !== null || trace.start >= slice.window.start + cut,
    );
    return [...broken, ...slow, ...errors(reference, window, paths), ...incomplete(reference, inside, paths)];
  },
} as const satisfies AnomalyDetector;

/** How many normal traces there are to compare with: whole ones, from root to end. */
export function traceBaselineSize(slice: TelemetrySlice): number {
  const paths = callPaths();
  return slice.traces.reference.filter((trace) =>
    isWhole(shapeOf(trace, paths), slice.referencePeriods.trace),
  ).length;
}

/** Seen from root to end: with its root, hardly a lost parent, and not cut off by the period's end. */
function isWhole({ root, orphanShare, trace }: TraceShape, periods: readonly TimeWindow[]): boolean {
  if (root === null || orphanShare > incompleteShare) return false;
  const period = periods.find(({ start, end }) => trace.start >= start && trace.start < end);
  return period === undefined || trace.end < period.end;
}

/** A trace without a root this near to the window's start has probably begun before it. */
function edgeMs(normal: readonly TraceShape[]): number {
  if (normal.length === 0) return usualLongestMs;
  const longest = normal.reduce((most, { trace }) => Math.max(most, trace.end - trace.start), 0);
  return Math.min(longest, longestEdgeMs);
}

function structural(
  normal: readonly TraceShape[],
  whole: readonly TraceShape[],
  paths: CallPaths,
): TraceAnomaly[] {
  const compare = structureOf(normal, paths);
  const find = (shapes: readonly TraceShape[], isNormal: boolean) =>
    shapes.flatMap((shape) => differing(shape, compare, isNormal, paths) ?? []);
  const rates: Rates = {
    ...lookedAt(tracesOf(whole)),
    ...normallySeen(tracesOf(normal)),
    normal: find(normal, true),
    by: "any",
    fewest: 2,
  };
  return groupFindings(find(whole, false), rates);
}

function differing(
  shape: TraceShape,
  compare: CompareStructure,
  isNormal: boolean,
  paths: CallPaths,
): Finding | null {
  const found = compare(shape, isNormal);
  if (found === null) return null;
  const added = found.added.map((path) => named(path, paths)).sort();
  const removed = found.removed.map((path) => named(path, paths)).sort();
  return {
    kind: "structural",
    trace: shape.trace,
    key: [...added, "", ...removed].join("\n"),
    service: found.service,
    instance: instanceOf(shape.trace, found.service),
    z: null,
    callPath: longestPath(shape, null, paths),
    added,
    removed,
    slowNodes: [],
  };
}

function timeouts(
  normal: readonly TraceShape[],
  window: readonly TraceShape[],
  paths: CallPaths,
): TraceAnomaly[] {
  const limits = pathLimits(normal, paths);
  const find = (shapes: readonly TraceShape[], isNormal: boolean) =>
    shapes.flatMap((shape) => tooSlow(shape, limits, isNormal, paths) ?? []);
  const rates: Rates = {
    ...lookedAt(tracesOf(window)),
    ...normallySeen(tracesOf(normal)),
    normal: find(normal, true),
    by: "service",
    fewest: 1,
  };
  return groupFindings(find(window, false), rates);
}

function tooSlow(shape: TraceShape, limits: PathLimits, isNormal: boolean, paths: CallPaths): Finding | null {
  const slow: { path: number; z: number; selfExcess: number; node: SlowNode }[] = [];
  for (const time of shape.times.values()) {
    const limit = limits(shape, time, isNormal);
    const span = shape.trace.spans[time.span];
    if (limit === null || span === undefined || time.totalMs <= limit.limitMs) continue;
    slow.push({
      path: time.path,
      z: (time.totalMs - limit.meanMs) / limit.stdMs,
      selfExcess: time.selfMs - limit.selfLimitMs,
      node: slowNode(span, limit.limitMs),
    });
  }
  const byDepth = slow.sort(
    (a, b) => paths.depthOf(b.path) - paths.depthOf(a.path) || b.selfExcess - a.selfExcess || b.z - a.z,
  );
  const worst = slow.reduce((most, { z }) => Math.max(most, z), 0);
  const longest = slow.reduce((most, { node }) => Math.max(most, node.excessMs), 0);
  if (worst < smallestZ || longest < smallestExcessMs) return null;
  const largest = slow.reduce((most, { selfExcess }) => Math.max(most, selfExcess), 0);
  const suspect = byDepth.find(({ selfExcess }) => selfExcess > 0 && selfExcess >= suspectShare * largest);
  const blamed = suspect ?? byDepth[0];
  if (blamed === undefined) return null;
  const nodes = byDepth
    .map(({ node, ...rest }) => ({ ...rest, node: { ...node, suspect: rest.path === suspect?.path } }))
    .sort((a, b) => paths.depthOf(a.path) - paths.depthOf(b.path) || b.node.excessMs - a.node.excessMs);
  return {
    kind: "timeout",
    trace: shape.trace,
    key: blamed.node.service,
    service: blamed.node.service,
    instance: blamed.node.instance,
    z: worst,
    callPath: longestPath(shape, blamed.path, paths),
    added: [],
    removed: [],
    slowNodes: kept(nodes.map(({ node }) => node)),
  };
}

function slowNode({ service, instance, operation, durationMs }: Span, limitMs: number): SlowNode {
  return {
    service,
    instance,
    operation,
    durationMs,
    limitMs,
    excessMs: durationMs - limitMs,
    suspect: false,
  };
}

/** The first of them, and the suspect in any case. */
function kept(nodes: readonly SlowNode[]): SlowNode[] {
  const shown = nodes.slice(0, mostSlowNodes);
  const suspect = nodes.find((node) => node.suspect);
  return suspect === undefined || shown.includes(suspect) ? shown : [...shown.slice(0, -1), suspect];
}

function errors(
  reference: readonly TraceShape[],
  window: readonly TraceShape[],
  paths: CallPaths,
): TraceAnomaly[] {
  const find = (shapes: readonly TraceShape[]) => shapes.flatMap((shape) => failed(shape, paths) ?? []);
  const rates: Rates = {
    ...lookedAt(tracesOf(window)),
    ...normallySeen(tracesOf(reference)),
    normal: find(reference),
    by: "service",
    fewest: 1,
  };
  return groupFindings(find(window), rates);
}

function failed(shape: TraceShape, paths: CallPaths): Finding | null {
  const found = deepestFailing(shape.trace);
  if (found === null) return null;
  const { span, services } = found;
  return {
    kind: "error",
    trace: shape.trace,
    key: `${span.service}\n${span.operation}`,
    service: span.service,
    instance: span.instance,
    z: null,
    callPath: services.length > 0 ? services : longestPath(shape, null, paths),
    added: [],
    removed: [],
    slowNodes: [],
  };
}

function incomplete(
  reference: readonly TraceShape[],
  window: readonly TraceShape[],
  paths: CallPaths,
): TraceAnomaly[] {
  const find = (shapes: readonly TraceShape[]) =>
    shapes
      .filter(({ orphanShare }) => orphanShare > incompleteShare)
      .map((shape): Finding => {
        const service = shape.orphanServices[0] ?? "";
        return {
          kind: "incomplete",
          trace: shape.trace,
          key: service,
          service,
          instance: instanceOf(shape.trace, service),
          z: null,
          callPath: longestPath(shape, null, paths),
          added: [],
          removed: [],
          slowNodes: [],
        };
      });
  const rates: Rates = {
    ...lookedAt(tracesOf(window)),
    ...normallySeen(tracesOf(reference)),
    normal: find(reference),
    by: "service",
    fewest: 1,
  };
  return groupFindings(find(window), rates);
}

/** The deepest call path of the trace, through `through` where that is given. */
function longestPath(shape: TraceShape, through: number | null, paths: CallPaths): string[] {
  let longest = through;
  for (const path of shape.paths) {
    if (through !== null && !leadsThrough(path, through, paths)) continue;
    if (longest === null || paths.depthOf(path) > paths.depthOf(longest)) longest = path;
  }
  return longest === null ? [] : paths.servicesOf(longest);
}

function leadsThrough(path: number, through: number, paths: CallPaths): boolean {
  let at = path;
  while (paths.depthOf(at) > paths.depthOf(through)) at = paths.parentOf(at);
  return at === through;
}

function named(path: number, paths: CallPaths): string {
  return paths.servicesOf(path).join(" -> ");
}

function instanceOf(trace: Trace, service: string): string | null {
  return trace.spans.find((span) => span.service === service)?.instance ?? null;
}

function tracesOf(shapes: readonly TraceShape[]): Trace[] {
  return shapes.map(({ trace }) => trace);
}
