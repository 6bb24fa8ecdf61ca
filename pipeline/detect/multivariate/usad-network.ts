import { adam } from "../../learn/adam.ts";
import { denseLayer, throughLayers } from "../../learn/dense.ts";
import { newTape, type Tape, type Tensor } from "../../learn/tape.ts";
import type { Random } from "../../learn/xoshiro.ts";
import type { WindowNetwork } from "./window-network.ts";

const length = 12;
const rate = 1e-3;
const clip = 5;
/** Before the two decoders turn on each other they must have learnt to rebuild. */
const batchesOfFirst = 400;
const batchesOfOthers = 50;
/** The code tells of all samples at once, so a wild one blurs the others: by up to a quarter of its own error. */
const blur = 0.25;
/** Weights and biases of three layers. */
const perPart = 6;

/** What the first decoder makes of a window, what the second does, and what the second makes of the first's. */
export interface Reconstructions {
  readonly first: Tensor;
  readonly second: Tensor;
  readonly again: Tensor;
}

/**
 * Two autoencoders with one encoder: the first learns to rebuild a window, the second to tell what the first
 * rebuilt from what was real.
 *
 * Source: USAD (Audibert et al., KDD 2020; manigalati/usad), with ALGORITHMS 3.3's sizes: a code of an
 *         eighth of the window, 4 to 40 entries. An epoch is no pass over the windows, which are a thousand
 *         here: in the first, whose loss is that of plain autoencoders, there are 400 batches of 32.
 */
export const usadNetwork: WindowNetwork = {
  length,
  fewestWindows: 200,
  fewestColumns: 2,
  batch: 32,
  fewestBatches: (epoch) => (epoch === 1 ? batchesOfFirst : batchesOfOthers),
  epochs: 20,
  patience: 4,
  create(columns: number, random: Random): Tensor[] {
    const n = length * columns;
    const [half, quarter] = [Math.ceil(n / 2), Math.ceil(n / 4)];
    const code = Math.max(4, Math.min(40, Math.round(n / 8)));
    const through = (sizes: readonly number[]) =>
      sizes.slice(1).flatMap((size, index) => denseLayer(sizes[index] ?? size, size, random));
    const decoder = () => through([code, quarter, half, n]);
    return [...through([n, half, quarter, code]), ...decoder(), ...decoder()];
  },
  school(parameters) {
    const [encoder, first, second] = partsOf(parameters);
    const optimizeFirst = adam([...encoder, ...first], { clip });
    const optimizeSecond = adam([...encoder, ...second], { clip });
    return {
      trainEpoch(batches, epoch) {
        let total = 0;
        for (const windows of batches) {
          total += stepDown(parameters, windows, epoch, "first", optimizeFirst) / batches.length;
          stepDown(parameters, windows, epoch, "second", optimizeSecond);
        }
        return total;
      },
      validate(windows, epoch) {
        const tape = newTape();
        const losses = usadLosses(tape, windows, reconstructed(tape, parameters, windows), epoch);
        return losses.first.data[0] ?? Number.NaN;
      },
    };
  },
  score(parameters, windows, columns) {
    const { first, again } = reconstructed(newTape(), parameters, windows);
    return {
      whole: usadScores(windows, first, again),
      echo: largestErrors(windows, first, again).map((error) => blur * error),
      ...lastSamples(windows, first, again, columns),
    };
  },
};

function stepDown(
  parameters: readonly Tensor[],
  windows: Tensor,
  epoch: number,
  whose: "first" | "second",
  optimize: (rate: number) => void,
): number {
  const tape = newTape();
  const loss = usadLosses(tape, windows, reconstructed(tape, parameters, windows), epoch)[whose];
  tape.backward(loss);
  optimize(rate);
  // The other decoder had a part in the loss, but does not learn from it.
  for (const { grad } of parameters) grad.fill(0);
  return loss.data[0] ?? Number.NaN;
}

function partsOf(parameters: readonly Tensor[]): [Tensor[], Tensor[], Tensor[]] {
  const part = (index: number) => parameters.slice(index * perPart, (index + 1) * perPart);
  return [part(0), part(1), part(2)];
}

function reconstructed(tape: Tape, parameters: readonly Tensor[], windows: Tensor): Reconstructions {
  const [encoder, firstDecoder, secondDecoder] = partsOf(parameters);
  const encoded = (from: Tensor) => throughLayers(tape, from, encoder, "relu");
  // A sigmoid at the end: what lies beyond the normal range cannot be rebuilt, and so stands out.
  const decoded = (code: Tensor, decoder: readonly Tensor[]) => {
    const inner = throughLayers(tape, code, decoder.slice(0, perPart - 2), "relu");
    return throughLayers(tape, inner, decoder.slice(perPart - 2), "sigmoid");
  };
  const code = encoded(windows);
  const first = decoded(code, firstDecoder);
  return { first, second: decoded(code, secondDecoder), again: decoded(encoded(first), secondDecoder) };
}

/** The losses of the two autoencoders in an epoch, which counts from 1. */
export function usadLosses(
  tape: Tape,
  windows: Tensor,
  { first, second, again }: Reconstructions,
  epoch: number,
): { readonly first: Tensor; readonly second: Tensor } {
  const direct = 1 / epoch;
  const adversarial = tape.affine(meanSquare(tape, windows, again), 1 - direct);
  const own = (by: Tensor) => tape.affine(meanSquare(tape, windows, by), direct);
  return {
    first: tape.add(own(first), adversarial),
    second: tape.add(own(second), tape.affine(adversarial, -1)),
  };
}

function meanSquare(tape: Tape, a: Tensor, b: Tensor): Tensor {
  const squares = tape.map(tape.add(a, tape.affine(b, -1)), "square");
  return tape.affine(tape.sum(squares), 1 / a.data.length);
}

/** Half the mean squared error of the first rebuilding and half that of the second, of each window. */
export function usadScores(windows: Tensor, first: Tensor, again: Tensor): Float64Array {
  const scores = new Float64Array(windows.rows);
  for (let i = 0; i < windows.data.length; i++) {
    const row = Math.floor(i / windows.cols);
    scores[row] = (scores[row] ?? 0) + errorAt(windows, first, again, i) / windows.cols;
  }
  return scores;
}

function largestErrors(windows: Tensor, first: Tensor, again: Tensor): Float64Array {
  const largest = new Float64Array(windows.rows);
  for (let i = 0; i < windows.data.length; i++) {
    const row = Math.floor(i / windows.cols);
    largest[row] = Math.max(largest[row] ?? 0, errorAt(windows, first, again, i));
  }
  return largest;
}

function lastSamples(windows: Tensor, first: Tensor, again: Tensor, columns: number) {
  const errors = new Float64Array(windows.rows * columns);
  const expected = new Float64Array(windows.rows * columns);
  for (let i = 0; i < errors.length; i++) {
    const at = Math.floor(i / columns) * windows.cols + windows.cols - columns + (i % columns);
    errors[i] = errorAt(windows, first, again, at);
    expected[i] = first.data[at] ?? 0;
  }
  return { columns: errors, expected };
}

function errorAt(windows: Tensor, first: Tensor, again: Tensor, at: number): number {
  const value = windows.data[at] ?? 0;
  return 0.5 * (value - (first.data[at] ?? 0)) ** 2 + 0.5 * (value - (again.data[at] ?? 0)) ** 2;
}
