import { adam } from "../../learn/adam.ts";
import { denseLayer, throughLayers } from "../../learn/dense.ts";
import { gruStep, newGru } from "../../learn/gru.ts";
import { newTape, type Tape, type Tensor, tensor } from "../../learn/tape.ts";
import { type Random, xoshiro } from "../../learn/xoshiro.ts";
import { type PlanarFlow, planar } from "../trace-anomaly/flow.ts";
import { logNormal, normalNoise } from "../trace-anomaly/variational.ts";
import type { WindowNetwork, WindowScores } from "./window-network.ts";

const length = 30;
const hidden = 32;
const latent = 3;
const flows = 4;
const rate = 1e-3;
const clip = 10;
const decay = 1e-4;
const smallestStd = 1e-4;
const flowReach = 0.1;
const logOfTwoPi = Math.log(2 * Math.PI);
/** One sample of the hidden state makes scores that jump; four steady them. */
const scoreSamples = 4;
const scoreSeed = 11;

/**
 * A recurrent variational autoencoder: hidden states that follow one another in time, bent by planar flows,
 * explain the metrics of each sample.
 *
 * Source: OmniAnomaly (Su et al., KDD 2019; NetManAIOps/OmniAnomaly), with ALGORITHMS 3.4's sizes for this
 *         language: windows of 30, 32 hidden, 3 latent, 4 flows. The rate is not halved: 20 epochs end before
 *         the authors' first halving. The score is the mean of four samples in place of one.
 */
export const omniNetwork: WindowNetwork = {
  length,
  fewestWindows: 1_000,
  fewestColumns: 3,
  batch: 64,
  fewestBatches: () => 1,
  epochs: 20,
  patience: 4,
  create(columns: number, random: Random): Tensor[] {
    const row = (cols: number, reach: number) =>
      tensor(
        1,
        cols,
        Float64Array.from({ length: cols }, () => reach * (2 * random() - 1)),
      );
    return [
      ...newGru(columns, hidden, random),
      ...denseLayer(hidden, hidden, random),
      ...denseLayer(hidden + latent, 2 * latent, random),
      ...newGru(latent, hidden, random),
      ...denseLayer(hidden, hidden, random),
      ...denseLayer(hidden, 2 * columns, random),
      ...Array.from({ length: flows }, () => [
        row(latent, flowReach),
        row(latent, flowReach),
        tensor(1, 1),
      ]).flat(),
    ];
  },
  school(parameters, _columns, random) {
    const optimize = adam(parameters, { clip, decay });
    return {
      trainEpoch(batches) {
        let total = 0;
        for (const windows of batches) {
          const tape = newTape();
          const bound = sequenceBound(tape, parameters, windows, noiseFor(windows.rows, random)).bound;
          const loss = tape.affine(tape.sum(bound), -1 / windows.rows);
          tape.backward(loss);
          optimize(rate);
          total += (loss.data[0] ?? Number.NaN) / batches.length;
        }
        return total;
      },
      validate(windows, epoch) {
        const noise = noiseFor(windows.rows, xoshiro(epoch, "omni-validation"));
        const { bound } = sequenceBound(newTape(), parameters, windows, noise);
        return -bound.data.reduce((sum, value) => sum + value, 0) / windows.rows;
      },
    };
  },
  score(parameters, windows, columns) {
    const random = xoshiro(scoreSeed, "omni-score");
    const total = emptyScores(windows.rows, columns);
    for (let s = 0; s < scoreSamples; s++) {
      const { mean, std } = sequenceBound(
        newTape(),
        parameters,
        windows,
        noiseFor(windows.rows, random),
      ).last;
      addScores(total, windows, mean, std, columns);
    }
    return total;
  },
};

const gruSize = 4;

/** The parameters by what they do, in the order in which `create` makes them. */
function partsOf(parameters: readonly Tensor[]) {
  let at = 0;
  const next = (count: number) => {
    at += count;
    return parameters.slice(at - count, at);
  };
  return {
    encoder: next(gruSize),
    seen: next(2),
    posterior: next(2),
    decoder: next(gruSize),
    shaped: next(2),
    likelihood: next(2),
    flow: Array.from({ length: flows }, (): PlanarFlow => {
      const [direction = tensor(1, latent), normal = tensor(1, latent), bias = tensor(1, 1)] = next(3);
      return { direction, normal, bias };
    }),
  };
}

/** Standard normal numbers for each sample of the windows. */
function noiseFor(rows: number, random: Random): Tensor[] {
  return Array.from({ length }, () => normalNoise(rows, latent, random));
}

