import { z } from "zod";
import { Forest, forestVotes, growForest, largestAt } from "./forest.ts";
import { Neighbours, neighbourVotes } from "./neighbours.ts";
import { Perceptron, perceptronVotes, shuffled, trainPerceptron } from "./perceptron.ts";
import { type Random, xoshiro } from "./xoshiro.ts";

/** A forest, neighbours and a perceptron on the same rows, each weighed by how well it did on rows it had not seen. */
export const Ensemble = z.object({
  means: z.array(z.number()),
  /** 0 for a feature that never moved: it says nothing. */
  scales: z.array(z.number()),
  weights: z.tuple([z.number(), z.number(), z.number()]),
  /** Macro F1 of the three on the rows kept aside. */
  f1: z.tuple([z.number(), z.number(), z.number()]),
  forest: Forest,
  neighbours: Neighbours,
  perceptron: Perceptron,
});
export type Ensemble = z.infer<typeof Ensemble>;

export interface Examples {
  readonly rows: readonly Float64Array[];
  readonly labels: readonly number[];
  /** Rows of one group (an incident, or a service and a kind of fault) are never on both sides of a split. */
  readonly groups: readonly string[];
  readonly classes: number;
}

const mostNeighbours = 1500;
const asideShare = 0.25;
const digits = 7;

/**
 * Fits the three classifiers. Whole groups are kept aside first, to see how much each is worth on what it
 * does not know; then all are fitted on everything.
 */
export function fitEnsemble(examples: Examples, seed: number, name: string): Ensemble {
  const random = xoshiro(seed, name);
  const groups = [...new Set(examples.groups)].sort();
  const order = shuffled(groups.length, random).map((at) => groups[at] ?? "");
  const aside = new Set(order.slice(0, Math.max(1, Math.floor(asideShare * groups.length))));
  const isAside = (index: number) => aside.has(examples.groups[index] ?? "");
  const trial = fitAll(
    part(examples, (index) => !isAside(index)),
    random,
  );
  const tested = part(examples, isAside);
  const f1 = votersOf(trial).map((votes) =>
    macroF1(
      tested.rows.map((row) => largestAt(votes(row))),
      tested.labels,
    ),
  );
  const [forest = 0, neighbours = 0, perceptron = 0] = f1;
  const total = forest + neighbours + perceptron;
  // With one group there is nothing to test on: all three count alike.
  const weight = (one: number) => (total > 0 ? one / total : 1 / 3);
  return {
    ...fitAll(examples, random),
    f1: [forest, neighbours, perceptron],
    weights: [weight(forest), weight(neighbours), weight(perceptron)],
  };
}

/** Probabilities of the classes, the three voices weighed. */
export function ensembleVotes(ensemble: Ensemble, row: Float64Array): Float64Array {
  const votes = new Float64Array(ensemble.forest.classes);
  votersOf(ensemble).forEach((voter, at) => {
    const weight = ensemble.weights[at] ?? 0;
    if (weight === 0) return;
    voter(row).forEach((vote, label) => {
      votes[label] = (votes[label] ?? 0) + weight * vote;
    });
  });
  return votes;
}

/** Mean over the classes that occur of the harmonic mean of precision and recall. */
export function macroF1(said: readonly number[], labels: readonly number[]): number {
  const classes = [...new Set(labels)];
  let sum = 0;
  for (const label of classes) {
    let [both, named, there] = [0, 0, 0];
    labels.forEach((truth, index) => {
      if (truth === label) there++;
      if (said[index] === label) named++;
      if (truth === label && said[index] === label) both++;
    });
    sum += (2 * both) / (named + there);
  }
  return classes.length === 0 ? 0 : sum / classes.length;
}

type Voters = Omit<Ensemble, "weights" | "f1">;

function votersOf(model: Voters): ((row: Float64Array) => Float64Array)[] {
  const scaled = (row: Float64Array) =>
    row.map((value, at) => (value - (model.means[at] ?? 0)) * (model.scales[at] ?? 0));
  return [
    (row) => forestVotes(model.forest, row),
    (row) => neighbourVotes(model.neighbours, scaled(row)),
    (row) => perceptronVotes(model.perceptron, scaled(row)),
  ];
}

function fitAll({ rows, labels, classes }: Examples, random: Random): Voters {
  const { means, scales } = scalingOf(rows);
  const scaled = rows.map((row) => row.map((value, at) => (value - (means[at] ?? 0)) * (scales[at] ?? 0)));
  const kept = shuffled(rows.length, random).slice(0, mostNeighbours);
  const perceptron = trainPerceptron(scaled, labels, classes, random);
  return {
    means,
    scales,
    forest: growForest(rows, labels, classes, random),
    neighbours: {
      classes,
      rows: kept.map((at) => Array.from(scaled[at] ?? [], short)),
      labels: kept.map((at) => labels[at] ?? 0),
    },
    perceptron: { ...perceptron, hidden: perceptron.hidden.map(short), output: perceptron.output.map(short) },
  };
}

function scalingOf(rows: readonly Float64Array[]): { means: number[]; scales: number[] } {
  const width = rows[0]?.length ?? 0;
  const means: number[] = [];
  const scales: number[] = [];
  for (let at = 0; at < width; at++) {
    let [sum, squares] = [0, 0];
    for (const row of rows) sum += (row[at] ?? 0) / rows.length;
    for (const row of rows) squares += ((row[at] ?? 0) - sum) ** 2 / rows.length;
    means.push(sum);
    scales.push(squares > 1e-12 ? 1 / Math.sqrt(squares) : 0);
  }
  return { means, scales };
}

function part({ rows, labels, groups, classes }: Examples, keeps: (index: number) => boolean): Examples {
  const kept = rows.flatMap((_, index) => (keeps(index) ? [index] : []));
  return {
    rows: kept.map((at) => rows[at] ?? new Float64Array(0)),
    labels: kept.map((at) => labels[at] ?? 0),
    groups: kept.map((at) => groups[at] ?? ""),
    classes,
  };
}

/** Models are kept as text. */
function short(value: number): number {
  return Number(value.toPrecision(digits));
}
