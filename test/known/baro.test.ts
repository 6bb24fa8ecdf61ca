import { describe, expect, it } from "vitest";
import { robustScore } from "../../pipeline/localize/baro.ts";
import { ochiai } from "../../pipeline/localize/trace-spectrum.ts";

describe("robustScore", () => {
  it.each([
    // Numpy 2.4: median 5.5, quartiles 3.25 and 7.75.
    [5, -0.1111111111],
    [30, 5.4444444444],
    [12, 1.4444444444],
  ])("of %f after 1 to 10 is BARO's", (value, score) => {
    const normal = Array.from({ length: 10 }, (_, index) => index + 1);

    expect(robustScore(normal, [value]).score).toBeCloseTo(score, 9);
  });
});

describe("ochiai", () => {
  it("of 8 failed, 2 passed and 2 missed is 0.8", () => {
    expect(ochiai(8, 2, 2)).toBeCloseTo(0.8, 12);
  });
});
