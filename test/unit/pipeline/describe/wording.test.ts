import { describe, expect, it } from "vitest";
import { numberText } from "../../../../pipeline/describe/wording.ts";

describe("numberText", () => {
  it.each([
    [0.1 + 0.2, "0.3"],
    [0.002457, "0.002457"],
    [123456.789, "123500"],
    [99.99999, "100"],
    [0, "0"],
    [-0, "0"],
    [-3.00000000004, "-3"],
    [1e-7, "0.0000001"],
    [1.5e12, "1.5e+12"],
    [Number.NaN, "unknown"],
    [Number.POSITIVE_INFINITY, "unknown"],
  ])("writes %d as %s", (value, expected) => {
    expect(numberText(value)).toBe(expected);
  });
});
