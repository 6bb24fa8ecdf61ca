import type { IncidentSummary } from "../pipeline/incident-summary.ts";
import { iso, isoPeriod } from "./diagnosis-json.ts";

/** What `ask --json` prints for a question about a whole period: the summary with ISO-8601 UTC times. */
export function summaryJson(summary: IncidentSummary) {
  const { question, period, incidents, comparedWith, steps, ...rest } = summary;
  return {
    question: question.text,
    id: question.id,
    askedAt: iso(question.askedAt),
    timeZone: question.timeZone,
    period: isoPeriod(period),
    incidents: incidents.map(({ evidence, ...incident }) => ({
      ...isoPeriod(incident),
      evidence: evidence.map(isoPeriod),
    })),
    comparedWith: comparedWith === null ? null : isoPeriod(comparedWith),
    steps: { ...steps, unseen: steps.unseen.map(isoPeriod) },
    ...rest,
  };
}
