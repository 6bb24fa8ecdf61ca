/**
 * The data, in the order it flows: question, slice, anomalies, descriptions, candidates, findings.
 * Plain readonly objects, JSON-safe but for numeric arrays (missing = NaN). Times are epoch
 * milliseconds in UTC and windows are half-open, [start, end). The pipeline reads no clock.
 */

import type { ModelCall } from "./model-call.ts";

export type EpochMs = number;

/** Half-open: `start` belongs to it, `end` does not. */
export interface TimeWindow {
  readonly start: EpochMs;
  readonly end: EpochMs;
}

export const allModalities = ["metric", "log", "trace"] as const;
export type Modality = (typeof allModalities)[number];

// ── Question ────────────────────────────────────────────────────────────────────────────────────

export interface ChatQuestion {
  readonly id: string;
  readonly text: string;
  readonly askedAt: EpochMs;
  /** IANA name; times in the answer are in this zone. */
  readonly timeZone: string;
  /** The window a person named when asked back; it wins over the text. */
  readonly askedWindow: TimeWindow | null;
  /** Set for a question that follows an answer in its thread. */
  readonly carried?: Carried | null | undefined;
  /** What may be seen where it was asked; nothing given: everything. */
  readonly permitted?: Permitted | null | undefined;
  /** What the language model was asked to read it, before it was handed over. */
  readonly reading?: readonly ModelCall[] | undefined;
}

/** Names of services and sources that may be seen, `*` in them for any run of characters; null: all. */
export interface Permitted {
  readonly services: readonly string[] | null;
  readonly sources: readonly string[] | null;
}

/** What a question takes over from the answer before it; null is read from its own text. */
export interface Carried {
  readonly services: readonly string[] | null;
  /** null: all kinds. */
  readonly modalities: readonly Modality[] | null;
  /** Said with the answer: what was taken over, and what was changed. */
  readonly note: string;
}

export const intents = ["diagnose", "follow-up", "summary", "schedule", "help", "none"] as const;
export type Intent = (typeof intents)[number];

/** Where the window came from; `ask` means that none was named and the person must be asked. */
export type WindowOrigin = "question" | "default" | "ask";

export interface UnknownService {
  readonly mentioned: string;
  /** Inventory names, nearest first, at most five. */
  readonly nearest: readonly string[];
}

/** What was understood. `window` is null exactly when `from` is "ask". */
export interface ReadQuestion {
  readonly intent: Intent;
  readonly window: TimeWindow | null;
  readonly from: WindowOrigin;
  readonly services: readonly string[];
  readonly unknownServices: readonly UnknownService[];
  /** The kinds of telemetry to look at ("only the logs", "ignore traces"); null: all. */
  readonly modalities: readonly Modality[] | null;
  /** Set where the answer before in the thread was known, and the text is about it. */
  readonly followUp: FollowUp | null;
  /** It is in a language that the grammar does not read, so that nothing was taken from it but services. */
  readonly isUnread: boolean;
  /** Said to the person, for example that the default window was taken and why. */
  readonly notes: readonly string[];
  /** What the language model was asked for it. */
  readonly calls: readonly ModelCall[];
}

/** The answer before in a thread, as far as the words that follow it are read against it. */
export interface PreviousAnswer {
  readonly askedAt: EpochMs;
  readonly window: TimeWindow;
  readonly services: readonly string[];
  readonly modalities: readonly Modality[] | null;
  /** Every service that the answer names or ranks. */
  readonly known: readonly string[];
}

/** A question made from the one before: another window, scope or choice of telemetry. */
export interface LookAgain {
  readonly kind: "look-again";
  readonly window: TimeWindow;
  readonly carried: Carried;
}

/** What was asked about an answer in its thread: the latest in words, what was before them summed up. */
export interface ThreadHistory {
  readonly summary: string;
  readonly turns: readonly { readonly asked: string; readonly said: string }[];
}

/** What is asked in words that name nothing else. */
export type PlainFollowUp =
  | "more"
  | "thanks"
  | "confidence"
  | "first-change"
  | "rivals"
  | "next-steps"
  | "gaps"
  | "looked-at"
  | "which-trace"
  | "which-instance";

/** What is asked about an answer. All but `look-again` are answered from it, without looking at data. */
export type FollowUp =
  | { readonly kind: PlainFollowUp }
  /** `mentioned`: what the person called them, such as "the database"; no service where the answer has none such. */
  | {
      readonly kind: "why" | "why-not" | "about";
      readonly services: readonly string[];
      readonly mentioned: string;
    }
  | {
      readonly kind: "show";
      readonly what: Modality | "evidence" | "rankings";
      readonly services: readonly string[];
    }
  /** `again` is null where the answer is so fresh that another look would show the same. */
  | { readonly kind: "is-over"; readonly again: LookAgain | null }
  | LookAgain;

