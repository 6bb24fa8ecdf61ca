import { describe, expect, it } from "vitest";
import {
  couple,
  denseOf,
  newRealNvpBlock,
  planar,
  type RealNvpBlock,
  realNvp,
} from "../../../../../pipeline/detect/trace-anomaly/flow.ts";
import { newTape, type Tensor, tensor } from "../../../../../pipeline/learn/tape.ts";
import { xoshiro } from "../../../../../pipeline/learn/xoshiro.ts";

const width = 4;
const random = xoshiro(5, "flow.test");
const row = (values: readonly number[]) => tensor(1, values.length, Float64Array.from(values));

/** A block as if it had been trained: no parameter where it started. */
function someBlock(): RealNvpBlock {
  const block = newRealNvpBlock(width, 6, random);
  for (const { data } of Object.values(block) as Tensor[]) {
    data.forEach((value, i) => {
      data[i] = value + 0.6 * (random() - 0.5);
    });
  }
  return block;
}

describe("realNvp", () => {
  it("can be undone", () => {
    const block = someBlock();
    const input = [0.4, -1.2, 2.1, -0.3];

    const { z } = realNvp(newTape(), row(input), block);

    undone([...z.data], block).forEach((value, i) => {
      expect(value).toBeCloseTo(input[i] ?? Number.NaN, 6);
    });
  });

  it("knows by how much it stretches space", () => {
    const block = someBlock();
    const input = [0.4, -1.2, 2.1, -0.3];
    const at = (values: readonly number[]) => [...realNvp(newTape(), row(values), block).z.data];

    const jacobian = input.map((_, i) => {
      const moved = (by: number) => at(input.map((value, j) => (j === i ? value + by : value)));
      const below = moved(-1e-5);
      return moved(1e-5).map((value, j) => (value - (below[j] ?? 0)) / 2e-5);
    });

    const { logDeterminant } = realNvp(newTape(), row(input), block);
    expect(logDeterminant.data[0]).toBeCloseTo(Math.log(Math.abs(determinant(jacobian))), 6);
  });

  it("treats every row by itself", () => {
    const block = someBlock();
    const both = realNvp(newTape(), tensor(2, width, Float64Array.of(1, 2, 3, 4, -1, 0, 1, 0)), block);
    const second = realNvp(newTape(), row([-1, 0, 1, 0]), block);

    expect([...both.z.data.slice(width)]).toEqual([...second.z.data]);
    expect(both.logDeterminant.data[1]).toBe(second.logDeterminant.data[0]);
  });
});

describe("planar", () => {
  it("leaves a density that integrates to one, also where its direction would fold space", () => {
    const flow = { direction: row([-3]), normal: row([1.2]), bias: row([0.3]) };
    const z = Array.from({ length: 4001 }, (_, i) => -8 + i * 0.004);

    const bent = planar(newTape(), tensor(z.length, 1, Float64Array.from(z)), flow);

    let mass = 0;
    for (let i = 1; i < z.length; i++) {
      const density = (at: number) =>
        Math.exp(-0.5 * (z[at] ?? 0) ** 2 - (bent.logDeterminant.data[at] ?? 0)) / Math.sqrt(2 * Math.PI);
      const step = (bent.z.data[i] ?? 0) - (bent.z.data[i - 1] ?? 0);
      expect(step).toBeGreaterThan(0);
      mass += (step * (density(i) + density(i - 1))) / 2;
    }
    expect(mass).toBeCloseTo(1, 3);
  });
});

function undone(z: readonly number[], block: RealNvpBlock): number[] {
  const dense = denseOf(newTape(), block);
  const rows = Array.from({ length: width }, (_, i) => [...dense.data.slice(i * width, (i + 1) * width)]);
  // z = exchanged · dense, so exchanged solves the transposed equations.
  const transposed = rows.map((_, i) => rows.map((one) => one[i] ?? 0));
  const exchanged = solved(transposed, z);
  const kept = width >> 1;
  const [moved, first] = [exchanged.slice(0, width - kept), exchanged.slice(width - kept)];
  const tape = newTape();
  const hidden = tape.map(tape.add(tape.product(row(first), block.hidden), block.hiddenBias), "leaky-relu");
  const steering = [...tape.add(tape.product(hidden, block.coupling), block.couplingBias).data];
  const second = moved.map((value, i) => {
    const factor = 1 / (1 + Math.exp(-(steering[width - kept + i] ?? 0) - 2));
    return value / factor - (steering[i] ?? 0);
  });
  return [...first, ...second].map(
    (value, i) => (value - (block.shift.data[i] ?? 0)) / Math.exp(block.logScale.data[i] ?? 0),
  );
}

/** Gaussian elimination with pivots. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((one, i) => [...one, right[i] ?? 0]);
  const n = rows.length;
  for (let c = 0; c < n; c++) {
    const pivot = rows.slice(c).reduce((best, one) => (Math.abs(one[c]!) > Math.abs(best[c]!) ? one : best));
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(c, 0, pivot);
    for (const other of rows) {
      if (other === pivot) continue;
      const factor = other[c]! / pivot[c]!;
      for (let j = c; j <= n; j++) other[j]! -= factor * pivot[j]!;
    }
  }
  return rows.map((one, i) => one[n]! / one[i]!);
}

function determinant(matrix: readonly (readonly number[])[]): number {
  const [first, ...rest] = matrix;
  if (first === undefined) return 1;
  return first.reduce(
    (sum, value, i) =>
      sum + (i % 2 === 0 ? 1 : -1) * value * determinant(rest.map((one) => one.filter((_, j) => j !== i))),
    0,
  );
}

describe("couple", () => {
  it("leaves space as it is where it is not steered, but for the bias", () => {
    const { z } = couple(newTape(), row([3]), row([0]), row([0]));

    expect(z.data[0]).toBeCloseTo(3 / (1 + Math.exp(-2)), 12);
  });
});
