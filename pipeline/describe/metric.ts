import type { MetricAnomaly } from "../types.ts";
import { name } from "./foreign-text.ts";
import type { PatternName } from "./pattern.ts";
import type { PatternMatcher } from "./pattern-network.ts";
import {
  compose,
  type Features,
  type Level,
  metricParts,
  metricRecipe,
  patternWords,
  withParts,
} from "./templates.ts";
import { type Clock, durationText, numberText } from "./wording.ts";

/** Changes relative to a value this small beside the deviation are no percentages. */
const smallestPrevious = 1e-9;
const mostSamples = 8;

/** The paper's sentences for a metric, then change, normal range, instance and time zone. */
export function describeMetric(
  anomaly: MetricAnomaly,
  clock: Clock,
  match: PatternMatcher,
): { pattern: PatternName | null; say: (level: Level) => string } {
  const pattern = match(anomaly.segment, anomaly.direction);
  const features = withParts(featuresOf(anomaly, pattern, clock), metricParts);
  return { pattern, say: (level) => compose(metricRecipe[level], features) };
}

/** Atomic features: pattern, boundaries in time, magnitude, relative change, comparison with normal. */
function featuresOf(anomaly: MetricAnomaly, pattern: PatternName | null, clock: Clock): Features {
  const { key, service, start, end, mean, std, unit, instance, zPeak, detector, chosenSince } = anomaly;
  return {
    metric: name(key.metric),
    service: name(service),
    pattern: pattern === null ? null : patternWords[pattern],
    start: clock.dayAndTime(start),
    end: clock.until(end, start),
    startTime: clock.time(start),
    endTime: clock.time(end) === clock.time(start) ? null : clock.time(end),
    duration: durationText(end - start),
    mean: numberText(mean),
    std: numberText(std),
    distance: numberText(Math.abs(zPeak)),
    unit: unit === null || unit === "" ? "" : ` ${name(unit)}`,
    instance: instance === null ? null : name(instance),
    detector: name(detector),
    since: chosenSince === undefined ? null : name(chosenSince),
    samples: samplesText(anomaly.segment),
    zone: clock.zone(start),
    ...magnitude(anomaly),
    ...relativeChange(anomaly),
  };
}

function magnitude({ peak, previous, direction, score, scoreClipped }: MetricAnomaly): Features {
  const [extreme, before] = [numberText(peak), numberText(previous)];
  const isSame = extreme === before;
  const printed = score.toFixed(2);
  return {
    highest: direction === "up" ? extreme : null,
    lowest: direction === "down" ? extreme : null,
    risenFrom: !isSame && peak > previous ? before : null,
    fallenFrom: !isSame && !(peak > previous) ? before : null,
    score: scoreClipped ? null : printed,
    scoreBound: scoreClipped ? printed : null,
  };
}

function relativeChange({ peak, previous, std }: MetricAnomaly): Features {
  const isTold =
    Math.abs(previous) >= smallestPrevious * Math.max(std, Math.abs(peak)) &&
    numberText(peak) !== numberText(previous);
  const change = isTold ? numberText(Math.abs((100 * (peak - previous)) / Math.abs(previous))) : null;
  return { percentMore: peak > previous ? change : null, percentLess: peak > previous ? null : change };
}

/** As many of the segment as a line holds, evenly. */
function samplesText(segment: readonly number[]): string | null {
  if (segment.length === 0) return null;
  const count = Math.min(mostSamples, segment.length);
  const step = (segment.length - 1) / Math.max(1, count - 1);
  return Array.from({ length: count }, (_, i) => {
    const value = segment[Math.round(i * step)] ?? Number.NaN;
    return Number.isFinite(value) ? numberText(value) : "missing";
  }).join(", ");
}
