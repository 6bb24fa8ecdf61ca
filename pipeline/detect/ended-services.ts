import { fullStrength } from "../localize/strength.ts";
import type { AnomalyDetector } from "../ports.ts";
import { awayServices } from "../service-state.ts";
import type { LogAnomaly, LogLine, TelemetrySlice } from "../types.ts";
import { drain } from "./drain.ts";
import { logLevel } from "./log-level.ts";
import { plainLine } from "./plain-line.ts";

const longestExample = 300;

/**
 * Tells of services of which nothing is measured any more that they also fell silent: the statement that they
 * wrote most vanished.
 *
 * Shape:  one anomaly of kind "vanished" per service that ended and wrote lines.
 * Units:  `expected`: lines at the rate of before. The severity is the largest.
 * Throws: never.
 */
export const endedServices = {
  name: "ended-services",
  modality: "log",
  detect(slice: TelemetrySlice): LogAnomaly[] {
    return awayServices(slice).flatMap(({ service, from, to, state }) => {
      if (state !== "ended") return [];
      const own = linesBefore(slice, service, from);
      const commonest = commonestOf(own);
      if (commonest === null) return [];
      const first = own.reduce((least, { t }) => Math.min(least, t), from);
      return [
        {
          id: "",
          modality: "log",
          kind: "vanished",
          service,
          instance: null,
          start: from,
          end: to,
          severity: fullStrength,
          template: plainLine(commonest.text, longestExample),
          expectedNext: null,
          calleeBefore: null,
          level: commonest.level,
          count: 0,
          expected: (commonest.count / Math.max(1, from - first)) * (to - from),
          examples: [],
        },
      ];
    });
  },
} as const satisfies AnomalyDetector;

/** A declared normal period may lie in the window: no line counts twice. */
function linesBefore({ logs, window }: TelemetrySlice, service: string, end: number): LogLine[] {
  const earlier = logs.reference.filter(({ t }) => t < window.start);
  return [...earlier, ...logs.window].filter((line) => line.service === service && line.t < end);
}

function commonestOf(lines: readonly LogLine[]): { text: string; level: string; count: number } | null {
  const miner = drain();
  const levels = new Map<number, string>();
  for (const { body, level } of lines) levels.set(miner.add(body), logLevel(level, body).toUpperCase());
  let most: { text: string; level: string; count: number } | null = null;
  miner.templates().forEach(({ text, count }, index) => {
    if (count > (most?.count ?? 0)) most = { text, level: levels.get(index) ?? "", count };
  });
  return most;
}
