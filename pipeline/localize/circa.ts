import { firstRowFrom, metricGrid } from "../metric-grid.ts";
import type { Localizer } from "../ports.ts";
import { fittedAt, linearFit } from "../statistics/linear-fit.ts";
import { quantileOfSorted, robustSpread, sorted } from "../statistics/quantiles.ts";
import { calleesOf } from "../topology.ts";
import type { Anomaly, Candidate, MetricSeries, TelemetrySlice } from "../types.ts";
import { metricEvidence, seriesName, shortNumber } from "./metric-evidence.ts";
import { isCause, metricKind } from "./metric-kinds.ts";
import { incidentOnset } from "./onset.ts";
import { strengthOf } from "./strength.ts";

const mostRows = 480;
const fewestNormal = 20;
/** Each parent takes rows; of more than these the most alike are kept, fewer where rows are short. */
const mostParents = 6;
const rowsPerParent = 8;
/** Three standard deviations of what the parents leave unexplained. */
const clearZ = 3;
const relativeFloor = 0.05;
/** What a metric keeps that explains nothing further along the graph. */
const aloneShare = 0.5;

/** What a metric measures, in the order in which one moves the other inside a service. */
type Signal = "traffic" | "saturation" | "latency" | "errors";

/**
 * Ranks metrics that moved more than what they depend on accounts for: each is predicted, by a regression
 * on normal time, from its own service's traffic and saturation and from the neighbours' on the call
 * graph.
 *
 * Shape:  one candidate per series that is itself out and whose residual is.
 * Units:  strength of the residual, 0 to about 6; half of it depends on how much is out downstream of
 *         the metric, so that of two residuals on one path the cause comes first.
 * Throws: never. Ranks none without a call graph; series with fewer than 20 normal samples are left out.
 * Source: CIRCA (Li et al., KDD 2022): regression-based hypothesis testing and descendant adjustment, on
 *         the structural graph of the four golden signals. Written from its description.
 */
export const circa = {
  name: "circa",
  level: "metric",
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    if (slice.topology.edges.length === 0) return [];
    const nodes = nodesOf(slice);
    const abnormal = nodes.filter(({ z }) => z >= clearZ);
    const bySignal = groupedBySignal(nodes);
    const graph = neighbours(slice);
    const residuals = new Map<Node, number>();
    for (const node of abnormal) {
      const z = residualZ(node, parentsOf(node, bySignal, graph));
      if (z >= clearZ) residuals.set(node, z);
    }
    const adjusted = withDescendants(residuals, bySignal, graph);
    const largest = [...adjusted.values()].reduce((a, b) => Math.max(a, b), 0);
    const evidence = metricEvidence(anomalies);
    return [...residuals].map(([{ series }, z]) => {
      const { service, instance, metric } = series.key;
      const share = (adjusted.get(seriesName(series.key)) ?? 0) / largest;
      return {
        service,
        instance,
        metric,
        symptom: !isCause(metricKind(metric, series.unit)),
        score: strengthOf(z) * (aloneShare + (1 - aloneShare) * share),
        evidence: evidence(series.key),
        why: `Its ${metric} is ${shortNumber(z)} standard deviations from what its own load and its neighbours explain.`,
      };
    });
  },
} as const satisfies Localizer;

interface Node {
  readonly series: MetricSeries;
  readonly signal: Signal;
  readonly column: Float64Array;
  readonly normalRows: readonly number[];
  readonly onsetRow: number;
  /** How far out it is by itself. */
  readonly z: number;
}

type BySignal = ReadonlyMap<string, readonly Node[]>;

interface Neighbours {
  readonly callers: ReadonlyMap<string, readonly string[]>;
  readonly callees: ReadonlyMap<string, readonly string[]>;
}

function nodesOf(slice: TelemetrySlice): Node[] {
  const known = slice.metrics.filter((series) => signalOf(series) !== null);
  const grid = metricGrid(known, mostRows);
  if (grid === null) return [];
  const onset = incidentOnset(slice) ?? slice.window.start;
  const onsetRow = firstRowFrom(grid, onset);
  return known.flatMap((series, index) => {
    const signal = signalOf(series);
    const column = grid.columns[index] ?? null;
    return signal === null || column === null ? [] : (nodeOf(series, signal, column, onsetRow) ?? []);
  });
}

function nodeOf(series: MetricSeries, signal: Signal, column: Float64Array, onsetRow: number): Node | null {
  const normalRows: number[] = [];
  for (let row = 0; row < onsetRow; row++) if (!Number.isNaN(column[row] ?? Number.NaN)) normalRows.push(row);
  if (normalRows.length < fewestNormal) return null;
  const usual = sorted(column.subarray(0, onsetRow));
  const median = quantileOfSorted(usual, 0.5);
  const spread = Math.max(robustSpread(usual), relativeFloor * Math.abs(median), 1e-9);
  let z = 0;
  for (let row = onsetRow; row < column.length; row++) {
    const away = Math.abs((column[row] ?? Number.NaN) - median) / spread;
    if (away > z) z = away;
  }
  return { series, signal, column, normalRows, onsetRow, z };
}

