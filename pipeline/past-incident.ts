import { z } from "zod";
import { type Diagnosis, type EarlierIncident, type Evidence, firstSigns } from "./diagnosis.ts";

/** A diagnosed incident, as much of it as finding it again takes. Times are epoch milliseconds. */
export const PastIncident = z.object({
  /** The diagnosis is saved under it, for as long as it is kept. */
  questionId: z.string(),
  /** First and last sign of the first cause. */
  start: z.number(),
  end: z.number(),
  service: z.string(),
  instance: z.string().nullable(),
  metric: z.string().nullable(),
  confidence: z.number(),
  why: z.string(),
  /** What was abnormal, without numbers and times: "metric geo cpu_usage up", "log geo new", … */
  signature: z.array(z.string()),
});
export type PastIncident = z.infer<typeof PastIncident>;

/** `likeness` 0 to 1: the share of signs that both have. */
export interface SimilarIncident {
  readonly incident: PastIncident;
  readonly likeness: number;
  /** The service that people said it was; null where nobody said. */
  readonly confirmed: string | null;
}

/** Signs of one incident that a later question sees a little later, or still sees. */
const sameIncidentMs = 10 * 60_000;
/** Two incidents of one service are alike from here on, of different ones only when nearly all signs are. */
const alike = 0.3;
const nearlySame = 0.7;
const mostSimilar = 3;

/** One of the memory, with the service that people said it was; null where nobody said. */
export interface KnownIncident {
  readonly incident: PastIncident;
  readonly confirmed: string | null;
}

/** The known incidents most like this one, as an answer and the experts are told of them. */
export function earlierIncidents(incident: PastIncident, known: readonly KnownIncident[]): EarlierIncident[] {
  const confirmedOf = new Map(known.map((one) => [one.incident.questionId, one.confirmed]));
  const similar = similarIncidents(
    incident,
    known.map((one) => one.incident),
  );
  return similar.map(
    ({ incident: { signature: _signature, confidence: _confidence, ...told }, likeness: share }) => ({
      ...told,
      likeness: share,
      confirmed: confirmedOf.get(told.questionId) ?? null,
    }),
  );
}

/** What is remembered of a diagnosis; null where it names no cause. */
export function pastIncident(diagnosis: Diagnosis): PastIncident | null {
  const [cause] = diagnosis.causes;
  if (cause === undefined) return null;
  const cited = diagnosis.evidence.filter(({ id }) => cause.evidence.includes(id));
  const certain = cited.filter(({ isSignal }) => isSignal !== true);
  const signs = firstSigns(certain.length > 0 ? certain : cited);
  const metric = diagnosis.metrics.find(({ service }) => service === cause.service);
  return {
    questionId: diagnosis.question.id,
    start: Math.min(...(signs.length > 0 ? signs : certain).map(({ start }) => start), diagnosis.window.end),
    end: Math.max(...cited.map(({ end }) => end), diagnosis.window.start),
    service: cause.service,
    instance: cause.instance,
    metric: metric?.metric ?? null,
    confidence: cause.confidence,
    why: cause.why,
    signature: [...new Set(cited.map(sign))].sort(),
  };
}

/** Whether both are the same incident, asked about twice: one service, and no pause between them. */
export function isSameIncident(a: PastIncident, b: PastIncident): boolean {
  const pause = Math.max(a.start - b.end, b.start - a.end);
  return a.service === b.service && pause <= sameIncidentMs;
}

/** The earlier incidents most like this one, the likest first; of equals, the latest. */
export function similarIncidents(
  incident: PastIncident,
  past: readonly PastIncident[],
): Omit<SimilarIncident, "confirmed">[] {
  return past
    .filter((one) => one.start < incident.start && !isSameIncident(one, incident))
    .map((one) => ({ incident: one, likeness: likeness(one, incident) }))
    .filter((one) => one.likeness >= (one.incident.service === incident.service ? alike : nearlySame))
    .sort((a, b) => b.likeness - a.likeness || b.incident.start - a.incident.start)
    .slice(0, mostSimilar);
}

/** Jaccard's index of the signatures. */
function likeness(a: PastIncident, b: PastIncident): number {
  const both = a.signature.filter((one) => b.signature.includes(one)).length;
  const either = new Set([...a.signature, ...b.signature]).size;
  return either === 0 ? 0 : both / either;
}

function sign({ modality, service, metric, kind }: Evidence): string {
  return [modality, service, metric, kind].filter((part) => part !== null).join(" ");
}
