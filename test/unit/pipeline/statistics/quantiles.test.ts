import { describe, expect, it } from "vitest";
import {
  quantile,
  quantileOfSorted,
  robustSpread,
  sorted,
} from "../../../../pipeline/statistics/quantiles.ts";

describe("sorted", () => {
  it("sorts by size rather than by spelling, and leaves missing values out", () => {
    expect([...sorted([10, Number.NaN, 9, -1])]).toEqual([-1, 9, 10]);
    expect([...sorted([])]).toEqual([]);
  });

  it("leaves its input as it was", () => {
    const values = [3, 1, 2];

    sorted(values);

    expect(values).toEqual([3, 1, 2]);
  });
});

describe("quantile", () => {
  it("lies on the line between neighbours, as R's type 7", () => {
    // R: quantile(c(1, 2, 3, 4, 10), c(.25, .5, .9), type = 7) is 2, 3, 7.6.
    expect(quantile([10, 4, 3, 2, 1], 0.25)).toBe(2);
    expect(quantile([10, 4, 3, 2, 1], 0.5)).toBe(3);
    expect(quantile([10, 4, 3, 2, 1], 0.9)).toBeCloseTo(7.6, 12);
  });

  it("is the only value of one, the ends at 0 and 1, and missing for none", () => {
    expect(quantile([7], 0.9)).toBe(7);
    expect(quantile([1, 2, 3], 0)).toBe(1);
    expect(quantile([1, 2, 3], 1)).toBe(3);
    expect(quantile([], 0.5)).toBeNaN();
    expect(quantile([Number.NaN], 0.5)).toBeNaN();
  });

  it("stays a number beside an infinite neighbour", () => {
    const ascending = Float64Array.from([1, 2, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);

    expect(quantileOfSorted(ascending.subarray(0, 3), 0.5)).toBe(2);
    expect(quantileOfSorted(ascending, 0.9)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("robustSpread", () => {
  it("is the interquartile range over 1.349", () => {
    expect(robustSpread(Float64Array.from([0, 1, 2, 3, 4]))).toBeCloseTo(2 / 1.349, 12);
  });

  it("is nothing for values that are all equal, and missing for none", () => {
    expect(robustSpread(Float64Array.from([5, 5, 5]))).toBe(0);
    expect(robustSpread(new Float64Array(0))).toBeNaN();
  });
});
