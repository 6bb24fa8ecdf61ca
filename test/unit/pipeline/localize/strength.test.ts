import { describe, expect, it } from "vitest";
import { fullStrength, strengthOf } from "../../../../pipeline/localize/strength.ts";

describe("strengthOf", () => {
  it("is 0 for none, 1 at one standard deviation, 2 at three", () => {
    expect([0, 1, 3].map(strengthOf)).toEqual([0, 1, 2]);
  });

  it("ends at full strength, however far out", () => {
    expect(strengthOf(64)).toBe(fullStrength);
    expect(strengthOf(Number.POSITIVE_INFINITY)).toBe(fullStrength);
  });

  it("takes a deviation to the good side for none", () => {
    expect(strengthOf(-5)).toBe(0);
  });
});
