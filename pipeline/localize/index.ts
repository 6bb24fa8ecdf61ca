import type { Localizer } from "../ports.ts";
import type { Anomaly, Ranking, TelemetrySlice } from "../types.ts";
import { baro } from "./baro.ts";
import { callGraph } from "./call-graph.ts";
import { circa } from "./circa.ts";
import { edgeDelay } from "./edge-delay.ts";
import { eventPairs } from "./event-pairs.ts";
import { microcause, microcausePaper, microcauseRcaeval } from "./microcause.ts";
import { microrank } from "./microrank.ts";
import { patternmatcherRank } from "./patternmatcher-rank.ts";
import { robustScorer } from "./robust-scorer.ts";
import { simpleRca } from "./simple-rca.ts";
import { traceSpectrum } from "./trace-spectrum.ts";

/** Every localizer by name. Add one: write its file, add its line. */
export const localizers = {
  "simple-rca": simpleRca,
  "robust-scorer": robustScorer,
  "trace-spectrum": traceSpectrum,
  "edge-delay": edgeDelay,
  "event-pairs": eventPairs,
  "call-graph": callGraph,
  baro,
  microrank,
  "patternmatcher-rank": patternmatcherRank,
  circa,
  microcause,
  "microcause-paper": microcausePaper,
  "microcause-rcaeval": microcauseRcaeval,
} as const satisfies Record<string, Localizer>;

export type LocalizerName = keyof typeof localizers;

/** Runs the named localizers. Candidates come out worst first; ties in the order of their names. */
export function localize(
  slice: TelemetrySlice,
  anomalies: readonly Anomaly[],
  names: readonly LocalizerName[],
): Ranking[] {
  return names.map((name) => {
    const localizer: Localizer = localizers[name];
    const candidates = [...localizer.localize(slice, anomalies)].sort(
      (a, b) => b.score - a.score || compare(a.service, b.service) || compare(a.metric ?? "", b.metric ?? ""),
    );
    const note = candidates.length > 0 ? null : (localizer.whyNone?.(slice) ?? null);
    return { localizer: name, level: localizer.level, candidates, ...(note === null ? {} : { note }) };
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
