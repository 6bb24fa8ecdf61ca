import { describe, expect, it } from "vitest";
import { adam } from "../../../../pipeline/learn/adam.ts";
import {
  addProduct,
  addProductTransposedLeft,
  addProductTransposedRight,
} from "../../../../pipeline/learn/matrix-kernels.ts";
import {
  type Elementwise,
  newTape,
  type Tape,
  type Tensor,
  tensor,
} from "../../../../pipeline/learn/tape.ts";
import { randomOf } from "../detect/inputs.ts";

const random = randomOf(5);
/** Entries away from 0, where some functions have a corner or no value. */
const drawn = (rows: number, cols: number, sign: "any" | "positive" = "any") =>
  tensor(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => {
      const size = 0.2 + random();
      return sign === "positive" || random() < 0.5 ? size : -size;
    }),
  );

/** Every derivative against the slope of the chord around its entry. */
function expectRightGradients(inputs: readonly Tensor[], compute: (tape: Tape) => Tensor): void {
  const weighed = (tape: Tape) => {
    const result = compute(tape);
    // Unequal weights, so that entries which are mixed up are seen.
    const weights = Float64Array.from(result.data, (_, i) => Math.cos(i + 1));
    return tape.sum(tape.multiply(result, tensor(result.rows, result.cols, weights)));
  };
  for (const { grad } of inputs) grad.fill(0);
  const tape = newTape();
  tape.backward(weighed(tape));
  const loss = () => weighed(newTape()).data[0] ?? 0;
  for (const { data, grad } of inputs) {
    data.forEach((value, i) => {
      const step = 1e-5;
      data[i] = value + step;
      const above = loss();
      data[i] = value - step;
      const below = loss();
      data[i] = value;
      expect(grad[i]).toBeCloseTo((above - below) / (2 * step), 5);
    });
  }
}

describe("newTape", () => {
  const functions: Elementwise[] = ["relu", "leaky-relu", "sigmoid", "tanh", "softplus", "exp", "square"];
  it.each(functions)("differentiates %s", (name) => {
    const a = drawn(3, 2);
    expectRightGradients([a], (tape) => tape.map(a, name));
  });

  it.each(["log", "reciprocal"] as const)("differentiates %s", (name) => {
    const a = drawn(3, 2, "positive");
    expectRightGradients([a], (tape) => tape.map(a, name));
  });

  it("differentiates log-abs on both sides of zero", () => {
    const a = drawn(3, 2);
    expectRightGradients([a], (tape) => tape.map(a, "log-abs"));
  });

  it("differentiates products of all remainders of four", () => {
    for (const size of [1, 2, 3, 4, 5, 7]) {
      const [a, b] = [drawn(size, size + 1), drawn(size + 1, 3)];
      expectRightGradients([a, b], (tape) => tape.product(a, b));
    }
  });

  it("differentiates sums and products of matrices, rows and single entries", () => {
    const a = drawn(3, 4);
    for (const b of [drawn(3, 4), drawn(1, 4), drawn(1, 1)]) {
      expectRightGradients([a, b], (tape) => tape.add(a, b));
      expectRightGradients([a, b], (tape) => tape.multiply(a, b));
    }
    expectRightGradients([a], (tape) => tape.affine(a, -2, 3));
  });

  it("differentiates what takes matrices apart and together", () => {
    const [a, b] = [drawn(3, 4), drawn(3, 2)];
    expectRightGradients([a], (tape) => tape.columns(a, 1, 3));
    expectRightGradients([a, b], (tape) => tape.beside([a, b, a]));
    expectRightGradients([a], (tape) => tape.sumOfRows(a));
    expectRightGradients([a], (tape) => tape.meanOfColumns(a));
    expectRightGradients([a], (tape) => tape.map(tape.reshape(a, 4, 3), "square"));
  });

  it("differentiates a convolution with padding, and the halving after it", () => {
    const [a, weights] = [drawn(2 * 7, 2), drawn(3 * 2, 3)];
    expectRightGradients([a, weights], (tape) =>
      tape.halve(tape.product(tape.unfold(a, 7, 3, 1), weights), 7),
    );
  });

  it("convolves as by hand", () => {
    const [a, weights] = [
      tensor(4, 1, Float64Array.of(1, 2, 3, 4)),
      tensor(3, 1, Float64Array.of(1, 10, 100)),
    ];
    const tape = newTape();

    expect([...tape.product(tape.unfold(a, 4, 3, 1), weights).data]).toEqual([210, 321, 432, 43]);
    expect([...tape.halve(a, 4).data]).toEqual([2, 4]);
  });

  it("differentiates cross-entropy with divided targets", () => {
    const a = drawn(2, 3);
    expectRightGradients([a], (tape) => tape.crossEntropy(a, Float64Array.of(1, 0, 0, 0, 0.5, 0.5)));
  });
});

describe("matrix kernels", () => {
  it("agree with the definition", () => {
    const [m, k, n] = [5, 6, 3];
    const [a, b, c] = [drawn(m, k).data, drawn(k, n).data, drawn(m, n).data];
    const sum = (count: number, of: (i: number) => number) =>
      Array.from({ length: count }, (_, i) => of(i)).reduce((x, y) => x + y, 0);
    const product = new Float64Array(m * n);
    const right = new Float64Array(m * k);
    const left = new Float64Array(k * n);

    addProduct(product, a, b, m, k, n);
    addProductTransposedRight(right, c, b, m, k, n);
    addProductTransposedLeft(left, a, c, m, k, n);

    expect(product[7]).toBeCloseTo(
      sum(k, (p) => (a[2 * k + p] ?? 0) * (b[p * n + 1] ?? 0)),
      12,
    );
    expect(right[2 * k + 4]).toBeCloseTo(
      sum(n, (j) => (c[2 * n + j] ?? 0) * (b[4 * n + j] ?? 0)),
      12,
    );
    expect(left[5 * n + 2]).toBeCloseTo(
      sum(m, (i) => (a[i * k + 5] ?? 0) * (c[i * n + 2] ?? 0)),
      12,
    );
  });
});

describe("adam", () => {
  it("takes its first step of the rate's size against the gradient, as published", () => {
    const a = tensor(1, 2, Float64Array.of(1, 1));
    a.grad.set([0.5, -20]);

    adam([a])(0.1);

    expect(a.data[0]).toBeCloseTo(0.9, 6);
    expect(a.data[1]).toBeCloseTo(1.1, 6);
    expect([...a.grad]).toEqual([0, 0]);
  });

  it("finds the lowest point of a bowl", () => {
    const a = tensor(1, 2, Float64Array.of(3, -4));
    const step = adam([a]);
    for (let i = 0; i < 500; i++) {
      const tape = newTape();
      tape.backward(tape.sum(tape.map(tape.affine(a, 1, -1), "square")));
      step(0.05);
    }

    expect(a.data[0]).toBeCloseTo(1, 2);
    expect(a.data[1]).toBeCloseTo(1, 2);
  });
});