/** What a person says of an answer: that it was right, or not, and which service it was where they name one. */
export interface Feedback {
  readonly verdict: "confirmed" | "wrong";
  readonly service: string | null;
  /** The service that it was not, where they name that: "it was not geo". */
  readonly denied: string | null;
}

/** Which services a question is about; empty means all of them. */
export interface Scope {
  readonly services: readonly string[];
}

// ── Telemetry ───────────────────────────────────────────────────────────────────────────────────

/** A metric of one service, and of one instance of it where the source knows which. */
export interface SeriesKey {
  readonly service: string;
  readonly instance: string | null;
  readonly metric: string;
}

/** `t` ascending, epoch milliseconds; `v` of the same length, in the series' own unit, NaN = missing. */
export interface Samples {
  readonly t: Float64Array;
  readonly v: Float64Array;
}

/** What a metric tells: `symptom` (latency, errors), `workload`, or `resource` (all that causes). */
export type MetricClass = "resource" | "symptom" | "workload";

/**
 * One series, split into its reference period, the half hour before the window (which may hold other
 * incidents) and the asked window.
 */
export interface MetricSeries {
  readonly key: SeriesKey;
  readonly unit: string | null;
  readonly class: MetricClass;
  readonly stepMs: number;
  readonly reference: Samples;
  readonly before: Samples;
  readonly window: Samples;
}

/** Samples as a source gives them, before the grid and the rates; both parts as fetched. */
export interface RawSeries {
  readonly key: SeriesKey;
  readonly unit: string | null;
  readonly samples: Samples;
  /** What the source knows it to be; told by its name where it does not say. */
  readonly class?: MetricClass;
  /** A gauge is never made a rate of, whatever its name; told by name and course where it does not say. */
  readonly kind?: "gauge";
}

export interface LogLine {
  readonly t: EpochMs;
  readonly service: string;
  readonly instance: string | null;
  readonly level: string | null;
  readonly body: string;
  readonly traceId: string | null;
  readonly spanId: string | null;
}

/**
 * `status`: "ok", "error", or "unset" where the source records none. `peer`: whom a client's span calls, a
 * service or host, where the source says so; it is gone once traces are put together (inferred-peers.ts).
 */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** null for a root. A parent id that is in no span of the trace means a lost parent. */
  readonly parentId: string | null;
  readonly service: string;
  readonly instance: string | null;
  readonly operation: string;
  readonly start: EpochMs;
  readonly durationMs: number;
  readonly status: "ok" | "error" | "unset";
  readonly peer?: string;
}

/** The spans of one trace, by start, and the position of each span's parent in `spans` (-1: none found). */
export interface Trace {
  readonly traceId: string;
  readonly spans: readonly Span[];
  readonly parents: Int32Array;
  readonly start: EpochMs;
  readonly end: EpochMs;
}

/** Something that could not be seen, in words for the reply. `from` names the source, step or expert. */
export interface Gap {
  readonly from: string;
  readonly reason: "unreachable" | "missing" | "broken-rows" | "truncated" | "no-reference" | "failed";
  readonly detail: string;
}

/** Caller to callee, with how many calls were seen. */
export interface CallEdge {
  readonly caller: string;
  readonly callee: string;
  readonly calls: number;
}

export interface Topology {
  readonly services: readonly string[];
  readonly edges: readonly CallEdge[];
}

/** Normal periods a window is compared with, per modality, and where they come from. */
export interface ReferencePeriods {
  readonly metric: readonly TimeWindow[];
  readonly log: readonly TimeWindow[];
  readonly trace: readonly TimeWindow[];
  /** `declared`: named fault-free by the operator or the data. `preceding`: simply what came before. */
  readonly from: "declared" | "preceding";
}

/** All the telemetry one diagnosis works on (Filter 1). */
export interface TelemetrySlice {
  readonly window: TimeWindow;
  readonly scope: Scope;
  readonly referencePeriods: ReferencePeriods;
  readonly metrics: readonly MetricSeries[];
  readonly logs: {
    readonly reference: readonly LogLine[];
    readonly window: readonly LogLine[];
    /** A source had more lines than it may give and sampled them: what is missing says nothing. */
    readonly isSampled: boolean;
  };
  readonly traces: { readonly reference: readonly Trace[]; readonly window: readonly Trace[] };
  readonly topology: Topology;
  readonly gaps: readonly Gap[];
}

// ── Anomalies ───────────────────────────────────────────────────────────────────────────────────

interface AnomalyBase {
  /** Stable within a diagnosis: "metric-3", "trace-1", "log-2". */
  readonly id: string;
  readonly service: string;
  readonly instance: string | null;
  readonly start: EpochMs;
  /** Time of the last abnormal sample, span end or line. */
  readonly end: EpochMs;
  /** How far out, comparable within one modality; higher is worse. */
  readonly severity: number;
  /** Chance may explain it: not told by itself, but evidence for what localizers rank (detect/significance.ts). */
  readonly isSignal?: true;
}

