import { allModalities, type Modality, type TelemetrySlice, type TimeWindow } from "../types.ts";
import { confidenceWeights } from "./confidence-weights.ts";
import type { FusedService } from "./fuse.ts";

/** What makes an answer more or less likely to be right. Each lies between 0 and 1 or so. */
export interface ConfidenceFeatures {
  /** The first one's strength, in full at six. */
  readonly strength: number;
  /** How far it is ahead of the second, in full at three. */
  readonly lead: number;
  /** Share of the methods that rank anything which put it first. */
  readonly agreement: number;
  /** Share of metrics, logs and traces that were seen and can be compared with a normal period. */
  readonly seen: number;
  /** How long the window and what it is compared with are, in full from five and thirty minutes on. */
  readonly length: number;
}

/**
 * Weights of the logistic function, and the most that is promised. `npm run bench -- --calibrate` writes them; it
 * holds those of agreement, telemetry and length above zero, so that an answer against the other methods, from
 * one kind of telemetry or from a short window is never as sure.
 */
export type ConfidenceWeights = typeof confidenceWeights;

/** What no ranked service explains is as likely as a suspect of this strength. */
const unknownStrength = 2;
const fullStrength = 6;
const fullLead = 3;
const minuteMs = 60_000;
const fullWindowMs = 5 * minuteMs;
const fullReferenceMs = 30 * minuteMs;

/** Probability that the first of the suspects is the cause. */
export function confidenceInFirst(
  features: ConfidenceFeatures,
  weights: ConfidenceWeights = confidenceWeights,
): number {
  const sum =
    weights.constant +
    weights.strength * features.strength +
    weights.lead * features.lead +
    weights.agreement * features.agreement +
    weights.seen * features.seen +
    weights.length * features.length;
  return weights.ceiling / (1 + Math.exp(-sum));
}

export function confidenceFeatures(
  services: readonly FusedService[],
  slice: TelemetrySlice,
  firsts: readonly string[],
): ConfidenceFeatures {
  const [first, second] = services;
  const strength = first?.score ?? 0;
  return {
    strength: Math.min(1, strength / fullStrength),
    lead: Math.min(1, (strength - (second?.score ?? 0)) / fullLead),
    agreement:
      firsts.length === 0 ? 0 : firsts.filter((name) => name === first?.service).length / firsts.length,
    seen: comparedKinds(slice).length / 3,
    length: comparedLength(slice),
  };
}

/** Mean of the window's length and the mean length of the normal periods that it is compared with. */
function comparedLength(slice: TelemetrySlice): number {
  const { window, referencePeriods } = slice;
  const share = (ms: number, full: number) => Math.min(1, ms / full);
  const kinds = comparedKinds(slice);
  const normal = kinds.reduce(
    (sum, kind) => sum + share(lengthOf(referencePeriods[kind]), fullReferenceMs),
    0,
  );
  return (share(lengthOf([window]), fullWindowMs) + normal / Math.max(1, kinds.length)) / 2;
}

function lengthOf(windows: readonly TimeWindow[]): number {
  return windows.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Kinds of telemetry that were seen in the window and in a normal period. */
function comparedKinds({ metrics, logs, traces }: TelemetrySlice): Modality[] {
  const compared = {
    metric: metrics.some(({ reference, before }) => reference.v.length + before.v.length > 0),
    log: logs.window.length > 0 && logs.reference.length > 0,
    trace: traces.window.length > 0 && traces.reference.length > 0,
  };
  return allModalities.filter((kind) => compared[kind]);
}

/**
 * How likely each suspect is the cause: the first by `confidenceInFirst`; what is left is shared among
 * the others, and the unknown, in proportion to the exponential of their strengths.
 *
 * Shape:  as many as suspects, descending, adding up to at most one.
 */
export function confidences(services: readonly FusedService[], first: number): number[] {
  if (services.length === 0) return [];
  const others = services.slice(1).map(({ score }) => Math.exp(score));
  const total = others.reduce((sum, weight) => sum + weight, Math.exp(unknownStrength));
  return [first, ...others.map((weight) => Math.min(first, ((1 - first) * weight) / total))];
}
