import {
  type Correlations,
  correlationsOf,
  type PartialCorrelation,
  partialCorrelation,
} from "./partial-correlation.ts";

/** `cause` moves `lag` samples before `effect`. */
export interface CausalEdge {
  readonly cause: number;
  readonly effect: number;
  readonly lag: number;
  readonly r: number;
  readonly p: number;
}

export interface CausalGraphOptions {
  /** The longest lag looked at, in samples. */
  readonly longestLag: number;
  /** Level at which parents stay candidates. */
  readonly parentLevel?: number;
  /** Level of the edges; with `controlsFalse` the expected share of false ones among them. */
  readonly edgeLevel?: number;
  /** Benjamini and Hochberg's correction for the number of tests. */
  readonly controlsFalse?: boolean;
  /** At most so many parents of the cause are conditions of the last test. */
  readonly mostCauseParents?: number;
}

/** A variable some samples ago. */
export interface Parent {
  readonly variable: number;
  readonly lag: number;
}

export interface CausalTests {
  /** Candidate parents of each variable, strongest first, as the first phase leaves them. */
  readonly parents: readonly (readonly Parent[])[];
  /** The test of `cause` at `lag` on `effect`, given the parents of both. */
  readonly test: (cause: number, effect: number, lag: number) => PartialCorrelation;
  /** Points that every test rests on. */
  readonly points: number;
}

/** A test keeps at least this many degrees of freedom, whatever the number of parents. */
const leastDegrees = 30;

/**
 * Tests which columns move before which others, and not just because a third one moved before both.
 *
 * Shape:  columns of equal length, one sample a row; rows with a missing value, and those within twice
 *         the longest lag after one, are left out of every test.
 * Throws: never. Without points all tests have p 1.
 * Source: PCMCI (Runge et al., Sci. Adv. 2019), written from its description; MicroCause (Meng et al.,
 *         IWQoS 2020) calls it PCTS. Departure: the cause's own parents are limited to the first three
 *         conditions, and no test falls below thirty degrees of freedom where it can be helped.
 */
export function causalTests(
  columns: readonly Float64Array[],
  { longestLag, parentLevel = 0.1, mostCauseParents = 3 }: CausalGraphOptions,
): CausalTests {
  const lagged = lagColumns(columns, 2 * longestLag);
  const correlations = correlationsOf(lagged.columns);
  const count = columns.length;
  const at = ({ variable, lag }: Parent) => lag * count + variable;
  const mostConditions = Math.max(1, lagged.points - leastDegrees - 2);
  const parents = columns.map((_, target) =>
    candidateParents(correlations, { target, count, longestLag, parentLevel, mostConditions }, at),
  );
  return {
    parents,
    points: lagged.points,
    test(cause, effect, lag) {
      const own = (parents[effect] ?? []).filter(
        ({ variable, lag: other }) => variable !== cause || other !== lag,
      );
      const theirs = (parents[cause] ?? []).slice(0, mostCauseParents);
      const conditions = new Set(own.map(at));
      for (const { variable, lag: more } of theirs) conditions.add(at({ variable, lag: lag + more }));
      const used = [...conditions].slice(0, mostConditions);
      return partialCorrelation(correlations, at({ variable: cause, lag }), effect, used);
    },
  };
}

/** The edges that the tests hold, the best lag of each pair; nothing is its own cause. */
export function causalGraph(
  columns: readonly Float64Array[],
  options: CausalGraphOptions,
): { readonly edges: CausalEdge[]; readonly points: number } {
  const { longestLag, controlsFalse = false, edgeLevel = controlsFalse ? 0.05 : 0.001 } = options;
  const { test, points } = causalTests(columns, options);
  const tested: CausalEdge[] = [];
  for (let effect = 0; effect < columns.length; effect++) {
    for (let cause = 0; cause < columns.length; cause++) {
      for (let lag = 1; lag <= longestLag; lag++) {
        const { r, p } = test(cause, effect, lag);
        tested.push({ cause, effect, lag, r, p });
      }
    }
  }
  const level = controlsFalse ? adjustedLevel(tested, edgeLevel) : edgeLevel;
  const best = new Map<string, CausalEdge>();
  for (const edge of tested) {
    if (edge.p > level || edge.cause === edge.effect) continue;
    const pair = `${edge.cause} ${edge.effect}`;
    const known = best.get(pair);
    if (known === undefined || edge.p < known.p) best.set(pair, edge);
  }
  return { edges: [...best.values()], points };
}

interface Lagged {
  /** Variable `v` at lag `l` is column `l * count + v`. */
  readonly columns: Float64Array[];
  readonly points: number;
}

/** Every column at every lag, at the points where all of them are known. */
function lagColumns(columns: readonly Float64Array[], longest: number): Lagged {
  const rows = columns[0]?.length ?? 0;
  const points: number[] = [];
  let known = 0;
  for (let row = 0; row < rows; row++) {
    known = columns.some((column) => Number.isNaN(column[row] ?? Number.NaN)) ? 0 : known + 1;
    if (known > longest) points.push(row);
  }
  const lagged: Float64Array[] = [];
  for (let lag = 0; lag <= longest; lag++) {
    for (const column of columns)
      lagged.push(Float64Array.from(points, (row) => column[row - lag] ?? Number.NaN));
  }
  return { columns: lagged, points: points.length };
}

/** The first phase: drops a parent once some set of stronger parents explains it, one set for each size. */
function candidateParents(
  correlations: Correlations,
  search: { target: number; count: number; longestLag: number; parentLevel: number; mostConditions: number },
  at: (parent: Parent) => number,
): Parent[] {
  let parents: { parent: Parent; least: number }[] = [];
  for (let variable = 0; variable < search.count; variable++) {
    for (let lag = 1; lag <= search.longestLag; lag++) {
      parents.push({ parent: { variable, lag }, least: Number.POSITIVE_INFINITY });
    }
  }
  for (let size = 0; size < parents.length && size <= search.mostConditions; size++) {
    const kept: typeof parents = [];
    for (const { parent, least } of parents) {
      const others = parents.filter((other) => other.parent !== parent).slice(0, size);
      const conditions = others.map((other) => at(other.parent));
      const { r, p } = partialCorrelation(correlations, at(parent), search.target, conditions);
      if (p <= search.parentLevel) kept.push({ parent, least: Math.min(least, Math.abs(r)) });
    }
    parents = kept.sort((a, b) => b.least - a.least);
  }
  return parents.map(({ parent }) => parent);
}

/** The largest p that Benjamini and Hochberg let pass (J. R. Stat. Soc. B 57, 1995); below 0 for none. */
function adjustedLevel(tests: readonly { readonly p: number }[], share: number): number {
  const ascending = Float64Array.from(tests, ({ p }) => p).sort();
  for (let rank = ascending.length; rank > 0; rank--) {
    const p = ascending[rank - 1] ?? 1;
    if (p <= (share * rank) / ascending.length) return p;
  }
  return -1;
}
