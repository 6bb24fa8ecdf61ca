import type { KnowledgeNote } from "../../prompts/prompt-schema.ts";
import { metricKind } from "../localize/metric-kinds.ts";
import type { Anomaly, Description } from "../types.ts";

/** The notes that every prompt starts with; they are the same for every case. */
export function standingNotes(notes: readonly KnowledgeNote[]): KnowledgeNote[] {
  return notes.filter(({ when }) => when.includes("always"));
}

/** The notes on what is observed, those that fit most of it first (paper, III-C1: composed by what is seen). */
export function fittingNotes(
  notes: readonly KnowledgeNote[],
  anomalies: readonly Anomaly[],
  descriptions: readonly Description[],
): KnowledgeNote[] {
  const observed = observedIn(anomalies, descriptions);
  return notes
    .filter(({ when }) => !when.includes("always"))
    .map((note) => ({ note, hits: note.when.reduce((sum, one) => sum + (observed.get(one) ?? 0), 0) }))
    .filter(({ hits }) => hits > 0)
    .sort((a, b) => b.hits - a.hits || (a.note.id < b.note.id ? -1 : 1))
    .map(({ note }) => note);
}

/** How often each of what a note may be for is seen: "metric:cpu", "pattern:level-shift-up", "word:panic", … */
function observedIn(
  anomalies: readonly Anomaly[],
  descriptions: readonly Description[],
): Map<string, number> {
  const seen = new Map<string, number>();
  const see = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  const patterns = new Map(descriptions.map(({ anomalyId, pattern }) => [anomalyId, pattern]));
  for (const anomaly of anomalies) {
    see(`service:${anomaly.service}`);
    const pattern = patterns.get(anomaly.id);
    if (pattern) see(`pattern:${pattern.replaceAll(" ", "-")}`);
    switch (anomaly.modality) {
      case "metric":
        see(`metric:${metricKind(anomaly.key.metric, anomaly.unit).kind}`);
        break;
      case "trace":
        see(`trace:${anomaly.kind}`);
        break;
      case "log": {
        see(`log:${anomaly.kind}`);
        for (const word of new Set(anomaly.template.toLowerCase().match(/[a-z]{3,}/g) ?? []))
          see(`word:${word}`);
      }
    }
  }
  return seen;
}
