import { describe, expect, it } from "vitest";
import { bar, sparkline } from "../../../bot/sparkline.ts";

describe("sparkline", () => {
  it("spans from the smallest to the largest value", () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 30)).toBe("▁▂▃▄▅▆▇█");
  });

  it("shows a flat row low, a missing value blank, and nothing for nothing", () => {
    expect(sparkline([5, 5, 5], 30)).toBe("▁▁▁");
    expect(sparkline([1, null, 2, Number.NaN], 30)).toBe("▁ █ ");
    expect(sparkline([null, null], 30)).toBe("  ");
    expect(sparkline([], 30)).toBe("");
    expect(sparkline([7], 30)).toBe("▁");
  });

  it("averages what is wider than the room", () => {
    expect(sparkline([0, 0, 10, 10, null, null], 3)).toBe("▁█ ");
  });

  it("holds for values whose difference overflows", () => {
    expect(sparkline([-1e308, 1e308], 30)).toHaveLength(2);
  });
});

describe("bar", () => {
  it("is empty for nothing only", () => {
    expect(bar(0, 10)).toEqual({ full: "", rest: "░".repeat(10) });
    expect(bar(0.001, 10).full).toBe("█");
    expect(bar(1, 10).rest).toBe("");
  });

  it("stays in its bounds for a share that is none", () => {
    expect(bar(Number.NaN, 4).full).toBe("");
    expect(bar(7, 4).full).toBe("████");
  });
});
