import type { ConfidenceFeatures, confidenceWeights } from "../pipeline/confidence.ts";
import { confidenceInFirst } from "../pipeline/confidence.ts";
import { isQuiet } from "./cases.ts";
import { type Outcome, rightNames } from "./methods.ts";
import { perturbedOutcomes } from "./robustness.ts";

export type Weights = typeof confidenceWeights;

/** One named cause: what its confidence is made of, and whether it was right. */
export interface Judged {
  readonly system: string;
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

const names = ["constant", "strength", "lead", "agreement", "seen", "length"] as const;
const rounds = 4000;
const rate = 0.5;
/** Pulls weights towards zero: five weights from few misses would otherwise run away. */
const penalty = 1e-3;
const binEdges = [0, 0.3, 0.5, 0.7, 0.85, 0.95, 1];

/** Every answer that names a cause: of the cases, of their harder forms, and of windows without a fault. */
export function judgedAnswers(outcomes: readonly Outcome[]): Judged[] {
  return [...outcomes, ...perturbedOutcomes(outcomes)].flatMap(({ labelled, run }) => {
    const { answer } = run;
    const first = answer?.services[0];
    if (answer === null || answer.confidenceFrom === null || first === undefined) return [];
    const right = !isQuiet(labelled) && rightNames(labelled, "service").includes(first);
    return [{ system: labelled.system, features: answer.confidenceFrom, right }];
  });
}

/**
 * Logistic regression by gradient descent. Every system weighs the same, however many cases it has, and
 * no feature may speak against a cause: more strength, lead, agreement or telemetry never lowers
 * confidence.
 */
export function fitConfidence(judged: readonly Judged[]): Weights {
  const weights = { constant: 0, strength: 0, lead: 0, agreement: 0, seen: 0, length: 0 };
  const sizes = new Map<string, number>();
  for (const { system } of judged) sizes.set(system, (sizes.get(system) ?? 0) + 1);
  for (let round = 0; round < rounds; round++) {
    const slope = { constant: 0, strength: 0, lead: 0, agreement: 0, seen: 0, length: 0 };
    for (const { system, features, right } of judged) {
      const share = 1 / (sizes.size * (sizes.get(system) ?? 1));
      const miss = (confidenceInFirst(features, weights) - (right ? 1 : 0)) * share;
      for (const name of names) slope[name] += miss * (name === "constant" ? 1 : features[name]);
    }
    for (const name of names) {
      const next = weights[name] - rate * (slope[name] + penalty * weights[name]);
      weights[name] = name === "constant" ? next : Math.max(0, next);
    }
  }
  for (const name of names) weights[name] = Math.round(weights[name] * 100) / 100;
  return weights;
}

/** What weights fitted on the other systems promise of each system, by stretches of confidence. */
export function reliability(judged: readonly Judged[]): ReliabilityBin[] {
  const systems = [...new Set(judged.map(({ system }) => system))];
  const promised = systems.flatMap((system) => {
    const others = judged.filter((one) => one.system !== system);
    const weights = fitConfidence(others.length > 0 ? others : judged);
    return judged
      .filter((one) => one.system === system)
      .map(({ features, right }) => ({ confidence: confidenceInFirst(features, weights), right }));
  });
  return binEdges.slice(1).map((to, index) => {
    const from = binEdges[index] ?? 0;
    const own = promised.filter(
      ({ confidence }) => confidence >= from && (confidence < to || (to === 1 && confidence === 1)),
    );
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return {
      from,
      to,
      count: own.length,
      promised: mean(own.map(({ confidence }) => confidence)),
      right: mean(own.map(({ right }) => (right ? 1 : 0))),
    };
  });
}
