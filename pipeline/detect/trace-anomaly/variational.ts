import { denseLayer, throughLayers } from "../../learn/dense.ts";
import { newTape, type Tape, type Tensor, tensor } from "../../learn/tape.ts";
import type { Random } from "../../learn/xoshiro.ts";
import { newRealNvpBlock, type RealNvpBlock, realNvp } from "./flow.ts";

export interface NetworkSize {
  readonly columns: number;
  readonly hidden: number;
  readonly latent: number;
  readonly blocks: number;
}

/** A variational autoencoder whose posterior a flow bends. */
export interface VariationalNetwork {
  readonly size: NetworkSize;
  readonly encoder: readonly Tensor[];
  readonly posterior: readonly Tensor[];
  readonly flow: readonly RealNvpBlock[];
  readonly decoder: readonly Tensor[];
  readonly likelihood: readonly Tensor[];
}

const smallestStd = 1e-4;
const logOfTwoPi = Math.log(2 * Math.PI);

/** Two hidden layers each way; all from `random`. */
export function newNetwork(size: NetworkSize, random: Random): VariationalNetwork {
  const { columns, hidden, latent, blocks } = size;
  const layer = (rows: number, cols: number) => denseLayer(rows, cols, random);
  return {
    size,
    encoder: [...layer(columns, hidden), ...layer(hidden, hidden)],
    posterior: layer(hidden, 2 * latent),
    flow: Array.from({ length: blocks }, () => newRealNvpBlock(latent, hidden, random)),
    decoder: [...layer(latent, hidden), ...layer(hidden, hidden)],
    likelihood: layer(hidden, 2 * columns),
  };
}

/** In the order in which they are saved. */
export function parametersOf(network: VariationalNetwork): Tensor[] {
  const { encoder, posterior, flow, decoder, likelihood } = network;
  return [
    ...encoder,
    ...posterior,
    ...flow.flatMap((block) => [
      block.logScale,
      block.shift,
      block.hidden,
      block.hiddenBias,
      block.coupling,
      block.couplingBias,
      block.lower,
      block.upper,
      block.diagonal,
    ]),
    ...decoder,
    ...likelihood,
  ];
}

/** Of each row, one posterior sample's ln p(x|z) + ln p(z) - ln q(z|x): one column. */
export function evidenceBound(tape: Tape, network: VariationalNetwork, x: Tensor, noise: Tensor): Tensor {
  const { z, logPosterior } = posteriorSample(tape, network, x, noise);
  const { mean, std } = decoded(tape, network, z);
  const logLikelihood = logNormal(tape, x, mean, std);
  const { latent } = network.size;
  const logPrior = tape.affine(tape.sumOfRows(tape.map(z, "square")), -0.5, -0.5 * latent * logOfTwoPi);
  return tape.add(tape.add(logLikelihood, logPrior), tape.affine(logPosterior, -1));
}

function posteriorSample(
  tape: Tape,
  { size: { latent }, encoder, posterior, flow }: VariationalNetwork,
  x: Tensor,
  noise: Tensor,
): { z: Tensor; logPosterior: Tensor } {
  const features = throughLayers(tape, throughLayers(tape, x, encoder, "leaky-relu"), posterior, null);
  const mean = tape.columns(features, 0, latent);
  const std = positive(tape, tape.columns(features, latent, 2 * latent));
  let z = tape.add(mean, tape.multiply(std, noise));
  let logPosterior = logNormal(tape, z, mean, std);
  for (const block of flow) {
    const flowed = realNvp(tape, z, block);
    z = flowed.z;
    logPosterior = tape.add(logPosterior, tape.affine(flowed.logDeterminant, -1));
  }
  return { z, logPosterior };
}

/** What the network expects of x, given z. */
function decoded(
  tape: Tape,
  { size: { columns }, decoder, likelihood }: VariationalNetwork,
  z: Tensor,
): { mean: Tensor; std: Tensor } {
  const seen = throughLayers(tape, throughLayers(tape, z, decoder, "leaky-relu"), likelihood, null);
  return {
    mean: tape.columns(seen, 0, columns),
    std: positive(tape, tape.columns(seen, columns, 2 * columns)),
  };
}

function positive(tape: Tape, a: Tensor): Tensor {
  return tape.affine(tape.map(a, "softplus"), 1, smallestStd);
}

const surpriseSamples = 16;

/** Of each column of one row, how far it is from what the rest of the row lets expect: mean -ln p(x|z). */
export function columnSurprise(network: VariationalNetwork, row: Float64Array, random: Random): Float64Array {
  const { columns, latent } = network.size;
  const x = tensor(surpriseSamples, columns);
  for (let s = 0; s < surpriseSamples; s++) x.data.set(row, s * columns);
  const tape = newTape();
  const { z } = posteriorSample(tape, network, x, normalNoise(surpriseSamples, latent, random));
  const { mean, std } = decoded(tape, network, z);
  const surprise = new Float64Array(columns);
  for (let i = 0; i < x.data.length; i++) {
    const spread = std.data[i] ?? 1;
    const away = ((x.data[i] ?? 0) - (mean.data[i] ?? 0)) / spread;
    const column = i % columns;
    surprise[column] = (surprise[column] ?? 0) + (0.5 * away * away + Math.log(spread)) / surpriseSamples;
  }
  return surprise;
}

/**
 * ln p(x) of each row by importance sampling, divided by the number of columns.
 *
 * Source: ln (1/S) Σ exp(ln p(x|z) + ln p(z) - ln q(z|x)) over S posterior samples (ALGORITHMS 4.3).
 */
export function logLikelihoods(
  network: VariationalNetwork,
  rows: readonly Float64Array[],
  samples: number,
  random: Random,
): Float64Array {
  const { columns, latent } = network.size;
  const perBatch = Math.max(1, Math.floor(1024 / samples));
  const result = new Float64Array(rows.length);
  for (let from = 0; from < rows.length; from += perBatch) {
    const batch = rows.slice(from, from + perBatch);
    const data = new Float64Array(batch.length * samples * columns);
    batch.forEach((row, index) => {
      for (let s = 0; s < samples; s++) data.set(row, (index * samples + s) * columns);
    });
    const x = tensor(batch.length * samples, columns, data);
    const bound = evidenceBound(newTape(), network, x, normalNoise(x.rows, latent, random));
    batch.forEach((_, index) => {
      const draws = bound.data.subarray(index * samples, (index + 1) * samples);
      const largest = draws.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
      const total = draws.reduce((sum, value) => sum + Math.exp(value - largest), 0);
      result[from + index] = (largest + Math.log(total / samples)) / columns;
    });
  }
  return result;
}

/** Standard normal numbers. */
export function normalNoise(rows: number, cols: number, random: Random): Tensor {
  const draw = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return tensor(rows, cols, Float64Array.from({ length: rows * cols }, draw));
}

/** Σ over the columns of ln N(x; mean, std): one column. */
export function logNormal(tape: Tape, x: Tensor, mean: Tensor, std: Tensor): Tensor {
  const away = tape.multiply(tape.add(x, tape.affine(mean, -1)), tape.map(std, "reciprocal"));
  const entry = tape.add(
    tape.affine(tape.map(away, "square"), -0.5, -0.5 * logOfTwoPi),
    tape.affine(tape.map(std, "log"), -1),
  );
  return tape.sumOfRows(entry);
}
