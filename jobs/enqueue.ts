import type { Diagnosis } from "../pipeline/diagnosis.ts";
import type { ChatQuestion } from "../pipeline/types.ts";
import type { StageListener } from "./store.ts";

/** A question on its way: its job, and the answer to come. */
export interface PendingAnswer {
  readonly jobId: string;
  /** Rejects with a BotError, or with what broke. */
  readonly diagnosis: Promise<Diagnosis>;
}

/** What a surface needs of the queue: hand a question over, hear the stages, get the diagnosis. */
export interface Enqueue {
  ask(
    surface: string,
    question: ChatQuestion,
    onStage: StageListener,
    signal: AbortSignal,
  ): Promise<PendingAnswer>;
}
