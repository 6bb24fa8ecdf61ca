import { isNamed } from "../pipeline/conclude.ts";
import { FusionOptions, fuseServices, withEvidence } from "../pipeline/fusion/fuse.ts";
import type { Candidate, Ranking } from "../pipeline/types.ts";
import type { CaseAnswer, CaseRun } from "./case-message.ts";
import type { LabelledCase, MetricName } from "./cases.ts";
import { type Credits, credits, randomCredits, rankOf } from "./score.ts";

/** A case and what came of it. */
export interface Outcome {
  readonly labelled: LabelledCase;
  readonly run: CaseRun;
}

export const levels = ["service", "instance", "metric"] as const;
export type Level = (typeof levels)[number];

/** A way to rank, compared on the same cases and the same evidence. */
export interface Method {
  readonly name: string;
  /** The levels that it ranks. */
  readonly levels: readonly Level[];
  /** Null when the case has no truth at this level, or the method does not rank it. */
  score(outcome: Outcome, level: Level): Credits | null;
}

export const product: Method = method("LocaleXpert", levels, ({ services, instances, metrics }) => ({
  service: services,
  instance: instances,
  metric: metrics.map(metricKey),
}));

/**
 * Reciprocal ranks in place of strengths, over the same rankings, of which a diagnosis keeps the first
 * twenty. Services only: how metrics are fused needs more of a candidate than a diagnosis keeps.
 */
const reciprocalRank: Method = method("reciprocal-rank fusion", ["service"], ({ rankings }) => {
  const options = FusionOptions.parse({ method: "reciprocal-rank" });
  const services = fuseServices(rankings.map(asRanking), options);
  return { service: services.map(({ service }) => service), instance: [], metric: [] };
});

/**
 * The default fusion of the same rankings without one localizer, or of all of them; a cause is named
 * from the strength on from which the product names one.
 */
export function withoutLocalizer(left: string | null): Method {
  const options = FusionOptions.parse({});
  return method(`without ${left ?? "none"}`, ["service"], ({ rankings }) => {
    const rest = rankings.filter(({ localizer }) => localizer !== left);
    const services = fuseServices(withEvidence(rest.map(asRanking)), options);
    const named = isNamed(services, options) ? services : [];
    return { service: named.map(({ service }) => service), instance: [], metric: [] };
  });
}

/** The expected score of all names in random order; at metric level, of all series seen in the window. */
export const randomOrder: Method = {
  name: "random order",
  levels,
  score({ labelled, run }, level) {
    const right = rightNames(labelled, level);
    if (right.length === 0) return null;
    if (run.answer === null) return credits(null);
    const { services, instances, series } = run.answer.known;
    switch (level) {
      case "service":
        return randomCredits(services.length, services.filter((name) => right.includes(name)).length);
      case "instance":
        return randomCredits(instances, right.length);
      case "metric":
        return randomCredits(series, right.length);
    }
  },
};

/** One localizer alone, from the rankings that the diagnosis keeps; metrics where it ever names one. */
export function localizerAlone(name: string, outcomes: readonly Outcome[]): Method {
  const namesMetrics = outcomes.some(({ run }) =>
    candidatesOf(name, run.answer).some(({ metric }) => metric !== null),
  );
  return method(`${name} alone`, namesMetrics ? ["service", "metric"] : ["service"], (answer) => {
    const candidates = candidatesOf(name, answer);
    return {
      service: candidates.map(({ service }) => service),
      instance: [],
      metric: candidates.filter(({ metric }) => metric !== null).map(candidateKey),
    };
  });
}

/** The product, each localizer that ran, the other fusion, and chance. */
export function methodsOf(outcomes: readonly Outcome[]): Method[] {
  const names = outcomes.flatMap(({ run }) => run.answer?.rankings.map(({ localizer }) => localizer) ?? []);
  const alone = [...new Set(names)].map((name) => localizerAlone(name, outcomes));
  return [product, reciprocalRank, ...alone, randomOrder];
}

/** The names that are right at this level, in the form in which rankings name them. */
export function rightNames({ truth }: LabelledCase, level: Level): readonly string[] {
  switch (level) {
    case "service":
      return truth.services;
    case "instance":
      return truth.instances;
    case "metric":
      return truth.metrics.map(metricKey);
  }
}

/** What the product ranked at this level; empty for a case that failed. */
export function rankedNames({ run }: Outcome, level: Level): readonly string[] {
  if (run.answer === null) return [];
  switch (level) {
    case "service":
      return run.answer.services;
    case "instance":
      return run.answer.instances;
    case "metric":
      return run.answer.metrics.map(metricKey);
  }
}

/** A case that failed, and one in which nothing was ranked, is a miss; it never drops out. */
function method(
  name: string,
  ranked: readonly Level[],
  ranks: (answer: CaseAnswer) => Readonly<Record<Level, readonly string[]>>,
): Method {
  return {
    name,
    levels: ranked,
    score({ labelled, run }, level) {
      const right = rightNames(labelled, level);
      if (right.length === 0 || !ranked.includes(level)) return null;
      return credits(run.answer === null ? null : rankOf(ranks(run.answer)[level], right));
    },
  };
}

function candidatesOf(name: string, answer: CaseAnswer | null): CaseAnswer["rankings"][number]["candidates"] {
  return answer?.rankings.find(({ localizer }) => localizer === name)?.candidates ?? [];
}

function metricKey({ service, metric }: MetricName): string {
  return `${service} ${metric}`;
}

function candidateKey({
  service,
  metric,
}: {
  readonly service: string;
  readonly metric: string | null;
}): string {
  return metricKey({ service, metric: metric ?? "" });
}

/** A ranking that a diagnosis keeps, as the fusion takes it. */
export function asRanking({ localizer, level, candidates }: CaseAnswer["rankings"][number]): Ranking {
  const whole = candidates.map(
    ({ waitsFor, ...candidate }): Candidate => ({
      ...candidate,
      ...(waitsFor === undefined ? {} : { waitsFor }),
      symptom: candidate.symptom ?? false,
      evidence: candidate.evidence ?? [],
      why: "",
    }),
  );
  return { localizer, level, candidates: whole };
}
