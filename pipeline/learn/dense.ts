import { type Elementwise, type Tape, type Tensor, tensor } from "./tape.ts";
import type { Random } from "./xoshiro.ts";

/** Weights of one layer, then its bias, which starts at zero. Source: Glorot and Bengio, AISTATS 2010. */
export function denseLayer(rows: number, cols: number, random: Random): Tensor[] {
  const reach = Math.sqrt(6 / (rows + cols));
  const weights = Float64Array.from({ length: rows * cols }, () => reach * (2 * random() - 1));
  return [tensor(rows, cols, weights), tensor(1, cols)];
}

/** Runs through layers whose weights and biases come in turn; `bend` follows each of them. */
export function throughLayers(
  tape: Tape,
  input: Tensor,
  parameters: readonly Tensor[],
  bend: Elementwise | null,
): Tensor {
  let value = input;
  for (let i = 0; i + 1 < parameters.length; i += 2) {
    const [weights, bias] = [parameters[i], parameters[i + 1]];
    if (weights === undefined || bias === undefined) break;
    value = tape.add(tape.product(value, weights), bias);
    if (bend !== null) value = tape.map(value, bend);
  }
  return value;
}
