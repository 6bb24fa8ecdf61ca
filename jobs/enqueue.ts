import type { Diagnosis } from "../pipeline/diagnosis.ts";
import type { IncidentSummary } from "../pipeline/incident-summary.ts";
import type { ChatQuestion } from "../pipeline/types.ts";
import type { StageListener } from "./store.ts";

/** A question on its way: its job, and the answer to come. */
export interface PendingAnswer {
  readonly jobId: string;
  /** Rejects with a BotError, or with what broke. */
  readonly diagnosis: Promise<Diagnosis>;
}

/** The same for a question about a whole period. */
export interface PendingSummary {
  readonly jobId: string;
  readonly summary: Promise<IncidentSummary>;
}

/** What a surface needs of the queue: hand a question over, hear the stages, get what was made of it. */
export interface Enqueue {
  ask(
    surface: string,
    question: ChatQuestion,
    onStage: StageListener,
    signal: AbortSignal,
  ): Promise<PendingAnswer>;
  summarize(
    surface: string,
    question: ChatQuestion,
    onStage: StageListener,
    signal: AbortSignal,
  ): Promise<PendingSummary>;
}
