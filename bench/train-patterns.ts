import { writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { patternNames } from "../pipeline/describe/pattern.ts";
import {
  convolved,
  denseOf,
  outputOf,
  type PatternParameters,
  parameterNames,
  parameterShapes,
  parametersText,
  patternProbabilities,
  readParameters,
  scaledSegment,
  segmentLength,
} from "../pipeline/describe/pattern-network.ts";
import { adam } from "../pipeline/learn/adam.ts";
import { newTape, type Tape, type Tensor, tensor } from "../pipeline/learn/tape.ts";
import { type Random, xoshiro } from "../pipeline/learn/xoshiro.ts";
import { macroF1 } from "./macro-f1.ts";
import { type LabelledSegment, makeSegments } from "./pattern-segments.ts";

/**
 * Trains PatternMatcher on generated segments and writes its weights:
 * `node dist/bench/train-patterns.js FILE [SEGMENTS PER PATTERN] [EPOCHS]`.
 */
const seed = 7;
const batchSize = 32;
const rate = 1e-3;
const patience = 10;
const dropout = 0.5;
const epsilon = 1e-5;
const momentum = 0.05;

interface Trained {
  readonly parameters: PatternParameters;
  readonly gain: Tensor;
  readonly shift: Tensor;
  /** What inference takes for a batch's mean and variance. */
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

function train(perClass: number, epochs: number): PatternParameters {
  const random = xoshiro(seed, "train-patterns");
  const lessons = makeSegments(perClass, xoshiro(seed, "pattern-train"));
  const validation = makeSegments(Math.ceil(perClass / 5), xoshiro(seed, "pattern-validation"));
  const network = newNetwork(random);
  const step = adam([...parameterNames.map((name) => network.parameters[name]), network.gain, network.shift]);
  let best = folded(network);
  let bestScore = 0;
  let since = 0;
  for (let epoch = 0; epoch < epochs && since < patience; epoch++) {
    const started = performance.now();
    const order = shuffled(lessons, random);
    let loss = 0;
    const batches = Math.floor(order.length / batchSize);
    for (let i = 0; i < batches; i++) {
      const batch = order.slice(i * batchSize, (i + 1) * batchSize);
      loss += trainOn(batch, network, random) / batches;
      step(rate * 0.5 ** Math.floor((3 * epoch) / epochs));
    }
    const current = folded(network);
    const score = scoreOf(current, validation);
    since = score > bestScore ? 0 : since + 1;
    if (score > bestScore) [best, bestScore] = [current, score];
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(
      `epoch ${epoch + 1}: loss ${loss.toFixed(4)}, validation macro-F1 ${score.toFixed(4)}, ${seconds.toFixed(1)} s\n`,
    );
  }
  return best;
}

function newNetwork(random: Random): Trained {
  const start = (name: (typeof parameterNames)[number]): Tensor => {
    const [rows, cols] = parameterShapes[name];
    const reach = rows === 1 ? 0 : Math.sqrt(6 / rows);
    return tensor(
      rows,
      cols,
      Float64Array.from({ length: rows * cols }, () => reach * (2 * random() - 1)),
    );
  };
  const parameters = {
    conv1: start("conv1"),
    bias1: start("bias1"),
    conv2: start("conv2"),
    conv3: start("conv3"),
    dense: start("dense"),
    denseBias: start("denseBias"),
    output: start("output"),
    outputBias: start("outputBias"),
  };
  const { cols } = parameters.dense;
  return {
    parameters,
    gain: tensor(1, cols, new Float64Array(cols).fill(1)),
    shift: tensor(1, cols),
    mean: new Float64Array(cols),
    variance: new Float64Array(cols).fill(1),
  };
}

function trainOn(batch: readonly LabelledSegment[], network: Trained, random: Random): number {
  const tape = newTape();
  const input = new Float64Array(batch.length * segmentLength);
  const targets = new Float64Array(batch.length * patternNames.length);
  batch.forEach(({ values, targets: wanted }, index) => {
    input.set(scaledSegment(values) ?? [], index * segmentLength);
    targets.set(wanted, index * patternNames.length);
  });
  const { parameters } = network;
  const features = convolved(tape, parameters, tensor(input.length, 1, input));
  const kept = tensor(
    features.rows,
    features.cols,
    Float64Array.from(features.data, () => (random() < dropout ? 0 : 1 / (1 - dropout))),
  );
  const inner = denseOf(tape, parameters, tape.multiply(features, kept));
  const output = outputOf(tape, parameters, tape.map(normalized(tape, inner, network), "relu"));
  const loss = tape.crossEntropy(output, targets);
  tape.backward(loss);
  return loss.data[0] ?? 0;
}

/** Batch normalization, whose running mean and variance are kept for inference. */
function normalized(tape: Tape, layer: Tensor, { gain, shift, mean, variance }: Trained): Tensor {
  const centre = tape.meanOfColumns(layer);
  const away = tape.add(layer, tape.affine(centre, -1));
  const spread = tape.meanOfColumns(tape.map(away, "square"));
  // 1 / sqrt(x) = exp(-ln(x) / 2)
  const inverse = tape.map(tape.affine(tape.map(tape.affine(spread, 1, epsilon), "log"), -0.5), "exp");
  for (let i = 0; i < mean.length; i++) {
    mean[i] = (1 - momentum) * (mean[i] ?? 0) + momentum * (centre.data[i] ?? 0);
    variance[i] = (1 - momentum) * (variance[i] ?? 0) + momentum * (spread.data[i] ?? 0);
  }
  return tape.add(tape.multiply(tape.multiply(away, inverse), gain), shift);
}

/** A copy in which the normalization is part of the dense layer, rounded as it is saved. */
function folded({ parameters, gain, shift, mean, variance }: Trained): PatternParameters {
  const { rows, cols } = parameters.dense;
  const dense = tensor(rows, cols, parameters.dense.data.slice());
  const denseBias = tensor(1, cols);
  for (let j = 0; j < cols; j++) {
    const factor = (gain.data[j] ?? 0) / Math.sqrt((variance[j] ?? 0) + epsilon);
    for (let i = 0; i < rows; i++) dense.data[i * cols + j] = (dense.data[i * cols + j] ?? 0) * factor;
    denseBias.data[j] =
      ((parameters.denseBias.data[j] ?? 0) - (mean[j] ?? 0)) * factor + (shift.data[j] ?? 0);
  }
  return readParameters(parametersText({ ...parameters, dense, denseBias }));
}

function scoreOf(parameters: PatternParameters, segments: readonly LabelledSegment[]): number {
  return macroF1(
    segments.map(({ label }) => label),
    segments.map((segment) => named(parameters, segment)),
  );
}

function named(parameters: PatternParameters, { values }: LabelledSegment): number {
  const probabilities = patternProbabilities(parameters, scaledSegment(values) ?? new Float64Array(0));
  return probabilities.indexOf(Math.max(...probabilities));
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

const [file = "", perClass = "3000", epochs = "30"] = process.argv.slice(2);
const parameters = train(Number(perClass), Number(epochs));
const test = makeSegments(600, xoshiro(seed, "pattern-test"));
process.stdout.write(`test macro-F1 ${scoreOf(parameters, test).toFixed(4)} on ${test.length} segments\n`);
if (file !== "") {
  const note = `/** Weights of PatternMatcher, made by bench/train-patterns.ts with seed ${seed}, ${perClass} segments per pattern and ${epochs} epochs. */`;
  writeFileSync(file, `${note}\nexport const patternWeights =\n  "${parametersText(parameters)}";\n`);
}
