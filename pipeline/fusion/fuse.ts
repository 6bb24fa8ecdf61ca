import { z } from "zod";
import { selfTime } from "../detect/call-delays.ts";
import { failedReturn } from "../localize/event-pairs.ts";
import { metricKind } from "../localize/metric-kinds.ts";
import type { Candidate, Ranking } from "../types.ts";
import { measuredFirst } from "./measured-first.ts";

/** How rankings become one. */
export const FusionOptions = z.strictObject({
  /**
   * `strength` adds up how strong the evidence is; `reciprocal-rank` only counts places. docs/bench.md
   * has both, measured side by side.
   */
  method: z.enum(["strength", "reciprocal-rank"]).default("strength"),
  /** What a second, third, … localizer's support counts beside the strongest. */
  mix: z.number().min(0).max(1).default(0.25),
  /** Rank constant of reciprocal-rank fusion. */
  rankConstant: z.number().positive().default(10),
});
export type FusionOptions = z.infer<typeof FusionOptions>;

/** Factors on localizers' strengths, fitted on confirmed incidents; who is not named counts in full. */
export type LocalizerWeights = Readonly<Record<string, number>>;

/** What one localizer says of a service, and how much of it is in the service's score. */
export interface Contribution {
  readonly localizer: string;
  /** Its own score, on the common scale of strengths, times its weight. */
  readonly score: number;
  /** Points of the fused score. */
  readonly counted: number;
  readonly why: string;
  readonly evidence: readonly string[];
}

/** A service with what each localizer adds to its score, largest first. */
export interface FusedService extends Candidate {
  readonly contributions?: readonly Contribution[];
}

/** Evidence weaker than this says little about a metric: it counts in proportion. */
const weakStrength = 1.5;
/** A second reason is told when it is at least this strong beside the first. */
const tellingShare = 0.5;
/** A symptom (latency, errors) names the cause's metric less often than a resource does. */
const symptomShare = 0.5;

/** From here on failures clearly begin at a service; its errors then count nearly as much as broken code. */
const clearOrigin = 4;
const originShare = 0.95;
/** A metric that says what another of its service says better counts so much. */
const secondaryShare = 0.5;
/** Names the code that broke. */
const codeRegions = "event-pairs";
const waitsForProcessor = /event.?loop|run.?queue/i;

/** Weighs the symptoms of all services against each other along the call graph. */
const propagation = "call-graph";
/** Looks at the same symptoms one by one, and cannot tell a victim's from the origin's. */
const oneByOne = "robust-scorer";

/**
 * The constants of the fusion by strength besides `mix`. `npm run bench -- --transfer` chooses each on other
 * systems than it reports on (docs/BENCHMARKS.md).
 */
export const fusionConstants = {
  /** Three robust standard deviations: support below it is noise, and noise does not add up to a cause. */
  noiseStrength: 2,
  /** What a symptom that is looked at by itself still counts where `propagation` has judged them all. */
  judgedShare: 0.5,
  /** What else speaks against a service counts so much while it waits for one that fell silent. */
  victimShare: 0.5,
};
export type FusionConstants = typeof fusionConstants;

/**
 * One ranking of services out of all localizers' rankings. A localizer of metrics votes for a
 * service with its best metric there. Symptoms that were weighed along the call graph do not vote in
 * full a second time, one by one; nor does what speaks against a service whose calls reach nobody.
 *
 * Source: reciprocal-rank fusion: Cormack et al., SIGIR 2009. Strength fusion is ours: it keeps what
 *         ranks throw away, by how much the first is ahead of the second.
 */
