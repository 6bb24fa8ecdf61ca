import { describe, expect, it } from "vitest";
import { fitConfidence, type Judged, reliability } from "../../../bench/calibrate.ts";
import { confidenceInFirst } from "../../../pipeline/fusion/confidence.ts";
import { xoshiro } from "../../../pipeline/learn/xoshiro.ts";

/** Answers of two systems that are right as often as their strength says. */
function judged(): Judged[] {
  const random = xoshiro(7, "calibrate");
  return Array.from({ length: 300 }, (_, index) => {
    const strength = random();
    const features = { strength, lead: random(), agreement: random(), seen: random(), length: random() };
    const incident = `${index % 150}`;
    return { system: index % 2 === 0 ? "a" : "b", incident, features, right: random() < strength };
  });
}

describe("fitConfidence", () => {
  it("finds what confidence depends on, and never lets a feature speak against a cause", () => {
    const weights = fitConfidence(judged());

    expect(weights.strength).toBeGreaterThan(2.5);
    expect(Math.max(weights.lead, weights.agreement, weights.seen)).toBeLessThan(1.5);
    expect(Math.min(weights.lead, weights.agreement, weights.seen)).toBeGreaterThanOrEqual(0);
    const half = { strength: 0.5, lead: 0.5, agreement: 0.5, seen: 0.5, length: 0.5 };
    expect(confidenceInFirst(half, weights)).toBeCloseTo(0.5, 1);
  });

  it("promises of one system, and of incidents it has not seen, what came true", () => {
    for (const heldOut of ["system", "incident"] as const) {
      const { bins, calibrationError, brier } = reliability(judged(), heldOut, 7);

      for (const { count, promised, right } of bins) {
        if (count >= 60) expect(Math.abs(promised - right)).toBeLessThan(0.15);
      }
      expect(calibrationError).toBeLessThan(0.1);
      // A coin would have 0.25; nothing can be better than 1/6 where right is as likely as a uniform strength.
      expect(brier).toBeLessThan(0.2);
    }
  });

  it("counts an incident once, however many forms it has", () => {
    const incidents = judged().map((one, index) => ({ ...one, incident: `${index}` }));
    const forms = incidents.flatMap((one) => (one.right ? [one, one, one] : [one]));

    const [once, often] = [fitConfidence(incidents), fitConfidence(forms)];

    for (const name of ["constant", "strength", "lead"] as const) {
      expect(often[name]).toBeCloseTo(once[name], 1);
    }
  });

  it("lets what is missing count, also where it misled nobody", () => {
    const alwaysRight = judged().map((one) => ({ ...one, right: true }));
    const { agreement, seen, length } = fitConfidence(alwaysRight);

    expect(Math.min(agreement, seen, length)).toBeGreaterThan(0);
  });

  it("promises no more than came true, also of the surest answers", () => {
    const sure = { strength: 1, lead: 1, agreement: 1, seen: 1, length: 1 };
    const misled = Array.from({ length: 200 }, (_, index) => ({
      system: index % 2 === 0 ? "a" : "b",
      incident: `${index}`,
      features: index % 4 < 2 ? sure : { ...sure, strength: 0, lead: 0 },
      right: index % 4 < 2 && index % 20 > 1,
    }));

    expect(confidenceInFirst(sure, fitConfidence(misled))).toBeLessThan(0.95);
  });
});
