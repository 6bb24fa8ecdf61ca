import { z } from "zod";
import { detect } from "../detect/index.ts";
import { shuffled } from "../learn/perceptron.ts";
import { xoshiro } from "../learn/xoshiro.ts";
import { localize, localizers } from "../localize/index.ts";
import { PipelineOptions } from "../options.ts";
import type { FittedModels, Learner, Lessons } from "../ports.ts";
import type { Gap, Ranking, TelemetrySlice } from "../types.ts";
import { fuseServices, type LocalizerWeights, withEvidence } from "./fuse.ts";

/** The name under which `fit` knows the weights and the state folder keeps them. */
export const fusionName = "fusion";

export const FusionModel = z.object({
  /** What a localizer's strengths are multiplied with; those not named count in full. Empty: nothing is changed. */
  weights: z.record(z.string(), z.number().positive()),
  /** Why nothing is changed; null where something is. */
  why: z.string().nullable(),
  incidents: z.number().int().nonnegative(),
  /** Services that were seen: on a system with others the weights say nothing. */
  services: z.array(z.string()),
  /** Incidents whose service came first, on folds that were left out; null where there were too few to try. */
  tested: z
    .object({ folds: z.number().int(), unweighted: z.number().int(), weighted: z.number().int() })
    .nullable(),
});
export type FusionModel = z.infer<typeof FusionModel>;

/** An incident as weighing sees it. */
export interface RankedIncident {
  readonly rankings: readonly Ranking[];
  /** Any of them is right. */
  readonly services: readonly string[];
  /** Incidents of one group are never on both sides of a test. */
  readonly group: string;
}

/** Fewer confirmed incidents say too little about eight localizers. */
const fewestIncidents = 20;
const mostFolds = 5;
/** Spread of the logarithm of a weight before anything is known: two weights of three lie within 0.74 and 1.35. */
const priorSpread = 0.3;
/** Weights are tried at these factors; none goes beyond the first and the last. */
const factors = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.4];
const mostSweeps = 4;
/** What no ranked service explains is as likely as a suspect of this strength (confidence.ts). */
const unknownStrength = 2;
/** Below this share of known services the weights are another system's. */
const leastKnown = 0.5;
const mostCandidates = 20;

/**
 * Learns from incidents whose service is known how much each localizer's strengths count in the fusion.
 *
 * Shape:  no weights with fewer than 20 incidents, or where incidents that were left out are not ranked
 *         better with them: then `why` says so, and nothing changes.
 * Units:  factors on strengths with a geometric mean of one.
 * Source: ours: the likeliest weights under a normal prior on their logarithms around one, found one weight at a
 *         time; a service is as likely as the exponential of its fused strength.
 */
export const fusionLearner = {
  version: 1,
  model: FusionModel,
  features: Object.keys(localizers),
  fit({ incidents }: Lessons, seed: number): FusionModel {
    const options = PipelineOptions.parse({});
    const ranked = incidents.map(({ slice, services, faultType }) => ({
      rankings: localize(slice, detect(slice, options.detectors), options.localizers),
      services,
      group: `${[...services].sort().join(" ")} ${faultType}`,
    }));
    const seen = new Set(incidents.flatMap(({ slice }) => servicesOf(slice)));
    return { ...fitWeights(ranked, seed), services: [...seen].sort() };
  },
} as const satisfies Learner<FusionModel>;

/** What the fusion counts with: no weights where none were fitted, or where they are another system's. */
export interface Weighing {
  readonly weights: LocalizerWeights;
  /** Confirmed incidents that the weights are from. */
  readonly incidents: number;
  /** Why fitted weights are not used. */
  readonly gap: Gap | null;
}

export function weighingOf(fitted: FittedModels | undefined, slice: TelemetrySlice): Weighing {
  const none = { weights: {}, incidents: 0, gap: fitted?.gaps[fusionName] ?? null };
  const read = FusionModel.safeParse(fitted?.models[fusionName]);
  if (!read.success || Object.keys(read.data.weights).length === 0) return none;
  const { weights, incidents, services } = read.data;
  const here = servicesOf(slice);
  const known = here.filter((service) => services.includes(service)).length;
  if (known >= leastKnown * here.length) return { weights, incidents, gap: null };
  const detail = `The weights of the methods were fitted on other services (${known} of ${here.length} are known), so all count alike: run localexpert fit again.`;
  return { ...none, gap: { from: fusionName, reason: "missing", detail } };
}