export interface MetricAnomaly extends AnomalyBase {
  readonly modality: "metric";
  readonly key: SeriesKey;
  readonly unit: string | null;
  readonly class: MetricClass;
  readonly direction: "up" | "down";
  readonly peak: number;
  /** Median of the (at most five) samples before the start. */
  readonly previous: number;
  /** Reference statistics, in the metric's unit; `std` after the floor. */
  readonly mean: number;
  readonly std: number;
  /** (peak - mean) / std, signed. */
  readonly zPeak: number;
  /** |peak - mean| / std / 2, rounded to two digits and cut at 99.99 (the paper's printed score). */
  readonly score: number;
  readonly scoreClipped: boolean;
  /** The up to 30 samples around the anomaly that patterns are read from. */
  readonly segment: readonly number[];
  readonly detector: string;
  /** Why this detector judged the series, where it was chosen for it: words that go on after "since". */
  readonly chosenSince?: string;
}

export interface SlowNode {
  readonly service: string;
  readonly instance: string | null;
  readonly operation: string;
  readonly durationMs: number;
  readonly limitMs: number;
  readonly excessMs: number;
  /** The deepest slow span whose own time is over its limit too. */
  readonly suspect: boolean;
}

export interface TraceAnomaly extends AnomalyBase {
  readonly modality: "trace";
  /** `unclassified`: improbable as a whole, though no rule says what is wrong with it. */
  readonly kind: "structural" | "timeout" | "error" | "incomplete" | "unclassified";
  /** The example shown; `traceCount` traces have the same anomaly. */
  readonly traceId: string;
  readonly traceIds: readonly string[];
  readonly traceCount: number;
  /** Root to deepest, service names. */
  readonly callPath: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly slowNodes: readonly SlowNode[];
}

export interface LogAnomaly extends AnomalyBase {
  readonly modality: "log";
  readonly kind: "new" | "vanished" | "more" | "fewer" | "broken-sequence";
  readonly template: string;
  /** For "broken-sequence": the statement that no longer follows `template`. */
  readonly expectedNext: string | null;
  /** For "broken-sequence": the service that was called last before the break, where it is always the same. */
  readonly calleeBefore: string | null;
  /** For "broken-sequence" without spans: the service that writes nothing more while its caller goes on. */
  readonly silentCallee?: string;
  readonly level: string | null;
  readonly count: number;
  /** What the reference period lets expect in a window of this length and load. */
  readonly expected: number;
  readonly examples: readonly string[];
  /** Normal lines of the same service just before the first of these. */
  readonly context?: readonly string[];
  /** So many templates of the service changed less, and are not told; said with the last that is. */
  readonly leftOut?: number;
}

export type Anomaly = MetricAnomaly | TraceAnomaly | LogAnomaly;

/** Algorithm 1's sentence for one anomaly (paper, III-B3). */
export interface Description {
  readonly anomalyId: string;
  readonly pattern: string | null;
  /** In one line, without the service, which stands beside it. */
  readonly short: string;
  readonly text: string;
  /** With all that is known. */
  readonly full: string;
}

// ── Localization ────────────────────────────────────────────────────────────────────────────────

/** `metric` is null at service level. `score`: higher is worse, comparable within one ranking. */
export interface Candidate {
  readonly service: string;
  readonly instance: string | null;
  readonly metric: string | null;
  /** The metric shows what followed from a cause (latency, errors, load) rather than a cause. */
  readonly symptom: boolean;
  readonly score: number;
  /** Anomaly ids. */
  readonly evidence: readonly string[];
  /** Why it is here, in one sentence without times; made from numbers of the evidence. */
  readonly why: string;
  /** The silent service that its calls no longer reach: what else is wrong here may follow from that. */
  readonly waitsFor?: string | undefined;
  /** It cannot even stay up without that one: all else that is wrong here may follow, its restarts too. */
  readonly waitsWholly?: boolean | undefined;
}

export interface Ranking {
  readonly localizer: string;
  readonly level: "service" | "metric";
  /** Worst first. */
  readonly candidates: readonly Candidate[];
  /** What the localizer lacked where it ranked nothing, in a sentence for the reply. */
  readonly note?: string;
}

/** What an expert says (paper, III-C). Every sentence must be held by `evidence`. */
export interface ExpertFinding {
  readonly expert: string;
  readonly observation: string;
  readonly reasoning: string;
  readonly finalAnswer: string;
  readonly evidence: readonly string[];
}

// ── Progress ────────────────────────────────────────────────────────────────────────────────────

export const stageNames = [
  "read",
  "collect",
  "detect",
  "describe",
  "localize",
  "consult",
  "conclude",
] as const;
export type StageName = (typeof stageNames)[number];

export interface Stage {
  readonly name: StageName;
  readonly state: "started" | "done";
  /** For people, such as "1,204 log lines, 312 traces". */
  readonly detail: string;
  /** What is found by now, in a sentence or two for who waits: the answer may say otherwise. */
  readonly found?: string | undefined;
}
