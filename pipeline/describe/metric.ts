import type { MetricAnomaly } from "../types.ts";
import { name } from "./foreign-text.ts";
import type { PatternName } from "./pattern.ts";
import type { PatternMatcher } from "./pattern-network.ts";
import { type Features, fill, metricTemplates, patternWords } from "./templates.ts";
import { type Clock, numberText } from "./wording.ts";

/** Changes relative to a value this small beside the deviation are no percentages. */
const smallestPrevious = 1e-9;

/** The paper's sentences for a metric, then change, normal range, instance and time zone. */
export function describeMetric(
  anomaly: MetricAnomaly,
  clock: Clock,
  match: PatternMatcher,
): { pattern: PatternName | null; text: string } {
  const pattern = match(anomaly.segment, anomaly.direction);
  const features = featuresOf(anomaly, pattern, clock);
  const say = (template: string) => fill(template, features);
  const templates = metricTemplates;
  const isUp = anomaly.direction === "up";
  const first = say(pattern === null ? templates.noPattern : templates.pattern);
  const second = [
    templates.bounds,
    isUp ? templates.magnitudeUp : templates.magnitudeDown,
    change(anomaly.peak, anomaly.previous),
  ];
  const rest = [
    anomaly.scoreClipped ? templates.scoreClipped : templates.score,
    ...relativeChange(anomaly),
    templates.normal,
    ...(anomaly.instance === null ? [] : [templates.where]),
    templates.zone,
  ];
  return { pattern, text: [first, second.map(say).join(", "), ...rest.map(say)].join(" ") };
}

/** Atomic features: pattern, boundaries in time, magnitude, relative change, comparison with normal. */
function featuresOf(anomaly: MetricAnomaly, pattern: PatternName | null, clock: Clock): Features {
  const { key, service, start, end, peak, previous, mean, std, score, unit, instance } = anomaly;
  return {
    metric: name(key.metric),
    service: name(service),
    pattern: pattern === null ? "" : patternWords[pattern],
    start: clock.dayAndTime(start),
    end: clock.until(end, start),
    peak: numberText(peak),
    previous: numberText(previous),
    score: score.toFixed(2),
    change: numberText(Math.abs((100 * (peak - previous)) / Math.abs(previous))),
    mean: numberText(mean),
    std: numberText(std),
    unit: unit === null || unit === "" ? "" : ` ${name(unit)}`,
    instance: name(instance ?? ""),
    zone: clock.zone(start),
  };
}

function change(peak: number, previous: number): string {
  if (numberText(peak) === numberText(previous)) return metricTemplates.unchanged;
  return peak > previous ? metricTemplates.changeUp : metricTemplates.changeDown;
}

function relativeChange({ peak, previous, std }: MetricAnomaly): string[] {
  if (Math.abs(previous) < smallestPrevious * Math.max(std, Math.abs(peak))) return [];
  if (numberText(peak) === numberText(previous)) return [];
  return [peak > previous ? metricTemplates.relativeUp : metricTemplates.relativeDown];
}
