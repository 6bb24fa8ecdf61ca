import { z } from "zod";

/**
 * What the models must answer, by the id that a prompt's front matter names. Every text and list is
 * bounded: servers that decode by a schema stop a model that repeats itself. No `optional`, `record`,
 * `date` or `transform`: not every server knows what JSON Schema makes of them.
 */

/** A sentence and the ids of the evidence it rests on, such as "metric-3". */
export const Sentence = z.strictObject({
  text: z.string().min(1).max(500),
  evidence: z.array(z.string().max(40)).max(8),
});
export type Sentence = z.infer<typeof Sentence>;

/** What an expert for one kind of telemetry says (paper, III-C). */
export const ExpertAnswer = z.strictObject({
  observation: z.array(Sentence).max(8),
  reasoning: z.array(Sentence).max(8),
  finalAnswer: z.array(Sentence).max(3),
  /** Its telemetry shows no cause. */
  inconclusive: z.boolean(),
});
export type ExpertAnswer = z.infer<typeof ExpertAnswer>;

/** What the failure localization expert concludes. */
export const LocalizationAnswer = z.strictObject({
  observation: z.array(Sentence).max(8),
  reasoning: z.array(Sentence).max(8),
  finalAnswer: z.array(Sentence).max(3),
  /** The ids of the candidates it holds for causes, likeliest first: "candidate-1". */
  causes: z.array(z.string().max(40)).max(5),
  propagation: z.array(Sentence).max(4),
  wouldConfirm: z.array(Sentence).max(3),
  tryFirst: z.array(Sentence).max(3),
  uncertainty: z.array(Sentence).max(3),
  inconclusive: z.boolean(),
});
export type LocalizationAnswer = z.infer<typeof LocalizationAnswer>;

/** The services whose logs point at a cause, likeliest first (Filter 2 without traces; paper, III-A). */
export const LogFilterAnswer = z.strictObject({
  services: z
    .array(z.strictObject({ service: z.string().max(200), evidence: z.array(z.string().max(40)).max(5) }))
    .max(3),
});
export type LogFilterAnswer = z.infer<typeof LogFilterAnswer>;

/** What a text asks for, where the grammar could not tell. Times are ISO 8601 with an offset. */
export const QuestionAnswer = z.strictObject({
  intent: z.enum(["diagnose", "summary", "schedule", "help", "none"]),
  window: z.strictObject({ start: z.string().max(40), end: z.string().max(40) }).nullable(),
  /** The words of the text that name the time, copied; empty where none do. */
  timeWords: z.string().max(200),
  services: z.array(z.string().max(200)).max(10),
  modalities: z.array(z.enum(["metric", "log", "trace"])).max(3),
});
export type QuestionAnswer = z.infer<typeof QuestionAnswer>;

/** What a person asked about an answer: the short answer first, then why. */
export const FollowUpAnswer = z.strictObject({ answer: z.array(Sentence).min(1).max(6) });
export type FollowUpAnswer = z.infer<typeof FollowUpAnswer>;

/** What was asked and answered in a thread, a sentence each. */
export const ThreadSummaryAnswer = z.strictObject({ summary: z.array(z.string().min(1).max(200)).max(4) });
export type ThreadSummaryAnswer = z.infer<typeof ThreadSummaryAnswer>;

export const answerSchemas = {
  expert: ExpertAnswer,
  localization: LocalizationAnswer,
  "log-filter": LogFilterAnswer,
  question: QuestionAnswer,
  "follow-up": FollowUpAnswer,
  "thread-summary": ThreadSummaryAnswer,
} as const;
export type AnswerSchemaId = keyof typeof answerSchemas;
