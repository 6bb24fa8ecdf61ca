import { z } from "zod";
import type { Random } from "./xoshiro.ts";

const Numbers = z.array(z.number());

/** Trees as flat lists: a node is a leaf where `left` is -1, and then `value` is its class. */
export const Forest = z.object({
  classes: z.number().int().positive(),
  trees: z.array(z.object({ feature: Numbers, value: Numbers, left: Numbers, right: Numbers })),
});
export type Forest = z.infer<typeof Forest>;
type Tree = Forest["trees"][number];

const usualTrees = 100;
/** Split points looked at per feature: quantiles of what was seen. */
const mostBins = 64;

/**
 * A random forest: trees grown to pure leaves on bootstrap samples with as many rows of each class, the
 * best of √d random features at each split by Gini's impurity.
 *
 * Shape:  rows of equal length; labels from 0 to classes - 1.
 * Source: Breiman, Machine Learning 45, 2001. Split points are at most 64 quantiles of each feature, so that
 *         a split costs one pass over the rows rather than a sort.
 */
export function growForest(
  rows: readonly Float64Array[],
  labels: readonly number[],
  classes: number,
  random: Random,
  trees = usualTrees,
): Forest {
  const cuts = cutsOf(rows);
  const binned = rows.map((row) =>
    Uint8Array.from(row, (value, feature) => binOf(value, cuts[feature] ?? [])),
  );
  const byClass = Array.from({ length: classes }, (_, label) =>
    labels.flatMap((one, index) => (one === label ? [index] : [])),
  ).filter((members) => members.length > 0);
  const grow = () => {
    const sample = byClass.flatMap((members) =>
      Array.from(
        { length: Math.ceil(rows.length / byClass.length) },
        () => members[below(members.length, random)] ?? 0,
      ),
    );
    return growTree({ binned, labels, classes, cuts, random }, sample);
  };
  return { classes, trees: rows.length === 0 ? [] : Array.from({ length: trees }, grow) };
}

/** The share of trees that vote for each class. */
export function forestVotes({ classes, trees }: Forest, row: Float64Array): Float64Array {
  const votes = new Float64Array(classes);
  for (const { feature, value, left, right } of trees) {
    let node = 0;
    while ((left[node] ?? -1) >= 0) {
      const goesLeft = (row[feature[node] ?? 0] ?? 0) <= (value[node] ?? 0);
      node = (goesLeft ? left[node] : right[node]) ?? 0;
    }
    const label = value[node] ?? 0;
    votes[label] = (votes[label] ?? 0) + 1 / trees.length;
  }
  return votes;
}

interface Ground {
  readonly binned: readonly Uint8Array[];
  readonly labels: readonly number[];
  readonly classes: number;
  readonly cuts: readonly (readonly number[])[];
  readonly random: Random;
}

function growTree(ground: Ground, sample: number[]): Tree {
  const tree: Tree = { feature: [], value: [], left: [], right: [] };
  const add = (feature: number, value: number) => {
    tree.feature.push(feature);
    tree.value.push(value);
    tree.left.push(-1);
    tree.right.push(-1);
    return tree.feature.length - 1;
  };
  const open: { readonly members: number[]; readonly attach: (node: number) => void }[] = [
    { members: sample, attach: () => {} },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { members, attach } = next;
    const counts = countsOf(members, ground);
    const split = bestSplit(members, counts, ground);
    if (split === null) {
      attach(add(0, largestAt(counts)));
      continue;
    }
    const { feature, bin } = split;
    const node = add(feature, ground.cuts[feature]?.[bin] ?? 0);
    attach(node);
    const isLeft = (index: number) => (ground.binned[index]?.[feature] ?? 0) <= bin;
    const set = (side: number[]) => (child: number) => {
      side[node] = child;
    };
    open.push({ members: members.filter((index) => !isLeft(index)), attach: set(tree.right) });
    open.push({ members: members.filter(isLeft), attach: set(tree.left) });
  }
  return tree;
}

/** The split that leaves the least impurity; null for a pure or inseparable node. */
function bestSplit(
  members: readonly number[],
  counts: Float64Array,
  { binned, labels, classes, cuts, random }: Ground,
): { feature: number; bin: number } | null {
  const total = members.length;
  if (counts.some((count) => count === total)) return null;
  let best: { feature: number; bin: number } | null = null;
  let bestPurity = squares(counts) / total + 1e-9;
  for (const feature of chosenFeatures(cuts.length, random)) {
    const bins = (cuts[feature]?.length ?? 0) + 1;
    if (bins < 2) continue;
    const histogram = new Float64Array(bins * classes);
    for (const index of members) {
      const at = (binned[index]?.[feature] ?? 0) * classes + (labels[index] ?? 0);
      histogram[at] = (histogram[at] ?? 0) + 1;
    }
    const left = new Float64Array(classes);
    let seen = 0;
    for (let bin = 0; bin < bins - 1; bin++) {
      for (let label = 0; label < classes; label++) {
        const count = histogram[bin * classes + label] ?? 0;
        left[label] = (left[label] ?? 0) + count;
        seen += count;
      }
      if (seen === 0 || seen === total) continue;
      const right = counts.map((count, label) => count - (left[label] ?? 0));
      const purity = squares(left) / seen + squares(right) / (total - seen);
      if (purity > bestPurity) {
        bestPurity = purity;
        best = { feature, bin };
      }
    }
  }
  return best;
}

/** √d of them at first, then the rest, in case the first do not separate anything. */
function chosenFeatures(count: number, random: Random): number[] {
  const features = Array.from({ length: count }, (_, index) => index);
  const wanted = Math.max(1, Math.round(Math.sqrt(count)));
  for (let i = 0; i < wanted; i++) {
    const other = i + below(count - i, random);
    [features[i], features[other]] = [features[other] ?? 0, features[i] ?? 0];
  }
  return features.slice(0, wanted);
}

function cutsOf(rows: readonly Float64Array[]): number[][] {
  return Array.from(rows[0] ?? [], (_, feature) => {
    const values = [...new Set(rows.map((row) => row[feature] ?? 0))].sort((a, b) => a - b);
    const cuts: number[] = [];
    const steps = Math.min(mostBins, values.length);
    for (let step = 1; step < steps; step++) {
      const at = Math.floor((step * values.length) / steps);
      cuts.push(((values[at - 1] ?? 0) + (values[at] ?? 0)) / 2);
    }
    return cuts;
  });
}

/** The first bin whose cut is not below the value. */
function binOf(value: number, cuts: readonly number[]): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cuts[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function countsOf(members: readonly number[], { labels, classes }: Ground): Float64Array {
  const counts = new Float64Array(classes);
  for (const index of members) {
    const label = labels[index] ?? 0;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return counts;
}

function squares(counts: Float64Array): number {
  let sum = 0;
  for (const count of counts) sum += count * count;
  return sum;
}

export function largestAt(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}

function below(limit: number, random: Random): number {
  return Math.min(limit - 1, Math.floor(random() * limit));
}
