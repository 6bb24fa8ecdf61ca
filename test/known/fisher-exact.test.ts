import { expect, it } from "vitest";
import { fisherSurprise } from "../../pipeline/statistics/fisher-exact.ts";

/** Fisher's tea tasting: 3 of 4 cups right on one side, 1 of 4 on the other: p = 17/70. */
it("gives the published one-sided probabilities", () => {
  expect(10 ** -fisherSurprise(3, 4, 1, 4)).toBeCloseTo(17 / 70, 12);
  expect(10 ** -fisherSurprise(4, 4, 0, 4)).toBeCloseTo(1 / 70, 12);
  expect(fisherSurprise(0, 4, 4, 4)).toBe(0);
});

it("is less surprised where the other side was seen only a few times", () => {
  expect(fisherSurprise(13, 30, 0, 6)).toBeCloseTo(1.285, 2);
  expect(fisherSurprise(13, 30, 0, 100)).toBeGreaterThan(8);
});
