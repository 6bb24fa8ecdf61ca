import { type Elementwise, newTape, softmaxRows, type Tape, type Tensor, tensor } from "../learn/tape.ts";
import { classifyPattern, type PatternName, patternNames } from "./pattern.ts";

export const segmentLength = 30;
const kernel = 5;
const padding = 1;
/** LocaleXpert has 64, 128 and 256 channels; a sixteenth of the work tells the patterns as well. */
const channels = [16, 32, 64] as const;
const hidden = 64;
/** Steps that are left after three convolutions and halvings: 30, 28, 14, 12, 6, 4, 2. */
const stepsLeft = 2;

/** Rows and columns of each parameter, in the order in which they are saved. */
export const parameterShapes = {
  conv1: [kernel, channels[0]],
  bias1: [1, channels[0]],
  conv2: [kernel * channels[0], channels[1]],
  conv3: [kernel * channels[1], channels[2]],
  dense: [stepsLeft * channels[2], hidden],
  denseBias: [1, hidden],
  output: [hidden, patternNames.length],
  outputBias: [1, patternNames.length],
} as const;
export type ParameterName = keyof typeof parameterShapes;
export const parameterNames = Object.keys(parameterShapes) as readonly ParameterName[];
export type PatternParameters = Readonly<Record<ParameterName, Tensor>>;

/** Names the pattern of a segment. */
export type PatternMatcher = (segment: readonly number[], direction: "up" | "down") => PatternName | null;

/**
 * The trained network, with the rules for segments that it was not made for: those shorter than 30
 * samples, or with missing ones.
 *
 * Shape:  of the patterns that go in `direction`, the most probable. null as for `classifyPattern`.
 * Throws: RangeError when `weights` are not of this network.
 * Source: PatternMatcher's 1-D CNN (Wu et al., ISSRE 2021) as LocaleXpert uses it, with a quarter of the
 *         channels (ALGORITHMS 5.3, "lite"); weights from bench/train-patterns.ts.
 */
export function patternMatcher(weights: string): PatternMatcher {
  const parameters = readParameters(weights);
  return (segment, direction) => {
    const scaled = scaledSegment(segment);
    if (scaled === null) return classifyPattern(segment, direction);
    const probabilities = patternProbabilities(parameters, scaled);
    let best: PatternName | null = null;
    let most = -1;
    patternNames.forEach((name, index) => {
      const probability = probabilities[index] ?? 0;
      if (goesIn(index, direction) && probability > most) {
        best = name;
        most = probability;
      }
    });
    return best;
  };
}

/** Even ones go up, odd ones down, and fluctuations go both ways. */
function goesIn(index: number, direction: "up" | "down"): boolean {
  return index === patternNames.length - 1 || (index % 2 === 0) === (direction === "up");
}

/** A whole segment between 0 and 1; null for one that is too short, has gaps or is constant. */
export function scaledSegment(segment: readonly number[]): Float64Array | null {
  if (segment.length !== segmentLength || !segment.every(Number.isFinite)) return null;
  const low = Math.min(...segment);
  const range = Math.max(...segment) - low;
  if (!(range > 0) || !Number.isFinite(range)) return null;
  return Float64Array.from(segment, (value) => (value - low) / range);
}

/** Of each pattern, in the order of `patternNames`, for one scaled segment after another. */
export function patternProbabilities(parameters: PatternParameters, scaled: Float64Array): Float64Array {
  const tape = newTape();
  const features = convolved(tape, parameters, tensor(scaled.length, 1, scaled));
  const inner = tape.map(denseOf(tape, parameters, features), "relu");
  return softmaxRows(outputOf(tape, parameters, inner));
}

/** Rows are segments, columns what the three convolutions saw in them. */
export function convolved(tape: Tape, parameters: PatternParameters, input: Tensor): Tensor {
  const relu: Elementwise = "relu";
  const batch = input.rows / segmentLength;
  let steps = segmentLength;
  let layer = input;
  for (const weights of [parameters.conv1, parameters.conv2, parameters.conv3]) {
    layer = tape.product(tape.unfold(layer, steps, kernel, padding), weights);
    if (weights === parameters.conv1) layer = tape.add(layer, parameters.bias1);
    steps = steps + 2 * padding - kernel + 1;
    layer = tape.halve(tape.map(layer, relu), steps);
    steps = Math.floor(steps / 2);
  }
  return tape.reshape(layer, batch, steps * layer.cols);
}

export function denseOf(tape: Tape, parameters: PatternParameters, features: Tensor): Tensor {
  return tape.add(tape.product(features, parameters.dense), parameters.denseBias);
}

export function outputOf(tape: Tape, parameters: PatternParameters, inner: Tensor): Tensor {
  return tape.add(tape.product(inner, parameters.output), parameters.outputBias);
}

/** Base64 of little-endian Float32, one parameter after another. */
export function readParameters(text: string): PatternParameters {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  const next = (name: ParameterName): Tensor => {
    const [rows, cols] = parameterShapes[name];
    const data = Float64Array.from({ length: rows * cols }, (_, index) =>
      view.getFloat32(at + 4 * index, true),
    );
    at += 4 * data.length;
    return tensor(rows, cols, data);
  };
  const parameters = {
    conv1: next("conv1"),
    bias1: next("bias1"),
    conv2: next("conv2"),
    conv3: next("conv3"),
    dense: next("dense"),
    denseBias: next("denseBias"),
    output: next("output"),
    outputBias: next("outputBias"),
  };
  if (at !== bytes.length) throw new RangeError(`${bytes.length} bytes are not the network's ${at}.`);
  return parameters;
}

export function parametersText(parameters: PatternParameters): string {
  const values = parameterNames.flatMap((name) => Array.from(parameters[name].data));
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, index) => {
    view.setFloat32(4 * index, value, true);
  });
  let characters = "";
  for (let i = 0; i < view.byteLength; i++) characters += String.fromCharCode(view.getUint8(i));
  return btoa(characters);
}
