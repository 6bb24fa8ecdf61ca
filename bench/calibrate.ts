import { writeFile } from "node:fs/promises";
import type { ConfidenceFeatures, ConfidenceWeights } from "../pipeline/fusion/confidence.ts";
import { confidenceInFirst } from "../pipeline/fusion/confidence.ts";
import { shuffled } from "../pipeline/learn/perceptron.ts";
import { xoshiro } from "../pipeline/learn/xoshiro.ts";
import { isQuiet } from "./cases.ts";
import { type Outcome, rightNames } from "./methods.ts";
import { perturbedOutcomes } from "./robustness.ts";

/** One named cause: what its confidence is made of, and whether it was right. */
export interface Judged {
  readonly system: string;
  /** Its harder forms are of the same incident. */
  readonly incident: string;
  readonly features: ConfidenceFeatures;
  readonly right: boolean;
}

/** A stretch of confidences: how many answers, what they promised on average, and what came true. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly promised: number;
  readonly right: number;
}

/** What confidences are worth. `calibrationError`: mean gap of the bins; `brier`: mean squared miss; both 0 at best. */
export interface Reliability {
  readonly bins: readonly ReliabilityBin[];
  readonly calibrationError: number;
  readonly brier: number;
}

/** Who never sees the answers that weights are judged by: all of one system, or all forms of an incident. */
export type HeldOut = "system" | "incident";

const features = ["strength", "lead", "agreement", "seen", "length"] as const;
const rounds = 800;
const rate = 0.5;
const momentum = 0.9;
const incidentFolds = 5;
/**
 * What is missing must always count, also where no answer of the data was wrong for want of it: the least
 * weights of agreement, of kinds of telemetry and of length.
 */
const leastWeight = { strength: 0, lead: 0, agreement: 0.3, seen: 0.6, length: 0.3 };
/** What 913 answers of earlier versions came to; few misses say too little to begin from nothing. */
const earlier = { strength: 3.2, lead: 3.5, agreement: 0.4, seen: 0.8, length: 0.3 };
/** Tried, and chosen by how well other systems are foretold: how strongly weights are held to the earlier ones, and the most that is promised. */
const penalties = [1e-3, 3e-3, 1e-2, 3e-2, 1e-1];
const ceilings = [1, 0.99, 0.98, 0.97, 0.95, 0.92, 0.89];
const binEdges = [0, 0.3, 0.5, 0.7, 0.85, 0.95, 1];

/** Every answer that names a cause: of the cases, of their harder forms, and of windows without a fault. */
export function judgedAnswers(outcomes: readonly Outcome[]): Judged[] {
  return [...outcomes, ...perturbedOutcomes(outcomes)].flatMap(({ labelled, run }) => {
    const { answer } = run;
    const first = answer?.services[0];
    if (answer === null || answer.confidenceFrom === null || first === undefined) return [];
    const right = !isQuiet(labelled) && rightNames(labelled, "service").includes(first);
    return [{ system: labelled.system, incident: labelled.id, features: answer.confidenceFrom, right }];
  });
}

/**
 * Logistic regression under a ceiling. How strongly weights are held to earlier ones and the ceiling are those
 * that foretell each system best from the others. Every system weighs the same, however many cases it has, and every
 * incident, however many forms. No feature may speak against a cause: more strength, lead, agreement,
 * telemetry or length never lowers confidence.
 */
export function fitConfidence(judged: readonly Judged[]): ConfidenceWeights {
  const weighed = withShares(judged);
  const systems = [...new Set(judged.map(({ system }) => system))];
  let best = { penalty: penalties[0] ?? 0, ceiling: 1, loss: Number.POSITIVE_INFINITY };
  for (const penalty of systems.length < 2 ? [] : penalties) {
    const tested = systems.map((system) => {
      const weights = descended(withShares(judged.filter((one) => one.system !== system)), penalty);
      return { weights, own: weighed.filter((one) => one.system === system) };
    });
    for (const ceiling of ceilings) {
      const loss = tested.reduce((sum, { weights, own }) => sum + lossOf(own, { ...weights, ceiling }), 0);
      if (loss < best.loss) best = { penalty, ceiling, loss };
    }
  }
  return { ...descended(weighed, best.penalty), ceiling: best.ceiling };
}

/** What weights promise that were fitted without the answers they are judged by, against what came true. */
export function reliability(judged: readonly Judged[], heldOut: HeldOut, seed: number): Reliability {
  const foldOf = foldsOf(judged, heldOut, seed);
  const promised = [...new Set(foldOf.values())].flatMap((fold) => {
    const isTested = (one: Judged) => foldOf.get(one[heldOut]) === fold;
    const others = judged.filter((one) => !isTested(one));
    const weights = fitConfidence(others.length > 0 ? others : judged);
    return judged.filter(isTested).map((one) => promise(one, weights));
  });
  return reliabilityOf(promised);
}

