import { denseLayer } from "./dense.ts";
import type { Tape, Tensor } from "./tape.ts";
import type { Random } from "./xoshiro.ts";

/** Weights of the input and of the state, each with a bias, for update, reset and candidate side by side. */
export type Gru = readonly Tensor[];

export function newGru(inputs: number, hidden: number, random: Random): Gru {
  return [...denseLayer(inputs, 3 * hidden, random), ...denseLayer(hidden, 3 * hidden, random)];
}

/**
 * The next state: a mix of the one before and a candidate.
 *
 * Source: Cho et al., EMNLP 2014, with the reset after the product, as in cuDNN.
 */
export function gruStep(tape: Tape, input: Tensor, state: Tensor, [w, wBias, u, uBias]: Gru): Tensor {
  if (w === undefined || wBias === undefined || u === undefined || uBias === undefined) return state;
  const hidden = state.cols;
  const fromInput = tape.add(tape.product(input, w), wBias);
  const fromState = tape.add(tape.product(state, u), uBias);
  const part = (of: Tensor, index: number) => tape.columns(of, index * hidden, (index + 1) * hidden);
  const gate = (index: number) =>
    tape.map(tape.add(part(fromInput, index), part(fromState, index)), "sigmoid");
  const [update, reset] = [gate(0), gate(1)];
  const candidate = tape.map(tape.add(part(fromInput, 2), tape.multiply(reset, part(fromState, 2))), "tanh");
  const kept = tape.multiply(update, tape.add(state, tape.affine(candidate, -1)));
  return tape.add(candidate, kept);
}
