import { z } from "zod";
import { Ensemble, ensembleVotes, fitEnsemble } from "../../learn/ensemble.ts";
import { largestAt } from "../../learn/forest.ts";
import type { Lessons, Localizer } from "../../ports.ts";
import type { Anomaly, Candidate, TelemetrySlice, Trace } from "../../types.ts";
import { strengthOf } from "../strength.ts";
import { traceEvidence } from "../trace-evidence.ts";
import { traceSpectrum } from "../trace-spectrum.ts";
import { type Baseline, type MeasuredTrace, traceBaseline } from "./baseline.ts";
import { serviceFeatures, serviceVectors, traceFeatures, traceVector } from "./features.ts";
import { isOut, mepflLessons, resourcesOf } from "./lessons.ts";

const MepflModel = z.object({
  latent: Ensemble,
  culprit: Ensemble,
  kind: Ensemble,
  kinds: z.array(z.string()).min(1),
  /** Services that the model has seen: on a system with others it says nothing. */
  services: z.array(z.string()),
  simulated: z.number().int().nonnegative(),
  incidents: z.number().int().nonnegative(),
});
type MepflModel = z.infer<typeof MepflModel>;

const fewestTraces = 10;
const fewestNormal = 20;
const mostJudged = 200;
const mostNormalJudged = 200;
/** Below this share of known services the model is another system's. */
const leastKnown = 0.5;
/** With fewer incidents than this, what was simulated is only half believed. */
const enoughIncidents = 20;
const blend = 0.5;
/** A first service must stand out by its share (of what an even split gives) or against the second. */
const standsOutShare = 1.5;
const standsOutRatio = 1.2;
const seedNames = { latent: "mepfl latent", culprit: "mepfl culprit", kind: "mepfl kind" };

/**
 * Lets classifiers judge each trace: whether it has a fault, which of its services has it, and what kind of
 * fault it looks like.
 *
 * Shape:  one candidate per service that abnormal traces blame. Services without normal times are left to
 *         the spectrum, which until twenty incidents are known also counts half for the others.
 * Units:  how surely there are more abnormal traces than normal ones give, as strength, times the share
 *         of them that blames the service.
 * Throws: never. Ranks none without a model, on other services than it was fitted on, with fewer than 10
 *         traces, or where no service stands out; what it lacked is in `whyNone`.
 * Source: MEPFL (Zhou et al., ESEC/FSE 2019): random forest, nearest neighbours and perceptron; traces and
 *         services are judged at its two levels. Ours are features relative to normal, which hold for any
 *         service, and weights of the three by what they are worth on unseen faults.
 */
export const mepfl = {
  name: "mepfl",
  level: "service",
  learner: {
    version: 1,
    model: MepflModel,
    features: [...traceFeatures, ...serviceFeatures],
    fit(lessons: Lessons, seed: number): MepflModel {
      const { latent, culprit, kind, ...rest } = mepflLessons(lessons, seed);
      return {
        latent: fitEnsemble(latent, seed, seedNames.latent),
        culprit: fitEnsemble(culprit, seed, seedNames.culprit),
        kind: fitEnsemble(kind, seed, seedNames.kind),
        ...rest,
        kinds: [...rest.kinds],
        services: [...rest.services],
      };
    },
  },
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[], model: MepflModel | null): Candidate[] {
    if (model === null || lacking(slice, model) !== null) return [];
    const baseline = traceBaseline(slice.traces.reference);
    const judged = evenly(slice.traces.window, mostJudged).map((trace) => baseline.measure(trace));
    const abnormal = judged.filter((measured) => isAbnormal(measured, model));
    const blames = blamesOf(abnormal, slice, model);
    if (!standsOut(blames, baseline.services.size)) return [];
    const surety = strengthOf(excessZ(abnormal.length, judged.length, baseline, slice, model));
    const spectrum = new Map(traceSpectrum.localize(slice, anomalies).map((one) => [one.service, one.score]));
    const own = model.incidents >= enoughIncidents ? 1 : 1 - blend;
    const evidence = traceEvidence(anomalies);
    return [...new Set([...blames.keys(), ...spectrum.keys()])].flatMap((service) => {
      const blame = blames.get(service);
      const isKnown = baseline.services.has(service);
      const share = (blame?.sum ?? 0) / abnormal.length;
      const score = isKnown
        ? own * surety * share + (1 - own) * (spectrum.get(service) ?? 0)
        : (spectrum.get(service) ?? 0);
      if (score <= 0 || (blame === undefined && isKnown)) return [];
      return [
        {
          service,
          instance: null,
          metric: null,
          symptom: false,
          score,
          evidence: evidence.of(service),
          why: whyOf(share, abnormal.length, isKnown ? (blame?.kinds ?? null) : null, model),
        },
      ];
    });
  },
  whyNone(slice: TelemetrySlice, model: MepflModel | null): string | null {
    return model === null
      ? "MEPFL has learnt nothing yet, so it did not rank services: run localexpert fit once."
      : lacking(slice, model);
  },
} as const satisfies Localizer<MepflModel>;

