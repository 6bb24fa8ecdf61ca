import { type CausalEdge, causalGraph } from "./causal-graph.ts";
import { correlationsOf, partialCorrelation } from "./partial-correlation.ts";
import { expectedVisits, type Link, transitions } from "./random-walk.ts";

export interface WalkOptions {
  /** Share of the visits in a score; the rest is how abnormal a metric is. */
  readonly lambda: number;
  readonly steps: number;
  readonly longestLag: number;
  /** Level of the edges; chosen by the number of columns where it is not given. */
  readonly edgeLevel?: number;
  /**
   * What an edge is taken for. `effects` walks to symptoms, as the published codes do by mistake; for
   * comparison only.
   */
  readonly walkTo: "causes" | "effects";
}

export interface WalkResult {
  /** 0 to 1 for each column. */
  readonly scores: readonly number[];
  readonly edges: readonly CausalEdge[];
  /** Samples that every test rests on. */
  readonly points: number;
  /** Whether anything leads on from the front; if not, the walk starts everywhere. */
  readonly isConnected: boolean;
}

/** More tests than this many columns make need the correction for their number. */
const fewColumns = 20;
const mostConditions = 5;

/**
 * Learns which columns move before which, walks from the front against that, and weighs the visits with
 * how abnormal each column is by itself.
 *
 * Source: PCTS and TCORW of MicroCause (Meng et al., IWQoS 2020), with expected visits in place of
 *         sampled ones, so that the same data always gives the same scores.
 */
export function rootCauseWalk(
  columns: readonly Float64Array[],
  front: number,
  degrees: readonly number[],
  { lambda, steps, walkTo, ...graph }: WalkOptions,
): WalkResult {
  const controlsFalse = columns.length > fewColumns;
  const { edges, points } = causalGraph(columns, { controlsFalse, ...graph });
  const links: readonly Link[] =
    walkTo === "causes" ? edges : edges.map(({ cause, effect }) => ({ cause: effect, effect: cause }));
  const likeness = likenessToFront(columns, front, links);
  const rows = transitions(links, likeness, front);
  const isConnected = (rows[front]?.[front] ?? 1) < 1;
  const start = new Float64Array(columns.length);
  if (isConnected) start[front] = 1;
  else spread(start, (at) => (at === front ? 0 : (likeness[at] ?? 0) * (degrees[at] ?? 0)));
  const visits = expectedVisits(rows, start, steps);
  return { scores: blended([...visits], degrees, lambda), edges, points, isConnected };
}

/** Both in units of their largest; nothing at all counts nothing. */
export function blended(visits: readonly number[], degrees: readonly number[], lambda: number): number[] {
  const mostVisits = Math.max(0, ...visits);
  const mostDegree = Math.max(0, ...degrees);
  return visits.map(
    (visited, at) =>
      lambda * (mostVisits > 0 ? visited / mostVisits : 0) +
      (1 - lambda) * (mostDegree > 0 ? (degrees[at] ?? 0) / mostDegree : 0),
  );
}

/** How much each column goes with the front at the same time, apart from what moves either of them. */
function likenessToFront(columns: readonly Float64Array[], front: number, links: readonly Link[]): number[] {
  const complete = completeRows(columns);
  const correlations = correlationsOf(complete);
  const causesOf = (column: number) =>
    links.filter(({ effect }) => effect === column).map(({ cause }) => cause);
  const most = Math.min(mostConditions, Math.floor(correlations.count / 3));
  const ofFront = causesOf(front);
  return columns.map((_, column) => {
    if (column === front) return 0;
    const conditions = [...new Set([...ofFront, ...causesOf(column)])]
      .filter((one) => one !== front && one !== column)
      .sort((a, b) => Math.abs(correlations.at(column, b)) - Math.abs(correlations.at(column, a)) || a - b)
      .slice(0, most);
    return Math.abs(partialCorrelation(correlations, front, column, conditions).r);
  });
}

function completeRows(columns: readonly Float64Array[]): Float64Array[] {
  const rows: number[] = [];
  for (let row = 0; row < (columns[0]?.length ?? 0); row++) {
    if (columns.every((column) => !Number.isNaN(column[row] ?? Number.NaN))) rows.push(row);
  }
  return columns.map((column) => Float64Array.from(rows, (row) => column[row] ?? Number.NaN));
}

/** Fills `start` in proportion to the weights, evenly where there are none. */
function spread(start: Float64Array, weightOf: (at: number) => number): void {
  const weights = Array.from(start, (_, at) => weightOf(at));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  weights.forEach((weight, at) => {
    start[at] = total > 0 ? weight / total : 1 / start.length;
  });
}
