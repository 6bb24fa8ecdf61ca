import { z } from "zod";
import type { Random } from "./xoshiro.ts";

/** One hidden layer: `hidden` is units × (inputs + 1), `output` classes × (units + 1), each row's last its bias. */
export const Perceptron = z.object({
  inputs: z.number().int().positive(),
  units: z.number().int().positive(),
  classes: z.number().int().positive(),
  hidden: z.array(z.number()),
  output: z.array(z.number()),
});
export type Perceptron = z.infer<typeof Perceptron>;

export interface Gradient {
  readonly loss: number;
  readonly hidden: Float64Array;
  readonly output: Float64Array;
}

const usualUnits = 100;
const batchSize = 200;
const mostEpochs = 200;
/** Training ends after so many epochs without a better loss on the rows kept aside. */
const patience = 10;
const asideShare = 0.1;
const decay = 1e-4;
const adam = { rate: 1e-3, first: 0.9, second: 0.999, floor: 1e-8 };

/** Probabilities of the classes. */
export function perceptronVotes(net: Perceptron, row: Float64Array): Float64Array {
  return softmax(forward(net, row).scores);
}

/**
 * Trains a perceptron with one hidden layer: ReLU, cross-entropy, Adam, early stopping on a tenth of the
 * rows. Rows are standardized by the caller.
 *
 * Source: Kingma and Ba, Adam, ICLR 2015; initial weights: He et al., ICCV 2015.
 */
export function trainPerceptron(
  rows: readonly Float64Array[],
  labels: readonly number[],
  classes: number,
  random: Random,
  units = usualUnits,
): Perceptron {
  const inputs = rows[0]?.length ?? 1;
  const net: Perceptron = {
    inputs,
    units,
    classes,
    hidden: initial(units, inputs, random),
    output: initial(classes, units, random),
  };
  const order = shuffled(rows.length, random);
  const aside = order.slice(0, Math.floor(asideShare * rows.length));
  let used = order.slice(aside.length);
  const moments = { hidden: momentsOf(net.hidden), output: momentsOf(net.output) };
  let best = { loss: Number.POSITIVE_INFINITY, hidden: [...net.hidden], output: [...net.output] };
  let step = 0;
  for (let epoch = 0, stale = 0; epoch < mostEpochs && stale < patience; epoch++) {
    used = shuffled(used.length, random).map((at) => used[at] ?? 0);
    for (let from = 0; from < used.length; from += batchSize) {
      const gradient = gradientOf(net, rows, labels, used.slice(from, from + batchSize));
      step++;
      descend(net.hidden, gradient.hidden, moments.hidden, step);
      descend(net.output, gradient.output, moments.output, step);
    }
    const { loss } = gradientOf(net, rows, labels, aside.length > 0 ? aside : used);
    stale++;
    if (loss < best.loss - 1e-4) {
      best = { loss, hidden: [...net.hidden], output: [...net.output] };
      stale = 0;
    }
  }
  return { ...net, hidden: best.hidden, output: best.output };
}

/** Mean cross-entropy with weight decay over the chosen rows, and its slope in every weight. */
export function gradientOf(
  net: Perceptron,
  rows: readonly Float64Array[],
  labels: readonly number[],
  chosen: readonly number[],
): Gradient {
  const { inputs, units, classes } = net;
  const hidden = new Float64Array(net.hidden.length);
  const output = new Float64Array(net.output.length);
  let loss = 0;
  for (const index of chosen) {
    const row = rows[index] ?? new Float64Array(inputs);
    const { active, scores } = forward(net, row);
    const errors = softmax(scores);
    const label = labels[index] ?? 0;
    loss -= Math.log(Math.max(errors[label] ?? 0, 1e-300)) / chosen.length;
    errors[label] = (errors[label] ?? 0) - 1;
    const back = new Float64Array(units);
    for (let c = 0; c < classes; c++) {
      const error = (errors[c] ?? 0) / chosen.length;
      const base = c * (units + 1);
      for (let u = 0; u < units; u++) {
        output[base + u] = (output[base + u] ?? 0) + error * (active[u] ?? 0);
        back[u] = (back[u] ?? 0) + error * (net.output[base + u] ?? 0);
      }
      output[base + units] = (output[base + units] ?? 0) + error;
    }
    for (let u = 0; u < units; u++) {
      const error = (active[u] ?? 0) > 0 ? (back[u] ?? 0) : 0;
      if (error === 0) continue;
      const base = u * (inputs + 1);
      for (let i = 0; i < inputs; i++) hidden[base + i] = (hidden[base + i] ?? 0) + error * (row[i] ?? 0);
      hidden[base + inputs] = (hidden[base + inputs] ?? 0) + error;
    }
  }
  loss += decayed(net.hidden, hidden) + decayed(net.output, output);
  return { loss, hidden, output };
}

/** Adds the decay's slope to `slope`; its loss. */
function decayed(weights: readonly number[], slope: Float64Array): number {
  let squares = 0;
  weights.forEach((weight, at) => {
    squares += weight * weight;
    slope[at] = (slope[at] ?? 0) + decay * weight;
  });
  return (decay * squares) / 2;
}

function forward({ inputs, units, classes, hidden, output }: Perceptron, row: Float64Array) {
  const active = new Float64Array(units);
  for (let u = 0; u < units; u++) {
    const base = u * (inputs + 1);
    let sum = hidden[base + inputs] ?? 0;
    for (let i = 0; i < inputs; i++) sum += (hidden[base + i] ?? 0) * (row[i] ?? 0);
    active[u] = Math.max(0, sum);
  }
  const scores = new Float64Array(classes);
  for (let c = 0; c < classes; c++) {
    const base = c * (units + 1);
    let sum = output[base + units] ?? 0;
    for (let u = 0; u < units; u++) sum += (output[base + u] ?? 0) * (active[u] ?? 0);
    scores[c] = sum;
  }
  return { active, scores };
}

function softmax(scores: Float64Array): Float64Array {
  const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const raised = scores.map((score) => Math.exp(score - most));
  const total = raised.reduce((a, b) => a + b, 0);
  return raised.map((value) => value / total);
}

interface Moments {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

function momentsOf(weights: readonly number[]): Moments {
  return { first: new Float64Array(weights.length), second: new Float64Array(weights.length) };
}

function descend(weights: number[], slope: Float64Array, { first, second }: Moments, step: number): void {
  const firstScale = 1 - adam.first ** step;
  const secondScale = 1 - adam.second ** step;
  for (let i = 0; i < weights.length; i++) {
    const g = slope[i] ?? 0;
    const m = adam.first * (first[i] ?? 0) + (1 - adam.first) * g;
    const v = adam.second * (second[i] ?? 0) + (1 - adam.second) * g * g;
    first[i] = m;
    second[i] = v;
    weights[i] = (weights[i] ?? 0) - (adam.rate * m) / firstScale / (Math.sqrt(v / secondScale) + adam.floor);
  }
}

/** He's normal weights; biases begin at zero. */
function initial(rows: number, columns: number, random: Random): number[] {
  const scale = Math.sqrt(2 / columns);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: rows * (columns + 1) }, (_, at) =>
    at % (columns + 1) === columns ? 0 : scale * normal(),
  );
}

export function shuffled(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let i = count - 1; i > 0; i--) {
    const other = Math.min(i, Math.floor(random() * (i + 1)));
    [order[i], order[other]] = [order[other] ?? 0, order[i] ?? 0];
  }
  return order;
}
