import { describe, expect, it } from "vitest";
import { studentTwoSided } from "../../pipeline/statistics/student-t.ts";

describe("studentTwoSided", () => {
  it.each([
    // r, n, dimensions, p: scipy 1.17, stats.t.sf.
    [0.3, 50, 3, 0.036233731492568144],
    [0.5, 20, 2, 0.024769558804109703],
    [-0.9, 12, 4, 0.00038715624999999926],
    [0.1, 100, 2, 0.32221736303061954],
  ])("gives scipy's p for a correlation of %f of %i samples", (r, n, dimensions, p) => {
    const degrees = n - dimensions;

    expect(studentTwoSided(r * Math.sqrt(degrees / (1 - r * r)), degrees)).toBeCloseTo(p, 12);
  });

  it("is 1 where there is no degree of freedom, and 0 infinitely far out", () => {
    expect(studentTwoSided(3, 0)).toBe(1);
    expect(studentTwoSided(Number.NaN, 5)).toBe(1);
    expect(studentTwoSided(Number.POSITIVE_INFINITY, 5)).toBe(0);
  });

  it("is the exact arc tangent for one degree of freedom, far into the tail", () => {
    for (const t of [0, 0.1, 1, 30, 1e6]) {
      expect(studentTwoSided(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(t), 12);
    }
  });
});
