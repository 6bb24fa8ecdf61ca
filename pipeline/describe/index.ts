import type { Anomaly, Description } from "../types.ts";
import { describeLog } from "./log.ts";
import { describeMetric } from "./metric.ts";
import { type PatternMatcher, patternMatcher } from "./pattern-network.ts";
import { patternWeights } from "./pattern-weights.ts";
import { summarizeService } from "./summary.ts";
import type { Level } from "./templates.ts";
import { describeTrace } from "./trace.ts";
import { type Clock, clockIn } from "./wording.ts";

/**
 * Algorithm 1: a description in words for every anomaly, in the order given.
 *
 * Units:  times in `timeZone` (IANA), whose offset from UTC is said; numbers with four significant digits.
 * Throws: never. Names and log text from telemetry are data: markup and control characters are taken
 *         out, and long text is cut.
 * Source: paper III-B3; sentences beyond the paper's examples are ours (templates.ts).
 */
export function describe(anomalies: readonly Anomaly[], timeZone: string): readonly Description[] {
  const clock = clockIn(timeZone);
  const match = patternMatcher(patternWeights);
  return anomalies.map((anomaly) => ({ anomalyId: anomaly.id, ...describeOne(anomaly, clock, match) }));
}

/** One line per service with anomalies, the service with the most anomalies first. */
export function summarize(anomalies: readonly Anomaly[], timeZone: string): readonly string[] {
  const clock = clockIn(timeZone);
  const services = new Map<string, Anomaly[]>();
  for (const anomaly of anomalies) {
    const known = services.get(anomaly.service);
    if (known === undefined) services.set(anomaly.service, [anomaly]);
    else known.push(anomaly);
  }
  return [...services]
    .sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
    .map(([service, found]) => summarizeService(service, found, clock));
}

function describeOne(anomaly: Anomaly, clock: Clock, match: PatternMatcher): Omit<Description, "anomalyId"> {
  switch (anomaly.modality) {
    case "metric": {
      const { pattern, say } = describeMetric(anomaly, clock, match);
      return { pattern, ...atEachLevel(say) };
    }
    case "trace":
      return { pattern: null, ...atEachLevel((level) => describeTrace(anomaly, clock, level)) };
    case "log":
      return { pattern: null, ...atEachLevel((level) => describeLog(anomaly, clock, level)) };
  }
}

function atEachLevel(say: (level: Level) => string): Pick<Description, "short" | "text" | "full"> {
  return { short: say("short"), text: say("usual"), full: say("full") };
}
