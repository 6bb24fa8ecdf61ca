import type { IncidentSummary } from "../../pipeline/incident-summary.ts";

const minute = 60_000;
/** 2026-11-23T08:00:00Z. */
const start = Date.UTC(2026, 10, 23, 8);
const at = (minutes: number) => start + minutes * minute;

/** A hand-made summary of nine hours with three incidents, the last one not over. */
export function hotelSummary(changes: Partial<IncidentSummary> = {}): IncidentSummary {
  return {
    question: { id: "terminal-9", text: "sum up today", askedAt: at(540), timeZone: "Europe/Berlin" },
    period: { start, end: at(540), from: "question" },
    scope: { services: [] },
    incidents: [
      incident("incident-1", 100, 140, "geo", 0.62, { before: 2 }),
      incident("incident-2", 250, 260, "rate", 0.21, { second: "profile" }),
      incident("incident-3", 500, 540, "geo", 0.87, { ongoing: true, before: 2 }),
    ],
    comparedWith: { start: at(-540), end: start, incidents: 3, abnormalMs: 50 * minute },
    recurrences: [
      { service: "geo", now: 2, before: 2 },
      { service: "rate", now: 1, before: 0 },
      { service: "user", now: 0, before: 1 },
    ],
    steps: { count: 54, stepMs: 10 * minute, unseen: [{ start: at(300), end: at(320) }] },
    gaps: [{ from: "loki", reason: "truncated", detail: "12,000 of 90,000 lines were read." }],
    uncertainty: ["One stretch looked abnormal at first and not on a closer look."],
    modelCalls: [],
    timings: { total: 41_300 },
    madeWith: { version: "0.1.0", options: {}, sources: ["prometheus", "loki"] },
    ...changes,
  };
}

function incident(
  id: string,
  from: number,
  to: number,
  service: string,
  confidence: number,
  more: { ongoing?: boolean; before?: number; second?: string } = {},
): IncidentSummary["incidents"][number] {
  const cause = (rank: number, name: string, sure: number) => ({
    rank,
    service: name,
    instance: `${name}-1`,
    confidence: sure,
    why: `Its cpu_usage rose to 97.${rank} where 12.1 is usual.`,
    evidence: ["metric-1"],
  });
  return {
    id,
    start: at(from),
    end: at(to),
    ongoing: more.ongoing ?? false,
    causes: [
      cause(1, service, confidence),
      ...(more.second === undefined ? [] : [cause(2, more.second, confidence - 0.02)]),
    ],
    metrics: [
      {
        rank: 1,
        service,
        instance: `${service}-1`,
        metric: "cpu_usage",
        score: 1,
        evidence: ["metric-1"],
      },
    ],
    evidence: [],
    diagnosisId: `terminal-9-${id}`,
    before: more.before ?? 0,
    earlier: [],
  };
}
