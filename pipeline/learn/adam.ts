import type { Tensor } from "./tape.ts";

const firstDecay = 0.9;
const secondDecay = 0.999;
const smallest = 1e-8;

/** One step down the gradients of the parameters, which it then clears. */
export type Optimizer = (rate: number) => void;

/**
 * Adam over a fixed set of parameters.
 *
 * Units:  `clip` bounds the norm of each parameter's gradient; `decay` adds that share of a parameter to
 *         its gradient (L2).
 * Source: Kingma and Ba, ICLR 2015.
 */
export function adam(
  parameters: readonly Tensor[],
  { clip = Number.POSITIVE_INFINITY, decay = 0 }: { clip?: number; decay?: number } = {},
): Optimizer {
  const moments = parameters.map(({ data }) => ({
    first: new Float64Array(data.length),
    second: new Float64Array(data.length),
  }));
  let step = 0;
  return (rate) => {
    step++;
    const scaled = (rate * Math.sqrt(1 - secondDecay ** step)) / (1 - firstDecay ** step);
    parameters.forEach(({ data, grad }, index) => {
      const { first, second } = moments[index] ?? { first: grad, second: grad };
      let squares = 0;
      for (let i = 0; i < data.length; i++) {
        const value = (grad[i] ?? 0) + decay * (data[i] ?? 0);
        grad[i] = value;
        squares += value * value;
      }
      const factor = Math.min(1, clip / Math.max(Math.sqrt(squares), smallest));
      for (let i = 0; i < data.length; i++) {
        const value = factor * (grad[i] ?? 0);
        const mean = firstDecay * (first[i] ?? 0) + (1 - firstDecay) * value;
        const square = secondDecay * (second[i] ?? 0) + (1 - secondDecay) * value * value;
        first[i] = mean;
        second[i] = square;
        data[i] = (data[i] ?? 0) - (scaled * mean) / (Math.sqrt(square) + smallest);
        grad[i] = 0;
      }
    });
  };
}