export function fuseServices(
  rankings: readonly Ranking[],
  options: FusionOptions,
  weights: LocalizerWeights = {},
  constants: FusionConstants = fusionConstants,
): FusedService[] {
  const votes = new Map<string, Vote[]>();
  const judged = rankings.some(
    ({ localizer, candidates }) => localizer === propagation && candidates.length > 0,
  );
  const waiting = waitingServices(rankings);
  for (const { localizer, candidates } of rankings) {
    const weight = weights[localizer] ?? 1;
    const weighed = candidates.map((candidate) => {
      const own = asVictim(candidate, waiting, constants);
      return weight === 1 ? own : { ...own, score: weight * own.score };
    });
    const best = bestPerService(
      judged && localizer === oneByOne ? weighed.map((candidate) => asJudged(candidate, constants)) : weighed,
    );
    best.forEach((candidate, index) => {
      const value = options.method === "strength" ? candidate.score : 1 / (options.rankConstant + index + 1);
      votes.set(candidate.service, [
        ...(votes.get(candidate.service) ?? []),
        { localizer, candidate, value },
      ]);
    });
  }
  const fused: FusedService[] = [];
  for (const [service, cast] of votes) {
    cast.sort((a, b) => b.value - a.value || (a.localizer < b.localizer ? -1 : 1));
    if (cast.length === 0) continue;
    const contributions = cast.map((vote, index) => contribution(vote, index === 0, options, constants));
    const score = contributions.reduce((sum, { counted }) => sum + counted, 0);
    if (score <= 0) continue;
    fused.push({
      service,
      instance: cast.find((vote) => vote.candidate.instance !== null)?.candidate.instance ?? null,
      metric: null,
      symptom: false,
      score,
      evidence: [...new Set(cast.flatMap((vote) => vote.candidate.evidence))],
      why: reasons(cast),
      contributions,
    });
  }
  return ordered(fused);
}

/**
 * One ranking of metrics: how strong a metric's own evidence is, times how strongly its service is
 * suspected. Only services of `services` are ranked; those in `within` (Filter 2) come first.
 */
export function fuseMetrics(
  rankings: readonly Ranking[],
  services: readonly Candidate[],
  within: readonly string[],
): Candidate[] {
  const support = new Map(services.map((candidate) => [candidate.service, candidate.score]));
  const failing = failuresBeginAt(rankings);
  const broken = clearlyBroken(rankings);
  const candidates = rankings
    .flatMap((ranking) => ranking.candidates.filter(({ metric }) => metric !== null))
    .map((candidate) => (failing.has(candidate.service) ? asOrigin(candidate, broken) : candidate));
  const byService = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    byService.set(candidate.service, [...(byService.get(candidate.service) ?? []), candidate]);
  }
  const strongest = new Map<string, number>();
  for (const candidate of candidates) {
    const group = groupOf(candidate);
    strongest.set(group, Math.max(strongest.get(group) ?? 0, candidate.score));
  }
  const fused = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const top = strongest.get(groupOf(candidate)) ?? 0;
    if (top <= 0 || candidate.score <= 0) continue;
    const weight =
      (candidate.symptom ? symptomShare : Math.min(1, candidate.score / weakStrength)) *
      (isSecondary(candidate, byService.get(candidate.service) ?? []) ? secondaryShare : 1);
    const score = ((support.get(candidate.service) ?? 0) * weight * candidate.score) / top;
    const id = `${candidate.service}\u0000${candidate.metric ?? ""}`;
    const known = fused.get(id);
    if (known === undefined || score > known.score) fused.set(id, { ...candidate, score });
  }
  const all = ordered([...fused.values()]);
  return measuredFirst(
    [
      ...all.filter((candidate) => within.includes(candidate.service)),
      ...all.filter((candidate) => !within.includes(candidate.service)),
    ],
    candidates.filter(({ score }) => score >= weakStrength),
  );
}

/** Services that most failed requests began to fail at. */
function failuresBeginAt(rankings: readonly Ranking[]): Set<string> {
  const origins = rankings.find(({ localizer }) => localizer === "failure-origin")?.candidates ?? [];
  return new Set(origins.filter(({ score }) => score >= clearOrigin).map(({ service }) => service));
}

/** Services with code that clearly broke, and the strength of that. */
function clearlyBroken(rankings: readonly Ranking[]): Map<string, number> {
  const broken = new Map<string, number>();
  const regions = rankings.find(({ localizer }) => localizer === codeRegions)?.candidates ?? [];
  for (const { service, metric, symptom, score } of regions) {
    if (metric === null || symptom || score < clearOrigin) continue;
    broken.set(service, Math.max(broken.get(service) ?? 0, score));
  }
  return broken;
}

/**
 * Errors are a symptom, except where the failures begin: there they are what is wrong, and come behind the
 * code that broke, which says where.
 */
function asOrigin(candidate: Candidate, broken: ReadonlyMap<string, number>): Candidate {
  const { kind, weight } = metricKind(candidate.metric ?? "", null);
  if (kind !== "errors" || weight === 0 || !candidate.symptom) return candidate;
  // Only what was measured was weighed by its kind.
  const whole = candidate.metric === failedReturn ? candidate.score : candidate.score / weight;
  const strength = Math.min(whole, broken.get(candidate.service) ?? Number.POSITIVE_INFINITY);
  return { ...candidate, symptom: false, score: originShare * strength };
}

