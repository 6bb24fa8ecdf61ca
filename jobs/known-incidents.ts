import type { Exclusion } from "../pipeline/fault-free.ts";
import { rightService } from "../pipeline/labelled-case.ts";
import type { FeedbackStore, IncidentMemory } from "./store.ts";

/** More incidents than this are of another time than what is fitted on. */
const mostIncidents = 1_000;

/** When something was wrong: incidents that were diagnosed, and answers that people named a service for. */
export async function incidentPeriods(
  memory: Pick<IncidentMemory, "list">,
  feedback: Pick<FeedbackStore, "list">,
): Promise<Exclusion[]> {
  const incidents = await memory.list({ service: null, limit: mostIncidents });
  const diagnosed = incidents.map(({ start, end, service, questionId }) => ({
    start: Math.min(start, end),
    end: Math.max(start, end),
    why: `an incident in ${service} was diagnosed (${questionId})`,
  }));
  const ids = new Set(incidents.map(({ questionId }) => questionId));
  const said = (await feedback.list()).flatMap((one) => {
    const service = rightService(one);
    if (service === null || ids.has(one.questionId)) return [];
    const { start, end } = one.incident ?? one.window;
    return [{ start, end, why: `people said that ${service} broke (${one.questionId})` }];
  });
  return [...diagnosed, ...said].sort((a, b) => a.start - b.start);
}
