import { describe, expect, it } from "vitest";
import { changePoints } from "../../../../pipeline/statistics/change-point.ts";
import { randomOf } from "../detect/inputs.ts";

/** About normal, standard deviation 1. */
function noise(random: () => number): number {
  return (random() + random() + random() - 1.5) * 2;
}

describe("changePoints", () => {
  it.each([1, 2, 3, 4, 5])("finds a shift of four deviations to the row (seed %i)", (seed) => {
    const random = randomOf(seed);
    const columns = [4, 0, -4].map((shift) =>
      Float64Array.from({ length: 80 }, (_, row) => noise(random) + (row >= 60 ? shift : 0)),
    );

    expect(changePoints(columns)).toEqual([60]);
  });

  it.each([1, 2, 3])("finds none in noise (seed %i)", (seed) => {
    const random = randomOf(seed);
    const columns = [0, 1, 2].map(() => Float64Array.from({ length: 120 }, () => noise(random)));

    expect(changePoints(columns)).toEqual([]);
  });

  it("finds both ends of an episode", () => {
    const random = randomOf(9);
    const column = Float64Array.from(
      { length: 120 },
      (_, row) => noise(random) + (row >= 50 && row < 80 ? 8 : 0),
    );

    expect(changePoints([column])).toEqual([50, 80]);
  });

  it("takes no notice of missing values, and finds nothing in nothing", () => {
    expect(changePoints([])).toEqual([]);
    expect(changePoints([new Float64Array(0)])).toEqual([]);
    expect(changePoints([new Float64Array(50).fill(Number.NaN)])).toEqual([]);
    expect(changePoints([new Float64Array(50)])).toEqual([]);
  });
});
