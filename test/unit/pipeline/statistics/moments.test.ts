import { describe, expect, it } from "vitest";
import {
  mean,
  median,
  medianAbsoluteDeviation,
  presentCount,
  skewness,
  standardDeviation,
} from "../../../../pipeline/statistics/moments.ts";
import { quantile } from "../../../../pipeline/statistics/quantiles.ts";

const base = [10, 12, 11, 13, 12, 11, 10, 12, 11, 13];

describe("statistics", () => {
  it("has the known mean and standard deviations (KAT 2.1)", () => {
    expect(mean(base)).toBe(11.5);
    expect(standardDeviation(base)).toBeCloseTo(1.02469507659596, 12);
    expect(standardDeviation(base, 1)).toBeCloseTo(1.0801234497346435, 12);
    expect(mean(base) - 3 * standardDeviation(base)).toBeCloseTo(8.42591477021212, 12);
    expect(mean(base) + 3 * standardDeviation(base, 1)).toBeCloseTo(14.74037034920393, 12);
  });

  it("leaves missing values out", () => {
    const holes = [Number.NaN, 1, Number.NaN, 3, 8];

    expect(presentCount(holes)).toBe(3);
    expect(mean(holes)).toBe(4);
    expect(median(holes)).toBe(3);
    expect(standardDeviation(holes)).toBeCloseTo(Math.sqrt(26 / 3), 12);
    expect(medianAbsoluteDeviation(holes)).toBeCloseTo(1.4826 * 2, 12);
  });

  it("says NaN where there is nothing to say", () => {
    for (const values of [[], [Number.NaN]]) {
      expect(mean(values)).toBeNaN();
      expect(median(values)).toBeNaN();
      expect(standardDeviation(values)).toBeNaN();
      expect(medianAbsoluteDeviation(values)).toBeNaN();
    }
    expect(standardDeviation([5], 1)).toBeNaN();
    expect(standardDeviation([5])).toBe(0);
  });

  it("interpolates quantiles as type 7", () => {
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  });

  it("tells a long tail by its skewness", () => {
    expect(skewness([1, 2, 3])).toBeCloseTo(0, 12);
    expect(skewness([0, 0, 0, 0, 0, 0, 0, 0, 0, 10])).toBeCloseTo(8 / 3, 12);
    expect(skewness([7, 7, 7])).toBe(0);
  });
});
