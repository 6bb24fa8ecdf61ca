import type { Diagnosis } from "../pipeline/diagnosis.ts";
import type { IncidentSummary } from "../pipeline/incident-summary.ts";
import type { AnsweredCase, LabelledCase, Said } from "../pipeline/labelled-case.ts";
import type { ModelCall } from "../pipeline/model-call.ts";
import type { KnownIncident, PastIncident, SimilarIncident } from "../pipeline/past-incident.ts";
import type { ChatQuestion, EpochMs, Intent, Stage, ThreadHistory } from "../pipeline/types.ts";
import type { ChatReply } from "./chat.ts";

/** What a thread is at: the question that was answered last, and the one that waits for a time. */
export interface ThreadRecord {
  readonly answered: string | null;
  readonly waiting: { readonly question: ChatQuestion; readonly intent: Intent } | null;
  /** What was asked about the answer since; left out: nothing. */
  readonly history?: ThreadHistory | undefined;
}

/** Threads by the surface's name and its id of them. */
export interface ThreadStore {
  saveThread(surface: string, thread: string, record: ThreadRecord): Promise<void>;
  loadThread(surface: string, thread: string): Promise<ThreadRecord | null>;
  loadDiagnosis(questionId: string): Promise<Diagnosis | null>;
  /** Keeps what the language model was asked about a saved diagnosis with it. */
  keepCalls(questionId: string, calls: readonly ModelCall[]): Promise<void>;
}

/** What must survive a restart. Implemented in connectors/store. */
export interface Store extends ThreadStore {
  saveQuestion(question: ChatQuestion): Promise<void>;
  loadQuestion(id: string): Promise<ChatQuestion | null>;
  saveDiagnosis(diagnosis: Diagnosis): Promise<void>;
  saveSummary(summary: IncidentSummary): Promise<void>;
  loadSummary(questionId: string): Promise<IncidentSummary | null>;
  /** What the language model answered to one request of a question, so that a restart need not ask again. */
  saveCall(questionId: string, request: string, reply: ChatReply): Promise<void>;
  loadCall(questionId: string, request: string): Promise<ChatReply | null>;
  /** Drops the question and all that was made of it. */
  forget(questionId: string): Promise<void>;
}

/** Incidents that were diagnosed, so that a new one can be told from one that was here before. */
export interface IncidentMemory {
  /** Keeps the incident of a diagnosis, if it names one, and gives the earlier ones like it. */
  remember(diagnosis: Diagnosis): Promise<readonly SimilarIncident[]>;
  /** The latest ones that may be seen, with what people said of them, for a diagnosis to be compared with. */
  recall(permitted: ChatQuestion["permitted"]): Promise<readonly KnownIncident[]>;
  /** The latest first. `service` null: of all services. */
  list(query: { readonly service: string | null; readonly limit: number }): Promise<readonly PastIncident[]>;
  /** Forgets those that ended before an instant and have this id, where given; gives what was forgotten. */
  forget(query: {
    readonly before: EpochMs | null;
    readonly questionId: string | null;
  }): Promise<readonly PastIncident[]>;
}

/** What people said of answers; of one telemetry, as the memory is. */
export interface FeedbackStore {
  /** Keeps what one person says; what they said of the same answer before is replaced. */
  say(about: AnsweredCase, said: Said): Promise<void>;
  /** The latest window first. */
  list(): Promise<readonly LabelledCase[]>;
  /** Forgets those whose window ended before an instant and that have this id, where given. */
  forget(query: {
    readonly before: EpochMs | null;
    readonly questionId: string | null;
  }): Promise<readonly LabelledCase[]>;
}

/** How often something may be done within a window that ends now. */
export interface Quota {
  /** Takes one of `limit`; the same `id` takes the same one again, and counts once. */
  take(
    key: string,
    limit: number,
    windowMs: number,
    id: string,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number }>;
  giveBack(key: string, id: string): Promise<void>;
}

/** Hears of a job's stages while it runs. */
export type StageListener = (stage: Stage) => void;

/** A workspace of a chat that has installed the bot by itself. */
export interface Installation {
  readonly team: string;
  readonly teamName: string;
  /** A secret: kept encrypted, shown nowhere. */
  readonly token: string;
  readonly installedAt: EpochMs;
}

/** Which workspaces have installed the bot. */
export interface InstallationStore {
  save(installation: Installation): Promise<void>;
  load(team: string): Promise<Installation | null>;
  remove(team: string): Promise<void>;
}