/**
 * Whether another metric of the service names the same thing better: a time that the service measures itself
 * where this one is derived from spans, its process or its errors where calls to it do not come back, the
 * processor where this one is the queue in front of it.
 */
function isSecondary({ metric }: Candidate, ofService: readonly Candidate[]): boolean {
  const name = metric ?? "";
  const better =
    name === selfTime
      ? ["latency"]
      : name === failedReturn
        ? ["process", "errors"]
        : waitsForProcessor.test(name)
          ? ["cpu"]
          : [];
  return ofService.some(
    (other) =>
      other.score >= weakStrength &&
      other.metric !== null &&
      other.metric !== selfTime &&
      other.metric !== failedReturn &&
      better.includes(metricKind(other.metric, null).kind),
  );
}

/** The rankings without candidates that no anomaly stands behind: nothing is named without evidence. */
export function withEvidence(rankings: readonly Ranking[]): Ranking[] {
  return rankings.map((ranking) => ({
    ...ranking,
    candidates: ranking.candidates.filter(({ evidence }) => evidence.length > 0),
  }));
}

interface Vote {
  readonly localizer: string;
  readonly candidate: Candidate;
  readonly value: number;
}

/** The strongest vote counts in full, the others what they have above noise, in part. */
function contribution(
  { localizer, candidate, value }: Vote,
  isFirst: boolean,
  options: FusionOptions,
  { noiseStrength }: FusionConstants,
) {
  const { score, why, evidence } = candidate;
  const byStrength = options.method === "strength";
  const share = byStrength && !isFirst ? options.mix : 1;
  const floor = byStrength && !isFirst ? noiseStrength : 0;
  return { localizer, score, counted: share * Math.max(0, value - floor), why, evidence };
}

/** Why, in the words of the strongest, and of the next one where it says nearly as much. */
function reasons(votes: readonly Vote[]): string {
  const strongest = votes[0]?.candidate;
  if (strongest === undefined) return "";
  const second = votes[1]?.candidate;
  const worthTelling = second !== undefined && second.score >= tellingShare * strongest.score;
  return worthTelling ? `${strongest.why} ${second.why}` : strongest.why;
}

function bestPerService(candidates: readonly Candidate[]): Candidate[] {
  const best = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const known = best.get(candidate.service);
    if (known === undefined || candidate.score > known.score) best.set(candidate.service, candidate);
  }
  return ordered([...best.values()]);
}

/** Services that wait for another one, and whether they cannot even stay up without it. */
function waitingServices(rankings: readonly Ranking[]): ReadonlyMap<string, { readonly wholly: boolean }> {
  const waiting = new Map<string, { readonly wholly: boolean }>();
  for (const { service, waitsFor, waitsWholly } of rankings.flatMap(({ candidates }) => candidates)) {
    if (waitsFor === undefined) continue;
    waiting.set(service, { wholly: waitsWholly === true || waiting.get(service)?.wholly === true });
  }
  return waiting;
}

/** What a caller of a silent service shows besides counts less: it fails and waits because of that one. */
function asVictim(
  candidate: Candidate,
  waiting: ReturnType<typeof waitingServices>,
  { victimShare }: FusionConstants,
): Candidate {
  const waits = waiting.get(candidate.service);
  if (candidate.waitsFor !== undefined || waits === undefined) return candidate;
  if (!candidate.symptom && !waits.wholly) return candidate;
  return { ...candidate, score: victimShare * candidate.score };
}

function asJudged(candidate: Candidate, { judgedShare }: FusionConstants): Candidate {
  return candidate.symptom ? { ...candidate, score: judgedShare * candidate.score } : candidate;
}

function groupOf(candidate: Candidate): string {
  return `${candidate.service}\u0000${candidate.symptom ? "symptom" : "cause"}`;
}

function ordered<Ranked extends Candidate>(candidates: readonly Ranked[]): Ranked[] {
  const key = (candidate: Candidate) => `${candidate.service}\u0000${candidate.metric ?? ""}`;
  return [...candidates].sort((a, b) => b.score - a.score || (key(a) < key(b) ? -1 : 1));
}
