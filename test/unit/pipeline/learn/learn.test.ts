import { describe, expect, it } from "vitest";
import { Ensemble, ensembleVotes, fitEnsemble, macroF1 } from "../../../../pipeline/learn/ensemble.ts";
import { forestVotes, growForest, largestAt } from "../../../../pipeline/learn/forest.ts";
import { neighbourVotes } from "../../../../pipeline/learn/neighbours.ts";
import {
  gradientOf,
  type Perceptron,
  perceptronVotes,
  trainPerceptron,
} from "../../../../pipeline/learn/perceptron.ts";
import { xoshiro } from "../../../../pipeline/learn/xoshiro.ts";

/** Points in the unit square, labelled by whether both coordinates are on the same side of a half. */
function exclusiveOr(count: number, seed: number) {
  const random = xoshiro(seed, "points");
  const rows = Array.from({ length: count }, () => Float64Array.from([random(), random(), random()]));
  return { rows, labels: rows.map(([x = 0, y = 0]) => (x > 0.5 === y > 0.5 ? 1 : 0)) };
}

const learnt = exclusiveOr(600, 1);
const unseen = exclusiveOr(200, 2);
const accuracy = (vote: (row: Float64Array) => Float64Array) =>
  unseen.rows.filter((row, at) => largestAt(vote(row)) === unseen.labels[at]).length / unseen.rows.length;

describe("growForest", () => {
  it("learns what no single split can tell", () => {
    const forest = growForest(learnt.rows, learnt.labels, 2, xoshiro(7, "forest"), 40);

    expect(accuracy((row) => forestVotes(forest, row))).toBeGreaterThan(0.9);
  });

  it("gives a rare class as many rows as a common one", () => {
    const rows = Array.from({ length: 200 }, (_, at) => Float64Array.from([at < 6 ? 1 : 0, (at * 7) % 13]));
    const labels = rows.map(([rare]) => rare ?? 0);

    const forest = growForest(rows, labels, 2, xoshiro(7, "forest"), 20);

    expect(largestAt(forestVotes(forest, Float64Array.from([1, 5])))).toBe(1);
  });

  it("says nothing of nothing, and one thing where there is one", () => {
    expect([...forestVotes(growForest([], [], 2, xoshiro(1, "f")), Float64Array.from([1]))]).toEqual([0, 0]);
    const same = growForest([Float64Array.from([1]), Float64Array.from([2])], [1, 1], 2, xoshiro(1, "f"), 3);
    expect([...forestVotes(same, Float64Array.from([9]))]).toEqual([0, expect.closeTo(1)]);
  });
});

describe("neighbourVotes", () => {
  it("lets the nearer of the five count more", () => {
    const rows = [[0], [10], [10.5], [11], [11.5], [12]];
    const labels = [1, 0, 0, 0, 0, 0];

    expect(largestAt(neighbourVotes({ classes: 2, rows, labels }, Float64Array.from([0.1])))).toBe(1);
    expect(largestAt(neighbourVotes({ classes: 2, rows, labels }, Float64Array.from([11])))).toBe(0);
  });

  it("says nothing where nothing was seen", () => {
    expect([...neighbourVotes({ classes: 2, rows: [], labels: [] }, Float64Array.from([1]))]).toEqual([0, 0]);
  });
});

describe("trainPerceptron", () => {
  it("has the slope that small steps show, in every weight", () => {
    const random = xoshiro(3, "weights");
    const weights = (count: number) => Array.from({ length: count }, () => random() - 0.5);
    const net: Perceptron = { inputs: 3, units: 4, classes: 2, hidden: weights(16), output: weights(10) };
    const chosen = [0, 1, 2, 3, 4];
    const loss = (changed: Perceptron) => gradientOf(changed, learnt.rows, learnt.labels, chosen).loss;

    const { hidden, output } = gradientOf(net, learnt.rows, learnt.labels, chosen);

    for (const [layer, slopes] of [
      ["hidden", hidden],
      ["output", output],
    ] as const) {
      slopes.forEach((slope, at) => {
        const moved = (by: number) => ({
          ...net,
          [layer]: net[layer].map((weight, index) => (index === at ? weight + by : weight)),
        });
        const measured = (loss(moved(1e-5)) - loss(moved(-1e-5))) / 2e-5;
        expect(slope).toBeCloseTo(measured, 5);
      });
    }
  });

  it("learns what no line can tell, and gives probabilities", () => {
    const centred = (rows: readonly Float64Array[]) =>
      rows.map((row) => row.map((value) => (value - 0.5) * 3.5));
    const net = trainPerceptron(centred(learnt.rows), learnt.labels, 2, xoshiro(7, "net"), 32);

    expect(accuracy((row) => perceptronVotes(net, centred([row])[0]!))).toBeGreaterThan(0.9);
    expect(perceptronVotes(net, unseen.rows[0]!).reduce((a, b) => a + b)).toBeCloseTo(1, 9);
  });
});

describe("fitEnsemble", () => {
  const some = { rows: learnt.rows.slice(0, 200), labels: learnt.labels.slice(0, 200) };
  const examples = { ...some, classes: 2, groups: some.rows.map((_, at) => `g${at % 12}`) };
  const ensemble = fitEnsemble(examples, 7, "test");

  it("weighs three voices by what they are worth on groups kept aside, and survives being kept as JSON", () => {
    const read = Ensemble.parse(JSON.parse(JSON.stringify(ensemble)));

    expect(ensemble.weights.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
    expect(Math.min(...ensemble.f1)).toBeGreaterThan(0.5);
    expect(accuracy((row) => ensembleVotes(read, row))).toBeGreaterThan(0.7);
  });

  it("is the same again from the same seed", () => {
    expect(fitEnsemble(examples, 7, "test")).toEqual(ensemble);
  });

  it("lets all three count alike where one group leaves nothing to test on", () => {
    const { weights } = fitEnsemble(
      {
        rows: learnt.rows.slice(0, 20),
        labels: learnt.labels.slice(0, 20),
        groups: Array(20).fill("g"),
        classes: 2,
      },
      7,
      "test",
    );

    expect(weights).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });
});

describe("macroF1", () => {
  it("is the mean over the classes that occur", () => {
    // Class 0: precision 1/2, recall 1; class 1: precision 1, recall 1/2. Both 2/3.
    expect(macroF1([0, 0, 1], [0, 1, 1])).toBeCloseTo(2 / 3, 12);
    expect(macroF1([], [])).toBe(0);
  });
});
