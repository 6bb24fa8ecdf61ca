import { describe, expect, it } from "vitest";
import { logStatePrior } from "../../pipeline/detect/multivariate/omni-network.ts";
import { usadLosses, usadScores } from "../../pipeline/detect/multivariate/usad-network.ts";
import { newTape, tensor } from "../../pipeline/learn/tape.ts";

describe("known answers of the multivariate detectors", () => {
  // Computed with numpy 2.4 from the formulas of manigalati/usad.
  const pair = (...values: number[]) => tensor(2, 2, Float64Array.from(values));
  const windows = pair(0.2, 0.8, 0.5, 0.5);
  const rebuilt = {
    first: pair(0.3, 0.7, 0.4, 0.6),
    second: pair(0.1, 0.9, 0.6, 0.5),
    again: pair(0.25, 0.6, 0.5, 0.4),
  };

  it.each([
    [1, 0.01, 0.0075],
    [2, 0.0115625, -0.0028125],
    [5, 0.0125, -0.009],
  ])("has USAD's losses of epoch %i", (epoch, first, second) => {
    const losses = usadLosses(newTape(), windows, rebuilt, epoch);

    expect(losses.first.data[0]).toBeCloseTo(first, 12);
    expect(losses.second.data[0]).toBeCloseTo(second, 12);
  });

  it("has USAD's scores", () => {
    const [first, second] = usadScores(windows, rebuilt.first, rebuilt.again);

    expect(first).toBeCloseTo(0.015625, 12);
    expect(second).toBeCloseTo(0.0075, 12);
  });

  it("has the density of OmniAnomaly's hidden states, which are normal with covariance [[2, 1], [1, 3]]", () => {
    const [a, b] = [0.7, -1.2];
    const quadratic = (3 * a * a - 2 * a * b + 2 * b * b) / 5;
    const state = (value: number) => tensor(1, 1, Float64Array.of(value));

    const told = logStatePrior(newTape(), [state(a), state(b)]).data[0];

    expect(told).toBeCloseTo(-Math.log(2 * Math.PI) - 0.5 * Math.log(5) - 0.5 * quadratic, 12);
  });
});
