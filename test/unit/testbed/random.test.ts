import { describe, expect, it } from "vitest";
import { xoshiro128 } from "../../../testbed/random.ts";

describe("xoshiro128", () => {
  it("spreads evenly between 0 and 1", () => {
    const random = xoshiro128(1);
    const values = Array.from({ length: 20_000 }, () => random.uniform());

    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 1);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
  });

  it("is the same for the same seed, and another for another", () => {
    const first = (seed: number) => Array.from({ length: 5 }, xoshiro128(seed).uniform);

    expect(first(5)).toEqual(first(5));
    expect(first(6)).not.toEqual(first(5));
  });
});
