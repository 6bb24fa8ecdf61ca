import type { FittedModels, Localizer } from "../ports.ts";
import type { Anomaly, Candidate, Ranking, TelemetrySlice } from "../types.ts";
import { baro } from "./baro.ts";
import { callGraph } from "./call-graph.ts";
import { circa } from "./circa.ts";
import { edgeDelay } from "./edge-delay.ts";
import { errorLines } from "./error-lines.ts";
import { eventPairs } from "./event-pairs.ts";
import { failureOrigin } from "./failure-origin.ts";
import { lostCallees } from "./lost-callees.ts";
import { mepfl } from "./mepfl/mepfl.ts";
import { microcause, microcausePaper, microcauseRcaeval } from "./microcause.ts";
import { microrank } from "./microrank.ts";
import { patternmatcherRank } from "./patternmatcher-rank.ts";
import { repeatedCallers } from "./repeated-calls.ts";
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
  "failure-origin": failureOrigin,
  "repeated-calls": repeatedCallers,
  "call-graph": callGraph,
  "lost-callees": lostCallees,
  "error-lines": errorLines,
  baro,
  microrank,
  "patternmatcher-rank": patternmatcherRank,
  circa,
  microcause,
  "microcause-paper": microcausePaper,
  "microcause-rcaeval": microcauseRcaeval,
  mepfl,
} as const satisfies Record<string, Localizer<unknown>>;

export type LocalizerName = keyof typeof localizers;

/** Runs the named localizers, each with its fitted model where there is one. Candidates come out worst first. */
export function localize(
  slice: TelemetrySlice,
  anomalies: readonly Anomaly[],
  names: readonly LocalizerName[],
  models: FittedModels["models"] = {},
): Ranking[] {
  return names.map((name) => {
    const localizer: Localizer<unknown> = localizers[name];
    const model = models[name] ?? null;
    const candidates = inOrder(localizer.localize(slice, anomalies, model));
    const note = candidates.length > 0 ? null : (localizer.whyNone?.(slice, model) ?? null);
    return { localizer: name, level: localizer.level, candidates, ...(note === null ? {} : { note }) };
  });
}

/** Worst first; ties in the order of their names. */
export function inOrder(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates].sort(
    (a, b) => b.score - a.score || compare(a.service, b.service) || compare(a.metric ?? "", b.metric ?? ""),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