/** What the shipped weights promise. */
export function shippedReliability(judged: readonly Judged[]): Reliability {
  return reliabilityOf(judged.map((one) => promise(one)));
}

/** Writes the weights where the pipeline has them. */
export async function writeConfidenceWeights(file: string, judged: readonly Judged[]): Promise<void> {
  const { constant, strength, lead, agreement, seen, length, ceiling } = fitConfidence(judged);
  const weights = Object.entries({ constant, strength, lead, agreement, seen, length, ceiling });
  const lines = weights.map(([name, value]) => `  ${name}: ${value},`).join("\n");
  const note = `/** Fitted on ${judged.length} answers by \`npm run bench -- --calibrate\`; not changed by hand. */`;
  await writeFile(file, `${note}\nexport const confidenceWeights = {\n${lines}\n};\n`);
}

interface Promised {
  readonly confidence: number;
  readonly right: boolean;
}

function promise({ features: from, right }: Judged, weights?: ConfidenceWeights): Promised {
  return { confidence: confidenceInFirst(from, weights), right };
}

function reliabilityOf(promised: readonly Promised[]): Reliability {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const bins = binEdges.slice(1).flatMap((to, index) => {
    const from = binEdges[index] ?? 0;
    const own = promised.filter(
      ({ confidence }) => confidence >= from && (confidence < to || (to === 1 && confidence === 1)),
    );
    if (own.length === 0) return [];
    const [said, true_] = [own.map(({ confidence }) => confidence), own.map(({ right }) => (right ? 1 : 0))];
    return [{ from, to, count: own.length, promised: mean(said), right: mean(true_) }];
  });
  const gaps = bins.reduce((sum, bin) => sum + bin.count * Math.abs(bin.promised - bin.right), 0);
  return {
    bins,
    calibrationError: gaps / promised.length,
    brier: mean(promised.map(({ confidence, right }) => (confidence - (right ? 1 : 0)) ** 2)),
  };
}

function foldsOf(judged: readonly Judged[], heldOut: HeldOut, seed: number): Map<string, number> {
  const groups = [...new Set(judged.map((one) => one[heldOut]))].sort();
  const folds = heldOut === "system" ? groups.length : Math.min(incidentFolds, groups.length);
  const order = shuffled(groups.length, xoshiro(seed, "confidence folds"));
  return new Map([...order].map((at, position) => [groups[at] ?? "", position % folds]));
}

interface Weighed extends Judged {
  /** All add up to one. */
  readonly share: number;
}

function withShares(judged: readonly Judged[]): Weighed[] {
  const forms = countBy(judged.map(({ incident }) => incident));
  const incidents = new Map<string, Set<string>>();
  for (const { system, incident } of judged) {
    incidents.set(system, (incidents.get(system) ?? new Set()).add(incident));
  }
  return judged.map((one) => {
    const ofSystem = incidents.get(one.system)?.size ?? 1;
    return { ...one, share: 1 / (incidents.size * ofSystem * (forms.get(one.incident) ?? 1)) };
  });
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function descended(judged: readonly Weighed[], penalty: number): ConfidenceWeights {
  const weights: ConfidenceWeights = { constant: 0, ...earlier, ceiling: 1 };
  const speed = { constant: 0, strength: 0, lead: 0, agreement: 0, seen: 0, length: 0 };
  for (let round = 0; round < rounds; round++) {
    const slope = { constant: 0, strength: 0, lead: 0, agreement: 0, seen: 0, length: 0 };
    for (const { features: from, right, share } of judged) {
      const miss = (confidenceInFirst(from, weights) - (right ? 1 : 0)) * share;
      slope.constant += miss;
      for (const name of features) slope[name] += miss * from[name];
    }
    for (const name of ["constant", ...features] as const) {
      // How many answers are right in all is not what holding back is about.
      const pull = name === "constant" ? 0 : penalty * (weights[name] - earlier[name]);
      const least = name === "constant" ? Number.NEGATIVE_INFINITY : leastWeight[name];
      speed[name] = momentum * speed[name] - rate * (slope[name] + pull);
      weights[name] = Math.max(least, weights[name] + speed[name]);
    }
  }
  for (const name of ["constant", ...features] as const)
    weights[name] = Math.round(weights[name] * 100) / 100;
  return weights;
}

/** Logarithmic loss: a promise that fails costs the more, the surer it was. */
function lossOf(judged: readonly Weighed[], weights: ConfidenceWeights): number {
  return judged.reduce((sum, { features: from, right, share }) => {
    const confidence = confidenceInFirst(from, weights);
    return sum - share * Math.log(Math.max(1e-9, right ? confidence : 1 - confidence));
  }, 0);
}
