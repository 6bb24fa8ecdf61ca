import { describe, expect, it } from "vitest";
import { expectedVisits, type Link, transitions } from "../../pipeline/causal/random-walk.ts";

// The published example: 0 is the front, 1 cpu, 2 memory, 3 network; values to six digits.
const links: readonly Link[] = [
  { cause: 1, effect: 0 },
  { cause: 2, effect: 1 },
  { cause: 3, effect: 0 },
];
const likeness = [0, 0.8, 0.5, 0.3];
const atFront = Float64Array.from([1, 0, 0, 0]);
const rounded = (values: ArrayLike<number>) => Array.from(values, (value) => Number(value.toFixed(6)));

describe("transitions", () => {
  it("are the published ones", () => {
    expect(transitions(links, likeness, 0).map(rounded)).toEqual([
      [0, 0.727273, 0, 0.272727],
      [0, 0.375, 0.625, 0],
      [0, 0.242424, 0.757576, 0],
      [0, 0, 0, 1],
    ]);
  });

  it("reproduce the reference's defect when effects are taken for causes", () => {
    const turned = links.map(({ cause, effect }) => ({ cause: effect, effect: cause }));

    const rows = transitions(turned, likeness, 0);

    expect(rows.map(rounded)).toEqual([
      [0, 0.727273, 0, 0.272727],
      [0, 0.888889, 0.111111, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 1],
    ]);
    expect([...expectedVisits(rows, atFront, 1000)].map((value) => Number(value.toFixed(4)))).toEqual([
      0, 654.6109, 72.6618, 272.7273,
    ]);
  });

  it("stay where nothing leads on", () => {
    expect(transitions([], [0, 0], 0).map(rounded)).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

describe("expectedVisits", () => {
  it.each([
    [15, [0, 3.652936, 7.256155, 4.090909]],
    [1000, [0, 203.859367, 523.41336, 272.727273]],
  ])("are the published ones after %i steps, and add up to them", (steps, visits) => {
    const found = expectedVisits(transitions(links, likeness, 0), atFront, steps);

    expect(rounded(found)).toEqual(visits);
    expect(found.reduce((sum, value) => sum + value, 0)).toBeCloseTo(steps, 9);
  });
});
