import type { z } from "zod";
import type { PromptLibrary } from "../prompts/prompt-schema.ts";
import type { EarlierIncident } from "./diagnosis.ts";
import type { ModelCall } from "./model-call.ts";
import type { PastIncident } from "./past-incident.ts";
import type {
  Anomaly,
  Candidate,
  EpochMs,
  Gap,
  LogLine,
  Modality,
  RawSeries,
  ReferencePeriods,
  Span,
  TelemetrySlice,
  TimeWindow,
  Topology,
} from "./types.ts";

/** What a source is asked for. `services` null means every service. */
export interface TelemetryQuery {
  readonly windows: readonly TimeWindow[];
  readonly services: readonly string[] | null;
  /**
   * At most this many samples, lines or spans; a source that has more keeps errors and first
   * occurrences, samples the rest evenly (spans by whole traces) and adds a "truncated" gap.
   */
  readonly limit: number;
}

export interface Fetched<Item> {
  readonly items: readonly Item[];
  readonly gaps: readonly Gap[];
}

export interface Inventory {
  readonly services: readonly string[];
  readonly instances: readonly { readonly service: string; readonly instance: string }[];
  /** First and last telemetry per modality; null where there is none. */
  readonly extent: Readonly<Record<Modality, TimeWindow | null>>;
  /** Periods declared fault-free, per modality; empty where none is declared. */
  readonly declaredReference: Omit<ReferencePeriods, "from">;
  /** A call graph the source was given, where it has one apart from its traces. */
  readonly topology: Topology | null;
  readonly gaps: readonly Gap[];
}

interface SourceOf<Kind extends Modality, Item> {
  readonly name: string;
  readonly modality: Kind;
  /** Read-only. Rejects with BotError "source-unavailable" or "source-invalid", or when aborted. */
  fetch(query: TelemetryQuery, signal: AbortSignal): Promise<Fetched<Item>>;
  /** One cheap authenticated call. */
  probe(signal: AbortSignal): Promise<void>;
}

export type MetricSource = SourceOf<"metric", RawSeries>;
export type LogSource = SourceOf<"log", LogLine>;
export type TraceSource = SourceOf<"trace", Span>;
export type Source = MetricSource | LogSource | TraceSource;

/** Knows which services there are. One per telemetry system; sources of one system share it. */
export interface InventorySource {
  readonly name: string;
  /** As of the moment of asking, where that is told: services of a live system come and go. */
  inventory(signal: AbortSignal, askedAt?: EpochMs): Promise<Inventory>;
}

/** An incident whose cause is known. */
export interface LabelledIncident {
  readonly id: string;
  readonly slice: TelemetrySlice;
  /** Any of these is right. */
  readonly services: readonly string[];
  readonly faultType: string;
}

/** What there is to learn from. */
export interface Lessons {
  /** Fault-free periods; window and reference period are both normal. */
  readonly normal: readonly TelemetrySlice[];
  readonly incidents: readonly LabelledIncident[];
}

/** How it goes with what a method learns; `part` names the network where it has several. */
export type Learnt =
  | { readonly kind: "epoch"; readonly part: string; readonly epoch: number; readonly loss: number }
  | {
      readonly kind: "part";
      readonly part: string;
      readonly epochs: number;
      /** On what was held back from the training. */
      readonly loss: number;
      /** It went on from what was learnt before. */
      readonly isWarm: boolean;
    };

/** What a method may go on from, and who hears how it goes. */
export interface Course<Model> {
  /** What it learnt before; null where nothing, or nothing that it could read. */
  readonly previous: Model | null;
  tell(learnt: Learnt): void;
}

/** How a method learns, and what is kept of it: JSON, checked when it is read again. */
export interface Learner<Model> {
  /** It takes many minutes: fitted where it is in use or named, and not with all the others. */
  readonly isSlow?: true;
  /** Rises whenever a model of an older version would be misread. */
  readonly version: number;
  /** What the model's numbers stand for, in order; a model of others is refused. */
  readonly features: readonly string[];
  readonly model: z.ZodType<Model>;
  /** Same lessons, seed and previous model, same model. It takes its time: not on an event loop that serves people. */
  fit(lessons: Lessons, seed: number, course?: Course<Model>): Model;
  /** Whether nothing was learnt; what was learnt before is better then. */
  isEmpty?(model: Model): boolean;
}