/** Weights, and how they do on incidents that they were not fitted on. */
export function fitWeights(
  incidents: readonly RankedIncident[],
  seed: number,
): Omit<FusionModel, "services"> {
  const count = incidents.length;
  const none = (why: string, tested: FusionModel["tested"]) => ({
    weights: {},
    why,
    incidents: count,
    tested,
  });
  if (count < fewestIncidents) {
    const why = `The methods keep their weights: ${fewestIncidents} incidents are needed, and there ${count === 1 ? "is" : "are"} ${count}.`;
    return none(why, null);
  }
  const cut = incidents.map(asKept);
  const foldOf = foldsOf(cut, seed);
  const folds = new Set(foldOf.values()).size;
  if (folds < 2) return none("The methods keep their weights: all incidents are of one kind.", null);
  let [unweighted, weighted, gain] = [0, 0, 0];
  for (let fold = 0; fold < folds; fold++) {
    const isTested = ({ group }: RankedIncident) => foldOf.get(group) === fold;
    const weights = likeliest(cut.filter((one) => !isTested(one)));
    for (const one of cut.filter(isTested)) {
      if (isFirst(one, {})) unweighted++;
      if (isFirst(one, weights)) weighted++;
      gain += logLikelihood(one, weights) - logLikelihood(one, {});
    }
  }
  const tested = { folds, unweighted, weighted };
  if (weighted < unweighted || gain <= 0) {
    const why = `The methods keep their weights: on incidents left out, fitted ones put ${weighted} of ${count} services first where ${unweighted} are without.`;
    return none(why, tested);
  }
  const weights = likeliest(cut);
  const isChanged = Object.values(weights).some((weight) => weight !== 1);
  return isChanged
    ? { weights, why: null, incidents: count, tested }
    : none("The methods keep their weights: none of them fits better.", tested);
}

/** What came of fitting, for whoever asked for it. */
export function fittedWords({ weights, why, incidents, tested }: FusionModel): string[] {
  if (why !== null) return [why];
  const changed = Object.entries(weights).filter(([, weight]) => weight !== 1);
  return [
    `Counts ${changed.map(([name, weight]) => `${name} ${weight} times`).join(", ")}.`,
    ...(tested === null
      ? []
      : [
          `On incidents left out (${tested.folds} folds of ${incidents}) the right service comes first in ${tested.weighted}, in ${tested.unweighted} without weights.`,
        ]),
  ];
}

/** Climbs one weight at a time until none gets better. */
function likeliest(incidents: readonly RankedIncident[]): Record<string, number> {
  const names = [...new Set(incidents.flatMap(({ rankings }) => rankings.map(({ localizer }) => localizer)))];
  const weights: Record<string, number> = Object.fromEntries(names.map((name) => [name, 1]));
  let best = posterior(incidents, weights);
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    const before = best;
    for (const name of names) {
      for (const factor of factors) {
        const tried = { ...weights, [name]: factor };
        const value = posterior(incidents, tried);
        if (value <= best) continue;
        best = value;
        weights[name] = factor;
      }
    }
    if (best === before) break;
  }
  return centred(weights);
}

/** With one as their geometric mean: only what methods are worth beside each other may change, never how sure all are. */
function centred(weights: LocalizerWeights): Record<string, number> {
  const entries = Object.entries(weights);
  const mean = entries.reduce((sum, [, weight]) => sum + Math.log(weight), 0) / Math.max(1, entries.length);
  return Object.fromEntries(
    entries.map(([name, weight]) => [name, Math.round(100 * (weight / Math.exp(mean))) / 100]),
  );
}

function posterior(incidents: readonly RankedIncident[], weights: LocalizerWeights): number {
  const prior = Object.values(weights).reduce((sum, weight) => sum - Math.log(weight) ** 2, 0);
  const used = centred(weights);
  return incidents.reduce((sum, one) => sum + logLikelihood(one, used), 0) + prior / (2 * priorSpread ** 2);
}

/** Of the right services among all that are ranked, and the unknown. */
function logLikelihood({ rankings, services }: RankedIncident, weights: LocalizerWeights): number {
  const scores = fuseServices(rankings, strengthFusion, weights).map(({ service, score }) => ({
    isRight: services.includes(service),
    odds: Math.exp(score),
  }));
  const all = scores.reduce((sum, { odds }) => sum + odds, Math.exp(unknownStrength));
  const right = scores.reduce((sum, { isRight, odds }) => (isRight ? sum + odds : sum), 0);
  return Math.log((right + 1) / (all + 1));
}

function isFirst({ rankings, services }: RankedIncident, weights: LocalizerWeights): boolean {
  const [first] = fuseServices(rankings, strengthFusion, weights);
  return first !== undefined && services.includes(first.service);
}

const strengthFusion = PipelineOptions.parse({}).fusion;

/** What decides the first places, so that thousands of fusions take seconds. */
function asKept(incident: RankedIncident): RankedIncident {
  const rankings = withEvidence(incident.rankings).map((ranking) => ({
    ...ranking,
    candidates: ranking.candidates.slice(0, mostCandidates),
  }));
  return { ...incident, rankings };
}

function foldsOf(incidents: readonly RankedIncident[], seed: number): Map<string, number> {
  const groups = [...new Set(incidents.map(({ group }) => group))].sort();
  const folds = Math.min(mostFolds, groups.length);
  const order = shuffled(groups.length, xoshiro(seed, "fusion folds"));
  return new Map([...order].map((at, position) => [groups[at] ?? "", position % folds]));
}

function servicesOf({ topology, metrics }: TelemetrySlice): string[] {
  return [...new Set([...topology.services, ...metrics.map(({ key }) => key.service)])];
}
