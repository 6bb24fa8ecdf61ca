import { describe, expect, it } from "vitest";
import { fitConfidence, type Judged, reliability } from "../../../bench/calibrate.ts";
import { confidenceInFirst } from "../../../pipeline/confidence.ts";
import { xoshiro } from "../../../pipeline/learn/xoshiro.ts";

/** Answers of two systems that are right as often as their strength says. */
function judged(): Judged[] {
  const random = xoshiro(7, "calibrate");
  return Array.from({ length: 800 }, (_, index) => {
    const strength = random();
    const features = { strength, lead: random(), agreement: random(), seen: random(), length: random() };
    return { system: index % 2 === 0 ? "a" : "b", features, right: random() < strength };
  });
}

describe("fitConfidence", () => {
  it("finds what confidence depends on, and never lets a feature speak against a cause", () => {
    const weights = fitConfidence(judged());

    expect(weights.strength).toBeGreaterThan(3);
    expect(Math.max(weights.lead, weights.agreement, weights.seen)).toBeLessThan(1);
    expect(Math.min(weights.lead, weights.agreement, weights.seen)).toBeGreaterThanOrEqual(0);
    const half = { strength: 0.5, lead: 0.5, agreement: 0.5, seen: 0.5, length: 0.5 };
    expect(confidenceInFirst(half, weights)).toBeCloseTo(0.5, 1);
  });

  it("promises of one system what came true on the other", () => {
    for (const { count, promised, right } of reliability(judged())) {
      if (count >= 50) expect(Math.abs(promised - right)).toBeLessThan(0.12);
    }
  });
});