function signalOf({ key, unit }: MetricSeries): Signal | null {
  const { kind, weight } = metricKind(key.metric, unit);
  if (weight === 0) return null;
  switch (kind) {
    case "workload":
      return "traffic";
    case "cpu":
    case "memory":
    case "saturation":
    case "process":
    case "traffic":
      return "saturation";
    case "latency":
    case "errors":
      return kind;
    case "node":
      return null;
  }
}

function groupedBySignal(nodes: readonly Node[]): Map<string, Node[]> {
  const groups = new Map<string, Node[]>();
  for (const node of nodes) {
    const key = groupKey(node.series.key.service, node.signal);
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  return groups;
}

function groupKey(service: string, signal: Signal): string {
  return `${signal}\u0000${service}`;
}

function neighbours({ topology: { edges } }: TelemetrySlice): Neighbours {
  const turned = edges.map(({ caller, callee, calls }) => ({ caller: callee, callee: caller, calls }));
  return { callees: calleesOf(edges), callers: calleesOf(turned) };
}

/** The nodes that move this one: within the service by signal, and across calls. */
function parentsOf({ series, signal }: Node, groups: BySignal, { callers, callees }: Neighbours): Node[] {
  const { service } = series.key;
  const own = (other: Signal) => groups.get(groupKey(service, other)) ?? [];
  const across = (others: readonly string[] | undefined) =>
    [...new Set(others)].flatMap((other) => groups.get(groupKey(other, signal)) ?? []);
  switch (signal) {
    case "traffic":
      return across(callers.get(service));
    case "saturation":
      return [...own("traffic")];
    case "latency":
      return [...own("traffic"), ...own("saturation"), ...across(callees.get(service))];
    case "errors":
      return [...own("traffic"), ...own("saturation"), ...own("latency"), ...across(callees.get(service))];
  }
}

/** Distance of the worst sample after the onset from what the parents predict, in residual deviations. */
function residualZ(node: Node, parents: readonly Node[]): number {
  const { column, normalRows, onsetRow } = node;
  const used = mostAlike(node, parents);
  const columns = used.map((parent) => parent.column);
  const complete = normalRows.filter((row) => columns.every((one) => !Number.isNaN(one[row] ?? Number.NaN)));
  if (used.length === 0 || complete.length < fewestNormal) return node.z;
  const fit = linearFit(column, columns, complete);
  const residuals = complete.map((row) => (column[row] ?? 0) - fittedAt(fit, columns, row));
  const median = quantileOfSorted(sorted(complete.map((row) => column[row] ?? 0)), 0.5);
  const deviation = Math.sqrt(
    residuals.reduce((sum, value) => sum + value * value, 0) / Math.max(1, complete.length - used.length - 1),
  );
  const spread = Math.max(deviation, relativeFloor * Math.abs(median), 1e-9);
  let z = 0;
  for (let row = onsetRow; row < column.length; row++) {
    const away = Math.abs((column[row] ?? Number.NaN) - fittedAt(fit, columns, row)) / spread;
    if (away > z) z = away;
  }
  // A prediction that is further off than no prediction at all comes from outside what was learnt.
  return Math.min(z, node.z);
}

/** Parents by how much they go with the node in normal time; as many as there are rows for. */
function mostAlike(node: Node, parents: readonly Node[]): Node[] {
  const most = Math.min(mostParents, Math.floor(node.normalRows.length / rowsPerParent));
  if (parents.length <= most) return [...parents];
  return parents
    .map((parent) => ({ parent, likeness: likeness(node, parent), name: seriesName(parent.series.key) }))
    .sort((a, b) => b.likeness - a.likeness || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ parent }) => parent);
}

function likeness({ column, normalRows }: Node, parent: Node): number {
  let [n, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (const row of normalRows) {
    const [a, b] = [column[row] ?? Number.NaN, parent.column[row] ?? Number.NaN];
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    n++;
    x += a;
    y += b;
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  const scale = Math.sqrt((xx - (x * x) / n) * (yy - (y * y) / n));
  return scale > 0 ? Math.abs((xy - (x * y) / n) / scale) : 0;
}

/** Each residual plus the largest adjusted one among what it moves. */
function withDescendants(
  residuals: ReadonlyMap<Node, number>,
  groups: BySignal,
  graph: Neighbours,
): Map<string, number> {
  const effects = new Map<Node, Node[]>();
  for (const node of residuals.keys()) {
    for (const parent of parentsOf(node, groups, graph)) {
      if (residuals.has(parent)) effects.set(parent, [...(effects.get(parent) ?? []), node]);
    }
  }
  const adjusted = new Map<Node, number>();
  const open = new Set<Node>();
  const visit = (node: Node): number => {
    const known = adjusted.get(node);
    // On a circle of calls nothing is downstream of itself.
    if (known !== undefined || open.has(node)) return known ?? 0;
    open.add(node);
    const below = (effects.get(node) ?? []).reduce((most, effect) => Math.max(most, visit(effect)), 0);
    open.delete(node);
    const value = (residuals.get(node) ?? 0) + below;
    adjusted.set(node, value);
    return value;
  };
  // Where calls go in a circle the start matters: the furthest out first, whatever it is called.
  const byDistance = [...residuals].sort(
    ([a, z], [b, other]) => other - z || (seriesName(a.series.key) < seriesName(b.series.key) ? -1 : 1),
  );
  for (const [node] of byDistance) visit(node);
  return new Map([...adjusted].map(([node, value]) => [seriesName(node.series.key), value]));
}