interface Sequence {
  /** Of each window ln p(x|z) + ln p(z) - ln q(z|x), with one z: one column. */
  readonly bound: Tensor;
  /** What is expected of the last sample. */
  readonly last: { readonly mean: Tensor; readonly std: Tensor };
}

/** As many samples as there is noise for. */
export function sequenceBound(
  tape: Tape,
  parameters: readonly Tensor[],
  windows: Tensor,
  noise: readonly Tensor[],
): Sequence {
  const { encoder, seen, posterior, decoder, shaped, likelihood, flow } = partsOf(parameters);
  const { rows } = windows;
  const columns = windows.cols / noise.length;
  const states: Tensor[] = [];
  let bound: Tensor = tensor(rows, 1);
  let last = { mean: tensor(rows, columns), std: tensor(rows, columns) };
  let encoded: Tensor = tensor(rows, hidden);
  let decoded: Tensor = tensor(rows, hidden);
  let before: Tensor = tensor(rows, latent);
  noise.forEach((drawn, step) => {
    const x = tape.columns(windows, step * columns, (step + 1) * columns);
    encoded = gruStep(tape, x, encoded, encoder);
    const features = throughLayers(tape, encoded, seen, "relu");
    const spread = throughLayers(tape, tape.beside([features, before]), posterior, null);
    const mean = tape.columns(spread, 0, latent);
    const std = positive(tape, tape.columns(spread, latent, 2 * latent));
    before = tape.add(mean, tape.multiply(std, drawn));
    bound = tape.add(bound, tape.affine(logNormal(tape, before, mean, std), -1));
    let z = before;
    for (const one of flow) {
      const flowed = planar(tape, z, one);
      z = flowed.z;
      bound = tape.add(bound, flowed.logDeterminant);
    }
    states.push(z);
    decoded = gruStep(tape, z, decoded, decoder);
    const told = throughLayers(tape, throughLayers(tape, decoded, shaped, "relu"), likelihood, null);
    last = {
      mean: tape.columns(told, 0, columns),
      std: positive(tape, tape.columns(told, columns, 2 * columns)),
    };
    bound = tape.add(bound, logNormal(tape, x, last.mean, last.std));
  });
  return { bound: tape.add(bound, logStatePrior(tape, states)), last };
}

/**
 * ln p of the hidden states over time: seen with unit noise, of a walk with unit steps. One column.
 *
 * Source: a linear Gaussian state space with identity transition and observation is one scalar Kalman filter
 *         per dimension (ALGORITHMS 3.4).
 */
export function logStatePrior(tape: Tape, states: readonly Tensor[]): Tensor {
  const [first] = states;
  if (first === undefined) return tensor(1, 1);
  let expected: Tensor = tensor(first.rows, first.cols);
  let total: Tensor = tensor(first.rows, 1);
  let variance = 1;
  for (const z of states) {
    const seen = variance + 1;
    const surprise = tape.add(z, tape.affine(expected, -1));
    const squares = tape.sumOfRows(tape.map(surprise, "square"));
    const constant = -0.5 * z.cols * (logOfTwoPi + Math.log(seen));
    total = tape.add(total, tape.affine(squares, -0.5 / seen, constant));
    const gain = variance / seen;
    expected = tape.add(expected, tape.affine(surprise, gain));
    variance = (1 - gain) * variance + 1;
  }
  return total;
}

function positive(tape: Tape, a: Tensor): Tensor {
  return tape.affine(tape.map(a, "softplus"), 1, smallestStd);
}

function emptyScores(rows: number, columns: number): WindowScores {
  const perColumn = () => new Float64Array(rows * columns);
  // Each sample is judged by its own likelihood: none has an echo.
  const echo = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
  return { whole: new Float64Array(rows), echo, columns: perColumn(), expected: perColumn() };
}

/** Adds -ln p of the last sample, and what was expected of it, as one of the samples. */
function addScores(total: WindowScores, windows: Tensor, mean: Tensor, std: Tensor, columns: number): void {
  for (let i = 0; i < total.columns.length; i++) {
    const row = Math.floor(i / columns);
    const value = windows.data[row * windows.cols + windows.cols - columns + (i % columns)] ?? 0;
    const spread = std.data[i] ?? 1;
    const away = (value - (mean.data[i] ?? 0)) / spread;
    const surprise = (0.5 * away * away + Math.log(spread) + 0.5 * logOfTwoPi) / scoreSamples;
    total.columns[i] = (total.columns[i] ?? 0) + surprise;
    total.whole[row] = (total.whole[row] ?? 0) + surprise;
    total.expected[i] = (total.expected[i] ?? 0) + (mean.data[i] ?? 0) / scoreSamples;
  }
}