/** What stands in the way of judging this slice, in a sentence; null for nothing. */
function lacking({ traces }: TelemetrySlice, { services }: MepflModel): string | null {
  if (traces.window.length === 0) return null;
  if (traces.window.length < fewestTraces) {
    return `MEPFL did not rank services: ${traces.window.length} traces are too few (${fewestTraces} are needed).`;
  }
  if (traces.reference.length < fewestNormal) {
    return `MEPFL did not rank services: ${traces.reference.length} normal traces are too few (${fewestNormal} are needed).`;
  }
  const seen = new Set(traces.window.flatMap(({ spans }) => spans.map(({ service }) => service)));
  const known = services.filter((service) => seen.has(service)).length;
  if (known >= leastKnown * seen.size) return null;
  return `MEPFL was fitted on other services (${known} of ${seen.size} are known), so it did not rank these: run localexpert fit again.`;
}

function isAbnormal(measured: MeasuredTrace, model: MepflModel): boolean {
  return isOut(measured) && (ensembleVotes(model.latent, traceVector(measured))[1] ?? 0) > 0.5;
}

interface Blame {
  sum: number;
  readonly kinds: Float64Array;
}

/** For each service, how many abnormal traces blame it, each trace's blame shared out. */
function blamesOf(
  abnormal: readonly MeasuredTrace[],
  slice: TelemetrySlice,
  model: MepflModel,
): Map<string, Blame> {
  const resources = resourcesOf(slice);
  const blames = new Map<string, Blame>();
  for (const measured of abnormal) {
    const suspects = serviceVectors(measured, resources).map(({ service, values }) => ({
      service,
      values,
      p: ensembleVotes(model.culprit, values)[1] ?? 0,
    }));
    const total = Math.max(
      1,
      suspects.reduce((sum, { p }) => sum + p, 0),
    );
    for (const { service, values, p } of suspects) {
      if (p <= 0) continue;
      const known = blames.get(service) ?? { sum: 0, kinds: new Float64Array(model.kinds.length) };
      blames.set(service, known);
      known.sum += p / total;
      // The kind is only asked of who is likely to have it.
      if (p < 0.5) continue;
      ensembleVotes(model.kind, values).forEach((vote, kind) => {
        known.kinds[kind] = (known.kinds[kind] ?? 0) + (p / total) * vote;
      });
    }
  }
  return blames;
}

function standsOut(blames: ReadonlyMap<string, Blame>, services: number): boolean {
  const [first = 0, second = 0] = [...blames.values()].map(({ sum }) => sum).sort((a, b) => b - a);
  const total = [...blames.values()].reduce((sum, blame) => sum + blame.sum, 0);
  if (first <= 0) return false;
  return first / total >= standsOutShare / services || first >= standsOutRatio * second;
}

/** Abnormal traces beyond what the same judgement finds among normal ones, in standard deviations. */
function excessZ(
  abnormal: number,
  judged: number,
  baseline: Baseline,
  slice: TelemetrySlice,
  model: MepflModel,
): number {
  const normal = evenly(slice.traces.reference, mostNormalJudged);
  const wrong = normal.filter((trace) => isAbnormal(baseline.measure(trace), model)).length;
  const rate = (wrong + 1) / (normal.length + 2);
  return (abnormal - judged * rate) / Math.sqrt(judged * rate * (1 - rate) + 1);
}

function whyOf(share: number, abnormal: number, kinds: Float64Array | null, model: MepflModel): string {
  const taught =
    model.incidents > 0 ? `${model.incidents} labelled incidents and simulated faults` : "simulated faults";
  if (kinds === null)
    return `Abnormal traces have it in common; classifiers fitted on ${taught} do not know it.`;
  const looks = kinds.some((vote) => vote > 0) ? `, most like ${model.kinds[largestAt(kinds)]}` : "";
  const percent = Math.round(100 * share);
  return `Classifiers fitted on ${taught} put ${percent} % of the blame for ${abnormal} abnormal traces on it${looks}.`;
}

function evenly(traces: readonly Trace[], most: number): Trace[] {
  if (traces.length <= most) return [...traces];
  return Array.from({ length: most }, (_, i) => traces[Math.floor((i * traces.length) / most)]).flatMap(
    (trace) => trace ?? [],
  );
}
