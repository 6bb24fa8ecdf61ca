import type { Diagnosis } from "../pipeline/diagnosis.ts";
import type { IncidentSummary } from "../pipeline/incident-summary.ts";
import type { ChatQuestion } from "../pipeline/types.ts";
import type { ChatThread } from "./notifier.ts";
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

/** A question of a chat: what is made of it is left with the outbox, for its thread, whoever is there then. */
export interface Order {
  readonly question: ChatQuestion;
  readonly task: "diagnose" | "summarize";
  readonly thread: ChatThread;
  /** The message of the thread that the answer takes the place of. */
  readonly slot: string;
  /** Whose share of the workers it takes. */
  readonly channel: string;
  readonly person: string;
  /** People go first. */
  readonly isScheduled: boolean;
  /** The question before, where this one looks whether what it found is over. */
  readonly since: string | null;
}

/** How many questions come first; `aboutMs` is null where nothing is known of how long they take. */
export interface Ahead {
  readonly inThread: number;
  readonly inQueue: number;
  readonly aboutMs: number | null;
}

/** What the conversation needs where an answer must come whatever ends in between. */
export interface Questions {
  /** Resolves when the question is saved and will be answered. One that was submitted before is not asked again. */
  submit(order: Order): Promise<Ahead>;
  /** Stops one question of a thread, or all that are open there; gives how many. */
  stop(thread: ChatThread, questionId: string | null): Promise<number>;
}
