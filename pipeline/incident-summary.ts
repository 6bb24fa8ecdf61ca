import { z } from "zod";
import { Cause, EarlierIncident, Evidence, GapRecord, MetricCause, QuestionRecord } from "./diagnosis.ts";
import { ModelCall } from "./model-call.ts";

/**
 * What broke in a period: the answer to "sum up last night", and what a schedule sends. Saved, sent
 * through queues and printed by `summary --json` (there with ISO times). This shape is a promise: add
 * to it, rename nothing. Times are epoch milliseconds; windows are half-open.
 */

const Epoch = z.number();
const Window = z.object({ start: Epoch, end: Epoch });

export const Incident = z.object({
  /** "incident-1" is the first of the period. */
  id: z.string(),
  /** From the first abnormal step to the end of the last one; as exact as `steps.stepMs`. */
  start: Epoch,
  end: Epoch,
  /** It had not ended when the period did. */
  ongoing: z.boolean(),
  /** The first causes of the diagnosis, most likely first. */
  causes: z.array(Cause),
  metrics: z.array(MetricCause),
  /** What these causes and metrics rest on. */
  evidence: z.array(Evidence),
  /** The whole diagnosis is saved under this question id. */
  diagnosisId: z.string(),
  /** Incidents of the period before that began in the same service. */
  before: z.number().int(),
  /** Incidents like it that were diagnosed before, the likest first, and what people said of them. */
  earlier: z.array(EarlierIncident).default([]),
});
export type Incident = z.infer<typeof Incident>;

/** A service in which incidents of this period or the one before began. */
export const Recurrence = z.object({
  service: z.string(),
  now: z.number().int(),
  before: z.number().int(),
});
export type Recurrence = z.infer<typeof Recurrence>;

export const IncidentSummary = z.object({
  question: QuestionRecord,
  period: Window.extend({ from: z.enum(["question", "default", "asked"]) }),
  scope: z.object({ services: z.array(z.string()) }),
  /** In order of their start. */
  incidents: z.array(Incident),
  /** The period of equal length before this one; null where there is no telemetry of it. */
  comparedWith: Window.extend({ incidents: z.number().int(), abnormalMs: z.number() }).nullable(),
  /** Services by how often they broke, most often first; with `before` but not `now`, they held this time. */
  recurrences: z.array(Recurrence),
  /** How finely the period was looked at, and which parts of it could not be seen. */
  steps: z.object({ count: z.number().int(), stepMs: z.number(), unseen: z.array(Window) }),
  gaps: z.array(GapRecord),
  uncertainty: z.array(z.string()),
  /** What the model was asked to read the question; the incidents are told without it. */
  modelCalls: z.array(ModelCall).default([]),
  timings: z.record(z.string(), z.number()),
  madeWith: z.object({ version: z.string(), options: z.unknown(), sources: z.array(z.string()) }),
});
export type IncidentSummary = z.infer<typeof IncidentSummary>;
