import type { Diagnosis } from "../pipeline/diagnosis.ts";
import type { IncidentSummary } from "../pipeline/incident-summary.ts";
import type { ChatQuestion, EpochMs } from "../pipeline/types.ts";
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
  /** How many are being answered, and how many wait. */
  load(): Promise<{ readonly running: number; readonly waiting: number }>;
}

/** A summary that a channel gets at set times. JSON-safe. */
export interface Schedule {
  /** "s3", short enough to be typed. */
  readonly id: string;
  /** Where its summaries are said. */
  readonly thread: ChatThread;
  readonly channel: string;
  /** Who made it. */
  readonly person: string;
  /** Five fields. */
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
  /** "weekdays at 09:00". */
  readonly words: string;
  /** Empty: all that may be seen. */
  readonly services: readonly string[];
  readonly permitted?: ChatQuestion["permitted"];
  readonly isPaused: boolean;
  /** Whether it stands in the configuration, and is changed there. */
  readonly isFixed: boolean;
  /** Who made it, as the surface knows them, so that what may be seen is checked anew each time. */
  readonly from: unknown;
  readonly createdAt: EpochMs;
  /** The end of what its last summary looked at; null: there was none. */
  readonly coveredTo: EpochMs | null;
}

export type NewSchedule = Omit<Schedule, "id" | "isPaused" | "createdAt" | "coveredTo"> & {
  /** The same for every delivery of the same wish. */
  readonly wish: string;
};

/** Those of a channel; what another channel has is not there. */
export interface Schedules {
  add(wanted: NewSchedule): Promise<Schedule>;
  list(channel: string): Promise<Schedule[]>;
  /** Those that a person made, in all channels. */
  madeBy(person: string): Promise<Schedule[]>;
  /** Throws: BotError "question-invalid" when there is none of this id, or it is changed elsewhere. */
  change(
    channel: string,
    id: string,
    change: Partial<Pick<Schedule, "cron" | "timeZone" | "words" | "services" | "isPaused">>,
  ): Promise<Schedule>;
  delete(channel: string, id: string): Promise<void>;
  /** Fires it now, beside its times. */
  run(channel: string, id: string): Promise<void>;
  /** When it is due next; null where it is paused. */
  nextOf(id: string): Promise<EpochMs | null>;
  /** All of them, of every channel. */
  all(): Promise<Schedule[]>;
  /** Notes where in a channel a message of its own goes, and who spoke there; true where it was not known. */
  sawChannel(seen: SeenChannel): Promise<boolean>;
  channels(): Promise<SeenChannel[]>;
}

/** A channel that the bot was spoken to in, which is how it knows the way there. */
export interface SeenChannel {
  /** "slack T1 C1". */
  readonly channel: string;
  /** Where its summaries go. */
  readonly thread: ChatThread;
  /** Who spoke last, as the surface knows them. */
  readonly from: unknown;
}
