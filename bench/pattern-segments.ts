import { patternNames } from "../pipeline/describe/pattern.ts";
import { segmentLength } from "../pipeline/describe/pattern-network.ts";
import type { Random } from "../pipeline/learn/xoshiro.ts";

/** A generated segment and how probable each pattern is to be its name. */
export interface LabelledSegment {
  readonly values: readonly number[];
  readonly label: number;
  readonly targets: Float64Array;
}

const borderShare = 0.08;

/**
 * Makes labelled segments of all patterns, `perClass` of each, in an order drawn by `random`.
 *
 * Source: ALGORITHMS 5.4: a base, a shape of height 1 and noise, min-max scaled by whoever uses them.
 *         Ours: spikes may be the last samples too, as in a window that ends during a fault, and no
 *         segment is rejected after the noise.
 */
export function makeSegments(perClass: number, random: Random): LabelledSegment[] {
  const made = patternNames.flatMap((_, label) =>
    Array.from({ length: perClass }, () => makeSegment(label, random)),
  );
  for (let i = made.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    const [a, b] = [made[i], made[other]];
    if (a !== undefined && b !== undefined) [made[i], made[other]] = [b, a];
  }
  return made;
}

function makeSegment(label: number, random: Random): LabelledSegment {
  const targets = new Float64Array(patternNames.length);
  targets[label] = 1;
  const isSpike = label === 4 || label === 5;
  const isPlateau = label === 6 || label === 7;
  const isBorder = (isSpike || isPlateau) && random() < borderShare;
  if (isBorder) {
    targets[label] = 0.5;
    targets[isSpike ? label + 2 : label - 2] = 0.5;
  }
  const shape = isBorder ? plateau(4, random) : shapeOf(label, random);
  const sign = label % 2 === 0 ? 1 : -1;
  const base = baseOf(random);
  const noise = noiseOf(random);
  const extra = 0.05 * random();
  const values = shape.map((height, i) => sign * height + base(i) + noise(i) + extra * bell(random));
  return { values, label, targets };
}

function shapeOf(label: number, random: Random): number[] {
  switch (label >> 1) {
    case 0:
      return levelShift(random);
    case 1:
      return trend(random);
    case 2:
      return spikes([between(random, 4, 28)], random);
    case 3:
      return plateau(between(random, 5, 14), random);
    case 4:
      return severalSpikes(random);
    default:
      return fluctuation(random);
  }
}

function levelShift(random: Random): number[] {
  const start = between(random, 6, 22);
  const ramp = between(random, 0, 2);
  return segment((i) => Math.max(0, Math.min(1, (i - start + 1) / (ramp + 1))));
}

function trend(random: Random): number[] {
  const start = between(random, 0, 12);
  const length = segmentLength - start;
  const form = between(random, 0, 2);
  return segment((i) => {
    const x = Math.max(0, (i - start) / (length - 1));
    if (form === 0) return x;
    return form === 1 ? 0.5 * x + 0.5 * x ** 2 : (Math.exp(2 * x) - 1) / (Math.exp(2) - 1);
  });
}

function spikes(starts: readonly number[], random: Random): number[] {
  const values = segment(() => 0);
  for (const start of starts) {
    const height = starts.length === 1 ? 1 : 0.5 + 0.5 * random();
    const width = starts.length === 1 ? between(random, 1, 3) : between(random, 1, 2);
    const decay = starts.length === 1 ? between(random, 0, 2) : 0;
    for (let i = 0; i < width + decay && start + i < segmentLength; i++) {
      const left = i < width ? 1 : 0.5 ** (i - width + 1) * 0.8;
      values[start + i] = Math.max(values[start + i] ?? 0, height * left);
    }
  }
  return values;
}

function severalSpikes(random: Random): number[] {
  const count = between(random, 2, 6);
  const gap = Math.max(4, Math.floor(between(random, 4, 24) / Math.max(1, count - 1)));
  const first = between(random, 2, Math.max(3, 27 - gap * (count - 1)));
  const starts = Array.from({ length: count }, (_, i) => first + i * gap + between(random, 0, 1));
  return spikes(
    starts.filter((start) => start < segmentLength),
    random,
  );
}

function plateau(length: number, random: Random): number[] {
  const start = between(random, 3, segmentLength - 4 - length);
  const edge = between(random, 0, 1);
  return segment((i) => {
    const inside = Math.min(i - start + 1, start + length - i);
    return Math.max(0, Math.min(1, inside / (edge + 1)));
  });
}

function fluctuation(random: Random): number[] {
  const start = between(random, 0, 10);
  const period = 3 + 5 * random();
  const phase = 2 * Math.PI * random();
  const isWave = random() < 0.5;
  return segment((i) => {
    if (i < start) return 0;
    return isWave ? Math.sin((2 * Math.PI * i) / period + phase) : 0.55 * bell(random);
  });
}

function baseOf(random: Random): (i: number) => number {
  const kind = between(random, 0, 2);
  const size = (kind === 1 ? 0.15 : 0.1) * (2 * random() - 1);
  const phase = 2 * Math.PI * random();
  const period = 8 + 22 * random();
  if (kind === 0) return () => 0;
  if (kind === 1) return (i) => (size * i) / (segmentLength - 1);
  return (i) => size * Math.sin((2 * Math.PI * i) / period + phase);
}

function noiseOf(random: Random): (i: number) => number {
  const size = 0.02 + 0.1 * random();
  const kind = between(random, 0, 4);
  const carry = 0.3 + 0.5 * random();
  const step = 1 / between(random, 4, 20);
  let last = 0;
  return () => {
    const drawn = bell(random);
    switch (kind) {
      case 0:
        return size * drawn;
      case 1:
        return (size * Math.sign(drawn) * -Math.log(1 - random())) / Math.SQRT2;
      case 2:
        last = carry * last + Math.sqrt(1 - carry * carry) * drawn;
        return size * last;
      case 3:
        return step * Math.round((size * drawn) / step);
      default:
        return random() < 0.3 ? size * -Math.log(1 - random()) : 0;
    }
  };
}

/** Standard normal. */
function bell(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A whole number, both ends included. */
function between(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

function segment(value: (i: number) => number): number[] {
  return Array.from({ length: segmentLength }, (_, i) => value(i));
}
