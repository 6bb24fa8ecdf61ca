import { describe, expect, it } from "vitest";
import { omniNetwork, sequenceBound } from "../../../../../pipeline/detect/multivariate/omni-network.ts";
import { gruStep, newGru } from "../../../../../pipeline/learn/gru.ts";
import { newTape, type Tape, type Tensor, tensor } from "../../../../../pipeline/learn/tape.ts";
import { xoshiro } from "../../../../../pipeline/learn/xoshiro.ts";

const random = xoshiro(3, "networks test");
const drawn = (rows: number, cols: number) =>
  tensor(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => 2 * random() - 1),
  );

/** The derivatives of some entries of each parameter against the slope of the chord around them. */
function expectRightGradients(parameters: readonly Tensor[], lossOf: (tape: Tape) => Tensor): void {
  const tape = newTape();
  tape.backward(lossOf(tape));
  const step = 1e-5;
  for (const { data, grad } of parameters) {
    for (let i = 0; i < data.length; i += Math.ceil(data.length / 5)) {
      const value = data[i]!;
      data[i] = value + step;
      const above = lossOf(newTape()).data[0]!;
      data[i] = value - step;
      const below = lossOf(newTape()).data[0]!;
      data[i] = value;
      const slope = (above - below) / (2 * step);
      expect(Math.abs(grad[i]! - slope)).toBeLessThan(1e-5 * Math.max(1, Math.abs(slope)));
    }
  }
}

describe("the networks of the multivariate detectors", () => {
  it("has the gradients of a gated recurrent unit over two steps", () => {
    const gru = newGru(2, 3, random);
    const [first, second, state] = [drawn(4, 2), drawn(4, 2), drawn(4, 3)];

    expectRightGradients([...gru, state], (tape) => {
      const next = gruStep(tape, second, gruStep(tape, first, state, gru), gru);
      return tape.sum(tape.map(next, "square"));
    });
  });

  it("has the gradients of OmniAnomaly's bound through all its parts", () => {
    const parameters = omniNetwork.create(3, random);
    const windows = drawn(2, 3 * 3);
    const noise = [drawn(2, 3), drawn(2, 3), drawn(2, 3)];

    expectRightGradients(parameters, (tape) =>
      tape.affine(tape.sum(sequenceBound(tape, parameters, windows, noise).bound), -0.5),
    );
  });
});
