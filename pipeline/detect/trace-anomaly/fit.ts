import { adam } from "../../learn/adam.ts";
import { type Schooled, trainUntilBest } from "../../learn/early-stopping.ts";
import { copyParameters } from "../../learn/saved-parameters.ts";
import { batchesOf, shuffled, stackedRows } from "../../learn/stacked-rows.ts";
import { newTape } from "../../learn/tape.ts";
import { type Random, xoshiro } from "../../learn/xoshiro.ts";
import type { Course } from "../../ports.ts";
import { quantile } from "../../statistics/quantiles.ts";
import { spot } from "../../statistics/spot.ts";
import { type Columns, learnColumns, vectorOf } from "./service-vectors.ts";
import {
  evidenceBound,
  logLikelihoods,
  newNetwork,
  normalNoise,
  parametersOf,
  type VariationalNetwork,
} from "./variational.ts";

export interface FitOptions {
  readonly hidden: number;
  readonly latent: number;
  readonly blocks: number;
  readonly batch: number;
  readonly epochs: number;
  readonly mostTraces: number;
}

/** A tenth of TraceAnomaly's sizes: minutes in place of hours, on two cores. */
export const defaultFit: FitOptions = {
  hidden: 64,
  latent: 10,
  blocks: 4,
  batch: 128,
  epochs: 60,
  mostTraces: 20_000,
};

const fewestTraces = 200;
const rate = 1e-3;
const clip = 10;
const decay = 1e-4;
const validationShare = 0.1;
const checkEvery = 5;
const patience = 2;
export const scoreSamples = 64;
/** Normal traces with a likelihood this low are one in a thousand. */
const risk = 1e-3;
/** With fewer scores a tail cannot be fitted to: the lowest is the limit. */
const fewestForTail = 2_000;

/** What is learnt of normal traces. */
export interface FittedTraces {
  readonly columns: Columns;
  /** Every call path that was seen, rare ones too. */
  readonly knownPaths: readonly string[];
  readonly network: VariationalNetwork;
  /** A trace below this likelihood is abnormal. */
  readonly threshold: number;
}

/**
 * Fits the network to normal traces, given as the longest time of each call path.
 *
 * Shape:  null for fewer than 200 traces: rules must do. Of more than 20,000 an even share is taken. Goes on
 *         from the weights of `previous` where the call paths are the same.
 * Throws: never. Same traces, options and seed, same numbers.
 * Source: TraceAnomaly (Liu et al., ISSRE 2020) with ALGORITHMS 4.3's sizes for this language. ActNorm
 *         starts as identity in place of the first batch's moments, and the tail of the likelihoods is a
 *         generalized Pareto one.
 */
export function fitTraces(
  traces: readonly ReadonlyMap<string, number>[],
  seed: number,
  options: FitOptions = defaultFit,
  { previous, tell }: Course<FittedTraces> = { previous: null, tell: () => {} },
): FittedTraces | null {
  if (traces.length < fewestTraces) return null;
  const random = xoshiro(seed, "trace-anomaly");
  const columns = learnColumns(traces, previous?.columns.paths);
  const step = Math.max(1, traces.length / options.mostTraces);
  const taken = Array.from(
    { length: Math.min(traces.length, options.mostTraces) },
    (_, index) => traces[Math.floor(index * step)] ?? new Map<string, number>(),
  );
  const rows = shuffled(
    taken.map((times) => vectorOf(times, columns)),
    random,
  );
  const held = Math.ceil(validationShare * rows.length);
  const { hidden, latent, blocks } = options;
  const network = newNetwork({ columns: columns.paths.length, hidden, latent, blocks }, random);
  const isWarm = goesOnFrom(previous, columns, network);
  const schooled = trained(rows.slice(held), rows.slice(0, held), network, random, options, (epoch, loss) =>
    tell({ kind: "epoch", part: "traces", epoch, loss }),
  );
  if (schooled !== null) tell({ kind: "part", part: "traces", ...schooled, isWarm });
  const scores = logLikelihoods(network, rows, scoreSamples, xoshiro(seed, "trace-threshold"));
  const known = new Set(traces.flatMap((times) => [...times.keys()]));
  return { columns, knownPaths: [...known].sort(), network, threshold: lowest(scores) };
}

/** Takes over the weights of before where they stand for the same columns in a network of the same size. */
function goesOnFrom(previous: FittedTraces | null, { paths }: Columns, network: VariationalNetwork): boolean {
  if (previous === null || previous.columns.paths.join("\n") !== paths.join("\n")) return false;
  return copyParameters(parametersOf(previous.network), parametersOf(network));
}

/** The likelihood that one normal trace in a thousand falls below. */
function lowest(scores: Float64Array): number {
  if (scores.length < fewestForTail) return quantile(scores, 0);
  return -spot(
    scores.map((score) => -score),
    [],
    { risk },
  ).calibrated;
}

/** With the weights of the epoch that told the validation rows best. */
function trained(
  rows: readonly Float64Array[],
  validation: readonly Float64Array[],
  network: VariationalNetwork,
  random: Random,
  options: FitOptions,
  onEpoch: (epoch: number, loss: number) => void,
): Schooled | null {
  const parameters = parametersOf(network);
  const optimize = adam(parameters, { clip, decay });
  return trainUntilBest(
    parameters,
    { epochs: options.epochs, checkEvery, patience },
    () => trainedEpoch(shuffled(rows, random), network, random, options, optimize),
    (epoch) => -meanBound(network, validation, xoshiro(epoch, "trace-validation")),
    onEpoch,
  );
}

/** Mean loss per row. */
function trainedEpoch(
  rows: readonly Float64Array[],
  network: VariationalNetwork,
  random: Random,
  { batch, latent }: FitOptions,
  optimize: (rate: number) => void,
): number {
  const batches = batchesOf(rows, batch);
  let total = 0;
  for (const x of batches) {
    const tape = newTape();
    const bound = evidenceBound(tape, network, x, normalNoise(x.rows, latent, random));
    const loss = tape.affine(tape.sum(bound), -1 / x.rows);
    tape.backward(loss);
    optimize(rate);
    total += (loss.data[0] ?? 0) / batches.length;
  }
  return total;
}

function meanBound(network: VariationalNetwork, rows: readonly Float64Array[], random: Random): number {
  const x = stackedRows(rows);
  const bound = evidenceBound(newTape(), network, x, normalNoise(x.rows, network.size.latent, random));
  return bound.data.reduce((sum, value) => sum + value, 0) / x.rows;
}
