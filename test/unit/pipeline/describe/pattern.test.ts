import { describe, expect, it } from "vitest";
import { classifyPattern, type PatternName } from "../../../../pipeline/describe/pattern.ts";
import { mannKendall } from "../../../../pipeline/describe/trend.ts";
import { randomOf } from "../detect/inputs.ts";

const shapes: readonly (readonly [PatternName, (i: number) => number])[] = [
  ["level shift up", (i) => (i >= 15 ? 1 : 0)],
  ["steady increase", (i) => Math.max(0, (i - 6) / 24)],
  ["single spike", (i) => (i >= 14 && i < 16 ? 1 : 0)],
  ["transient level shift up", (i) => (i >= 11 && i < 19 ? 1 : 0)],
  ["multiple spikes", (i) => (i === 12 || i === 18 || i === 24 ? 1 : 0)],
  ["fluctuations", (i) => (i < 9 ? 0 : Math.sin(1.9 * i))],
];
const opposite: Partial<Record<PatternName, PatternName>> = {
  "level shift up": "level shift down",
  "steady increase": "steady decrease",
  "single spike": "single dip",
  "transient level shift up": "transient level shift down",
  "multiple spikes": "multiple dips",
  fluctuations: "fluctuations",
};
const segment = (shape: (i: number) => number) => Array.from({ length: 30 }, (_, i) => shape(i));

describe("classifyPattern", () => {
  it.each(shapes)("recognizes %s and its mirror image", (name, shape) => {
    expect(classifyPattern(segment(shape), "up")).toBe(name);
    expect(
      classifyPattern(
        segment((i) => 5 - shape(i)),
        "down",
      ),
    ).toBe(opposite[name]);
  });

  it("recognizes at least 85 of 100 noisy segments of each shape", () => {
    const random = randomOf(23);
    const noise = () => 0.05 * (random() + random() + random() + random() - 2);
    for (const [name, shape] of shapes) {
      let right = 0;
      for (let round = 0; round < 100; round++) {
        if (
          classifyPattern(
            segment((i) => 3 + 40 * (shape(i) + noise())),
            "up",
          ) === name
        )
          right++;
      }
      expect([name, right >= 85]).toEqual([name, true]);
    }
  });

  it("classifies nothing that is constant, empty or missing", () => {
    expect(classifyPattern([], "up")).toBeNull();
    expect(classifyPattern([1, 2, 3], "up")).toBeNull();
    expect(
      classifyPattern(
        segment(() => 4),
        "up",
      ),
    ).toBeNull();
    expect(
      classifyPattern(
        segment(() => Number.NaN),
        "up",
      ),
    ).toBeNull();
    expect(
      classifyPattern(
        segment((i) => (i % 7 === 0 ? Number.NaN : i >= 15 ? 1 : 0)),
        "up",
      ),
    ).toBe("level shift up");
  });
});

describe("mannKendall", () => {
  it("has the hand-computed value for 1, 2, 3, 4, 5 and for ties", () => {
    expect(mannKendall([1, 2, 3, 4, 5])).toBeCloseTo(9 / Math.sqrt((5 * 4 * 15) / 18), 12);
    expect(mannKendall([1, 1, 2])).toBeCloseTo(1 / Math.sqrt((3 * 2 * 11 - 2 * 1 * 9) / 18), 12);
    expect(mannKendall([2, 2, 2])).toBe(0);
  });
});
