import type { Diagnosis } from "../pipeline/diagnosis.ts";
import type { IncidentSummary } from "../pipeline/incident-summary.ts";
import type { ChatQuestion, Stage } from "../pipeline/types.ts";

/** What must survive a restart. Implemented in connectors/store. */
export interface Store {
  saveQuestion(question: ChatQuestion): Promise<void>;
  loadQuestion(id: string): Promise<ChatQuestion | null>;
  saveDiagnosis(diagnosis: Diagnosis): Promise<void>;
  loadDiagnosis(questionId: string): Promise<Diagnosis | null>;
  saveSummary(summary: IncidentSummary): Promise<void>;
  loadSummary(questionId: string): Promise<IncidentSummary | null>;
}

/** Hears of a job's stages while it runs. */
export type StageListener = (stage: Stage) => void;