/** Fitted models by the name of their method, and why some that there are cannot be used. */
export interface FittedModels {
  readonly models: Readonly<Record<string, unknown>>;
  readonly gaps: Readonly<Record<string, Gap>>;
}

/** Pure and synchronous: same slice and model, same anomalies, same order. */
export interface AnomalyDetector<Model = null> {
  readonly name: string;
  readonly modality: Modality;
  readonly learner?: Learner<Model>;
  /** It judges the metrics of a service together, so it is shown all of them whichever it is to judge. */
  readonly isMultivariate?: true;
  /** Ids are given later, in order; an id here is "". */
  detect(slice: TelemetrySlice, model: Model | null): readonly Anomaly[];
  /** What it did without, in a sentence for the reply; null when nothing. */
  whyLess?(slice: TelemetrySlice, model: Model | null): string | null;
}

/** Pure and synchronous. Ranks only what occurs in the slice; may rank none. */
export interface Localizer<Model = null> {
  readonly name: string;
  readonly level: "service" | "metric";
  readonly learner?: Learner<Model>;
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[], model: Model | null): readonly Candidate[];
  /** Asked when nothing was ranked: what it lacked, in a sentence for the reply; null when nothing was. */
  whyNone?(slice: TelemetrySlice, model: Model | null): string | null;
}

/** Which of the configured models is asked: a small one may read questions, a larger one explain. */
export type ModelRole = "question" | "expert";

/** One question to a language model. `system` comes first and stays the same from case to case. */
export interface CompletionRequest<Output> {
  readonly role: ModelRole;
  /** Who asks, for the audit and for gaps: "trace expert". */
  readonly purpose: string;
  readonly prompt: { readonly id: string; readonly version: number };
  readonly system: string;
  readonly user: string;
  /** `name` is letters, digits and hyphens; bound every text and list of the schema. */
  readonly answer: { readonly name: string; readonly schema: z.ZodType<Output> };
  readonly maxAnswerTokens: number;
  /** Whether the model may think before it answers, where it can be told. */
  readonly thinking: boolean;
  /** A person who waits goes before a scheduled summary. */
  readonly priority: "person" | "schedule";
  readonly seed: number;
}

/** An answer that fits the schema, or null and `call.problem` says why. */
export type Completion<Output> =
  | { readonly output: Output; readonly call: ModelCall & { readonly problem: null } }
  | { readonly output: null; readonly call: ModelCall & { readonly problem: object } };

/**
 * A language model. Its answers are text by someone who may be wrong: nothing of it is believed that the
 * evidence does not hold.
 */
export interface LanguageModel {
  /** Of the model that answers in this role, as the reply names it. */
  name(role: ModelRole): string;
  /** What went wrong is in the completion. Throws: BotError "cancelled", when aborted. */
  complete<Output>(request: CompletionRequest<Output>, signal: AbortSignal): Promise<Completion<Output>>;
}

/** What is kept from whoever asked. */
export interface Withheld {
  /** Services that must not be named: it grows while telemetry is read. Null: every service may be seen. */
  readonly services: ReadonlySet<string> | null;
  /** Says that there is more, without names. */
  readonly gap: Gap;
}

/** What `diagnose` works with. `now` is a monotonic stopwatch in milliseconds, for timings only. */
export interface Toolbox {
  readonly inventories: readonly InventorySource[];
  readonly sources: readonly Source[];
  /** What was fitted beforehand; nothing where it is not given. */
  readonly fitted?: FittedModels;
  /** Null where none is configured: then templates speak. */
  readonly model: LanguageModel | null;
  /** Prompts and knowledge, checked. */
  readonly prompts: PromptLibrary;
  /** Kinds of telemetry that the person wished not to be looked at: their sources are not among `sources`. */
  readonly leftOut?: readonly Modality[];
  /** Set where not everything may be seen: what may not be is in no inventory and no source here. */
  readonly withheld?: Withheld;
  /** The earlier incidents most like one, and what people said of them; none where there is no memory. */
  readonly recall?: (incident: PastIncident) => readonly EarlierIncident[];
  readonly stopwatch: () => EpochMs;
}
