import { describe, expect, it } from "vitest";
import { causalGraph, causalTests } from "../../pipeline/causal/causal-graph.ts";
import { correlationsOf, partialCorrelation } from "../../pipeline/causal/partial-correlation.ts";
import { congruential } from "./published-series.ts";

const column = (values: readonly number[]) => Float64Array.from(values);

describe("partialCorrelation", () => {
  // tigramite 5.2.10.1, ParCorr.
  const correlations = correlationsOf([
    column([2, 4, 4, 5, 7, 8, 9, 11, 12, 14]),
    column([1, 3, 2, 5, 6, 6, 8, 9, 11, 12]),
    column([1, 2, 1, 4, 3, 5, 4, 6, 6, 8]),
    column([3, 3, 3, 3, 3, 3, 3, 3, 3, 3]),
    column([2, 4, 2, 8, 6, 10, 8, 12, 12, 16]),
  ]);

  it.each([
    [[], 0.9858448631643679, 16.631211113403324, 8, 1.7267845140761044e-7],
    [[2], 0.8670745773522592, 4.604904365442356, 7, 0.002469808539509786],
  ])("gives tigramite's test given %j", (conditions, r, t, degrees, p) => {
    const found = partialCorrelation(correlations, 0, 1, conditions);

    expect(found.r).toBeCloseTo(r, 9);
    expect(found.t).toBeCloseTo(t, 9);
    expect(found.degrees).toBe(degrees);
    expect(found.p).toBeCloseTo(p, 12);
  });

  it("takes no notice of a constant condition, and finds no link to a constant", () => {
    expect(partialCorrelation(correlations, 0, 1, [3])).toEqual(partialCorrelation(correlations, 0, 1, []));
    expect(partialCorrelation(correlations, 0, 3, [])).toMatchObject({ r: 0, p: 1 });
  });

  it("changes nothing but the degrees of freedom for a condition that is a multiple of another", () => {
    const once = partialCorrelation(correlations, 0, 1, [2]);
    const twice = partialCorrelation(correlations, 0, 1, [2, 4]);

    expect(twice.r).toBeCloseTo(once.r, 9);
    expect(twice.degrees).toBe(once.degrees - 1);
  });

  it("tells nothing once the degrees of freedom are used up", () => {
    const few = correlationsOf([column([1, 2, 4]), column([2, 1, 5]), column([1, 5, 2])]);

    expect(partialCorrelation(few, 0, 1, [2])).toMatchObject({ r: 0, p: 1 });
  });
});

describe("causalTests", () => {
  // tigramite 5.2.10.1, PCMCI with ParCorr, tau_max 2, pc_alpha 0.1, on the same series.
  const uniform = congruential(42);
  const series: number[][] = [[], [], []];
  for (let t = 0; t < 60; t++) {
    const noise = [uniform() - 0.5, uniform() - 0.5, uniform() - 0.5];
    const last = series.map((values) => values[t - 1] ?? 0);
    series[0]!.push(noise[0]! + 0.3 * last[0]!);
    series[1]!.push(0.5 * noise[1]! + 0.8 * last[0]!);
    series[2]!.push(0.5 * noise[2]! + 0.8 * last[1]!);
  }
  const columns = series.map(column);
  const tests = causalTests(columns, { longestLag: 2, parentLevel: 0.1 });

  it("draws the published series", () => {
    expect(series.map(([first]) => Number(first!.toFixed(6)))).toEqual([-0.247655, -0.205937, 0.038641]);
    expect(series.map((values) => Number(values.at(-1)!.toFixed(6)))).toEqual([
      -0.371231, -0.227387, 0.027746,
    ]);
  });

  it("keeps tigramite's parents", () => {
    expect(tests.parents).toEqual([[], [{ variable: 0, lag: 1 }], [{ variable: 1, lag: 1 }]]);
  });

  it.each([
    [0, 0, [0.513138, 0.494096], [0.089227, -0.093282]],
    [0, 1, [0, 0.153064], [0.83877, 0.195283]],
    [0, 2, [0.107247, 0.280899], [0.219569, 0.147995]],
    [1, 0, [0.716288, 0.850497], [-0.050125, -0.026008]],
    [1, 1, [0.33182, 0.130153], [-0.13461, -0.208569]],
    [1, 2, [0.000006, 0.513142], [0.567265, -0.090935]],
    [2, 0, [0.426773, 0.033162], [0.109351, -0.287729]],
    [2, 1, [0.186187, 0.336316], [0.18265, -0.133374]],
    [2, 2, [0.918295, 0.904961], [0.014293, 0.016636]],
  ])("gives tigramite's p and r for %i on %i at both lags", (cause, effect, p, r) => {
    const found = [1, 2].map((lag) => tests.test(cause, effect, lag));

    found.forEach((one, index) => {
      expect(one.p).toBeCloseTo(p[index]!, 6);
      expect(one.r).toBeCloseTo(r[index]!, 6);
    });
  });

  it("draws tigramite's edges at both levels", () => {
    const edges = (edgeLevel: number) =>
      causalGraph(columns, { longestLag: 2, edgeLevel })
        .edges.map(({ cause, effect, lag }) => `${cause}→${effect}(${lag})`)
        .sort();

    expect(edges(0.05)).toEqual(["0→1(1)", "1→2(1)", "2→0(2)"]);
    expect(edges(0.001)).toEqual(["0→1(1)", "1→2(1)"]);
  });

  it("leaves out rows whose past is not known, and finds nothing without rows", () => {
    const broken = columns.map((one) => one.map((value, row) => (row === 30 ? Number.NaN : value)));

    expect(causalTests(broken, { longestLag: 2 }).points).toBe(60 - 4 - 5);
    expect(causalGraph([column([1, 2]), column([2, 1])], { longestLag: 2 })).toEqual({
      edges: [],
      points: 0,
    });
  });
});
