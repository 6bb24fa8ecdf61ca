import { median, medianAbsoluteDeviation } from "../statistics/moments.ts";
import { bestRamp, bestStep, mannKendall } from "./trend.ts";

/** LocaleXpert's 11 patterns in PatternMatcher's order of indices (even: up, odd: down, 10: both). */
export const patternNames = [
  "level shift up",
  "level shift down",
  "steady increase",
  "steady decrease",
  "single spike",
  "single dip",
  "transient level shift up",
  "transient level shift down",
  "multiple spikes",
  "multiple dips",
  "fluctuations",
] as const;
export type PatternName = (typeof patternNames)[number];

/** The segment's beginning that counts as normal: at most this share, at least so many samples. */
const normalShare = 0.27;
const fewestNormal = 3;
const edge = 2.5;
/** Noise of a flat beginning is at least this share of the whole range. */
const smallestNoise = 0.05;
/** A run that lasts to the end is a shift from this length on; a shorter one may be a spike just begun. */
const shortestShift = 4;
/** Plateaus are longer than spikes. */
const longestSpike = 3;
const shortestTrend = 12;
/** |Mann-Kendall z| of p = 0.01, two-sided. */
const certainTrend = 2.576;
/** Both directions reach nearly as far. */
const balanced = 0.6;
const fewestFluctuations = 4;

/**
 * Which of the 11 patterns a segment of about 30 samples shows, by rules: trend, then shift, then
 * transient shift, then several or one spike, else fluctuations.
 *
 * Shape:  `direction` decides between up and down; missing samples are skipped. null for fewer than four
 *         samples or a constant segment.
 * Units:  distances in robust standard deviations of the segment's first quarter, at least 5 % of its range.
 * Throws: never.
 * Source: names from PatternMatcher (Wu et al., ISSRE 2021) as LocaleXpert uses them; the rules are
 *         ALGORITHMS 5.4's, with a ramp that must fit better than a step before it is a trend.
 */
export function classifyPattern(segment: readonly number[], direction: "up" | "down"): PatternName | null {
  const values = segment.filter((value) => Number.isFinite(value));
  const range = Math.max(...values) - Math.min(...values);
  if (values.length < 4 || !(range > 0)) return null;
  const isUp = direction === "up";
  const beginning = values.slice(0, Math.max(fewestNormal, Math.round(normalShare * values.length)));
  const centre = median(beginning);
  const noise = Math.max(medianAbsoluteDeviation(beginning), smallestNoise * range);
  const z = values.map((value) => (isUp ? value - centre : centre - value) / noise);
  if (isTrend(values, isUp)) return isUp ? "steady increase" : "steady decrease";
  const runs = runsBeyond(z, edge);
  const against = runsBeyond(
    z.map((value) => -value),
    edge,
  );
  if (isFluctuating(z, runs, against)) return "fluctuations";
  const last = runs[runs.length - 1];
  const longest = runs.reduce((most, run) => Math.max(most, run.end - run.start), 0);
  if (last === undefined) return "fluctuations";
  if (last.end === z.length && last.end - last.start >= shortestShift) {
    return isUp ? "level shift up" : "level shift down";
  }
  if (longest > longestSpike) return isUp ? "transient level shift up" : "transient level shift down";
  if (runs.length > 1) return isUp ? "multiple spikes" : "multiple dips";
  return isUp ? "single spike" : "single dip";
}

/** Rises (or falls) significantly, for long enough, and as a ramp rather than as a step. */
function isTrend(values: readonly number[], isUp: boolean): boolean {
  if (values.length < shortestTrend) return false;
  const trend = mannKendall(values);
  if ((isUp ? trend : -trend) < certainTrend) return false;
  return bestRamp(values, shortestTrend) < bestStep(values);
}

interface Run {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Unbroken runs beyond `limit`. */
function runsBeyond(z: readonly number[], limit: number): Run[] {
  const runs: Run[] = [];
  let start = -1;
  for (let i = 0; i <= z.length; i++) {
    const isBeyond = i < z.length && (z[i] ?? 0) > limit;
    if (isBeyond && start < 0) start = i;
    if (!isBeyond && start >= 0) {
      runs.push({ start, end: i });
      start = -1;
    }
  }
  return runs;
}

/** Goes both ways, again and again, about as far. */
function isFluctuating(z: readonly number[], runs: readonly Run[], against: readonly Run[]): boolean {
  if (runs.length + against.length < fewestFluctuations || against.length < 2 || runs.length < 2)
    return false;
  const up = Math.max(...z);
  const down = -Math.min(...z);
  return Math.min(up, down) >= balanced * Math.max(up, down);
}
