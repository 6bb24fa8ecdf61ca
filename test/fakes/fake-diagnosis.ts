import type { Diagnosis } from "../../pipeline/diagnosis.ts";
import type { IncidentSummary } from "../../pipeline/incident-summary.ts";
import type { ChatQuestion } from "../../pipeline/types.ts";

export function fakeQuestion(id: string, text: string): ChatQuestion {
  return { id, text, askedAt: Date.UTC(2026, 10, 23, 15, 20, 30), timeZone: "UTC", askedWindow: null };
}

/** A diagnosis that found nothing, of the right shape. */
export function fakeDiagnosis(question: ChatQuestion): Diagnosis {
  const { id, text, askedAt, timeZone } = question;
  return {
    question: { id, text, askedAt, timeZone },
    window: { start: askedAt - 3_600_000, end: askedAt, from: "question" },
    scope: { services: [] },
    verdict: "nothing-found",
    causes: [],
    metrics: [],
    evidence: [],
    explanation: "",
    findings: [],
    uncertainty: [],
    gaps: [],
    rankings: [],
    narrowedBy: "none",
    earlier: [],
    model: null,
    modelCalls: [],
    timings: { total: 1 },
    madeWith: {
      version: "0.0.0",
      options: {},
      sources: [],
      prompts: {},
      seen: { series: 0, logLines: 0, traces: 0, spans: 0 },
      reference: { from: "preceding", metric: [], log: [], trace: [] },
    },
  };
}

/** A summary of a quiet hour, of the right shape. */
export function fakeSummary(question: ChatQuestion): IncidentSummary {
  const { id, text, askedAt, timeZone } = question;
  return {
    question: { id, text, askedAt, timeZone },
    period: { start: askedAt - 3_600_000, end: askedAt, from: "question" },
    scope: { services: [] },
    incidents: [],
    comparedWith: null,
    recurrences: [],
    steps: { count: 12, stepMs: 300_000, unseen: [] },
    gaps: [],
    uncertainty: [],
    modelCalls: [],
    timings: { total: 1 },
    madeWith: { version: "0.0.0", options: {}, sources: [] },
  };
}
