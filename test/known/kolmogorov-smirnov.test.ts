import { describe, expect, it } from "vitest";
import { patternmatcherScore } from "../../pipeline/localize/patternmatcher-rank.ts";
import { kolmogorovSmirnov, stephens } from "../../pipeline/statistics/kolmogorov-smirnov.ts";

const normal = Array.from({ length: 30 }, (_, i) => 0.1 * ((7 * i) % 10));
const abnormal = Array.from({ length: 10 }, (_, i) => 0.1 * ((3 * i) % 10) + 0.35);

describe("kolmogorovSmirnov", () => {
  // scipy 1.17, stats.ks_2samp(method="exact"); Stephens' approximation by its formula.
  it("gives scipy's distance and exact p", () => {
    const { distance, p } = kolmogorovSmirnov(abnormal, normal);

    expect(distance).toBeCloseTo(0.4, 12);
    expect(p).toBeCloseTo(0.15979676241336085, 12);
    expect(stephens(0.4, 10, 30)).toBeCloseTo(0.13586396446759655, 12);
  });

  it("keeps its digits where samples have nothing in common", () => {
    const { distance, p } = kolmogorovSmirnov(
      abnormal.map((value) => value + 1),
      normal,
    );

    expect(distance).toBe(1);
    expect(p / 2.3594350968764233e-9).toBeCloseTo(1, 9);
    expect(patternmatcherScore(p, true)).toBeCloseTo(7.368272297580946, 12);
  });

  it("scores the published example", () => {
    expect(patternmatcherScore(0.15979676241336085, true)).toBeCloseTo(1.467082004877601, 12);
  });

  it("approximates beyond fifty values, close to the exact p", () => {
    const many = (shift: number) => Array.from({ length: 51 }, (_, i) => i + shift);
    const fifty = (shift: number) => Array.from({ length: 50 }, (_, i) => i + shift);

    const approximate = kolmogorovSmirnov(many(0), many(12)).p;

    expect(approximate).toBeGreaterThan(0.05);
    expect(Math.abs(approximate - kolmogorovSmirnov(fifty(0), fifty(12)).p)).toBeLessThan(0.03);
  });

  it("says nothing without samples, and nothing of equal ones", () => {
    expect(kolmogorovSmirnov([], [1, 2])).toEqual({ distance: 0, p: 1 });
    expect(kolmogorovSmirnov([Number.NaN], [1])).toEqual({ distance: 0, p: 1 });
    expect(kolmogorovSmirnov([3, 3], [3, 3, 3])).toEqual({ distance: 0, p: 1 });
  });
});
