import { describe, expect, it } from "vitest";
import { blended, rootCauseWalk, type WalkOptions } from "../../pipeline/causal/root-cause-walk.ts";
import { spot } from "../../pipeline/statistics/spot.ts";
import { randomOf } from "../unit/pipeline/detect/inputs.ts";

describe("blended", () => {
  it("is the published score of the published walk", () => {
    const visits = [0, 3.652936, 7.256155, 4.090909];

    const scores = blended(visits, [0.4, 1.2, 2, 0.1], 0.5);

    expect(scores.map((score) => Number(score.toFixed(6)))).toEqual([0.1, 0.551713, 1, 0.306892]);
  });

  it("is zero of nothing", () => {
    expect(blended([0, 0], [0, 0], 0.5)).toEqual([0, 0]);
  });
});

/**
 * A tree of eight metrics in which each follows its parent one sample later: own past 0.4, parent 0.7,
 * noise 0.5. The root steps up by 2 after three fifths of 150 samples; the walk starts at some leaf.
 */
function fault(seed: number) {
  const random = randomOf(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const parents = Array.from({ length: 8 }, (_, node) => (node === 0 ? -1 : Math.floor(random() * node)));
  const columns = parents.map(() => new Float64Array(150));
  for (let t = 1; t < 150; t++) {
    parents.forEach((parent, node) => {
      const step = node === 0 && t >= 90 ? 2 : 0;
      const pulled = parent < 0 ? step : 0.7 * columns[parent]![t - 1]!;
      columns[node]![t] = 0.4 * columns[node]![t - 1]! + pulled + 0.5 * normal();
    });
  }
  const leaves = parents.map((_, node) => node).filter((node) => !parents.includes(node));
  return { columns, front: leaves[Math.floor(random() * leaves.length)]! };
}

/** Largest excess over DSPOT's threshold, in thresholds: the degree of the published codes. */
function degreesOf(columns: readonly Float64Array[]): number[] {
  return columns.map((column) => {
    const incident = column.subarray(90);
    const { alarms, thresholds } = spot(column.subarray(0, 90), incident, { depth: 10 });
    return Math.max(0, ...alarms.map((at) => (incident[at]! - thresholds[at]!) / thresholds[at]!));
  });
}

const cases = Array.from({ length: 200 }, (_, seed) => fault(seed + 1)).map((one) => ({
  ...one,
  degrees: degreesOf(one.columns),
}));

function hits(options: Pick<WalkOptions, "lambda" | "walkTo">): { first: number; third: number } {
  let [first, third] = [0, 0];
  for (const { columns, front, degrees } of cases) {
    const { scores } = rootCauseWalk(columns, front, degrees, {
      steps: 15,
      longestLag: 2,
      edgeLevel: 0.01,
      ...options,
    });
    const above = scores.filter((score, at) => at !== front && score > scores[0]!).length;
    if (above === 0) first++;
    if (above < 3) third++;
  }
  return { first: first / cases.length, third: third / cases.length };
}

describe("rootCauseWalk on synthetic faults", () => {
  it("finds the root more often against the arrows than along them", () => {
    const right = hits({ lambda: 0.5, walkTo: "causes" });
    const wrong = hits({ lambda: 0.5, walkTo: "effects" });

    expect(right.first).toBeGreaterThanOrEqual(0.5);
    expect(right.first).toBeGreaterThanOrEqual(wrong.first + 0.1);
    expect(right.third).toBeGreaterThan(wrong.third);
  });

  it("finds it by the walk alone more often than by chance, which is one in seven", () => {
    expect(hits({ lambda: 1, walkTo: "causes" }).first).toBeGreaterThan(2 / 7);
  });

  it("starts everywhere where nothing leads on from the front", () => {
    const random = randomOf(3);
    const columns = [0, 1, 2].map(() => Float64Array.from({ length: 100 }, () => random()));

    const walk = rootCauseWalk(columns, 0, [1, 1, 3], {
      lambda: 0.3,
      steps: 15,
      longestLag: 2,
      walkTo: "causes",
    });

    expect(walk.isConnected).toBe(false);
    expect(walk.scores[2]).toBe(Math.max(...walk.scores));
  });
});
