import { z } from "zod";
import { ModelCost } from "./model-cost.ts";
import { perturbationNames } from "./perturb.ts";

/**
 * All that the pipeline is told of a labelled case. Nothing else crosses into the process that
 * diagnoses: labels, fault windows and what was measured for them stay with the scorer.
 */
export const PipelineInput = z.strictObject({
  text: z.string(),
  askedAt: z.number(),
  timeZone: z.string(),
  source: z.strictObject({ type: z.literal("files"), path: z.string() }),
  /** Diagnosed again in these harder forms, in the same process. */
  perturbations: z.array(z.enum(perturbationNames)).default([]),
  /** The language model to ask; templates speak without one. */
  model: z.strictObject({ url: z.string(), name: z.string() }).optional(),
});
export type PipelineInput = z.input<typeof PipelineInput>;

const MetricName = z.object({ service: z.string(), metric: z.string() });

/** What scoring needs of a diagnosis. Rankings are worst first and name nothing twice. */
export const CaseAnswer = z.object({
  verdict: z.string(),
  window: z.object({ start: z.number(), end: z.number(), from: z.string() }),
  /** Whether the normal period was declared by the data, or is what came before the window. */
  reference: z.enum(["declared", "preceding"]),
  services: z.array(z.string()),
  instances: z.array(z.string()),
  metrics: z.array(MetricName),
  /** Of the first cause; null where none is named. */
  confidence: z.number().nullable(),
  confidenceFrom: z
    .object({
      strength: z.number(),
      lead: z.number(),
      agreement: z.number(),
      seen: z.number(),
      length: z.number(),
    })
    .nullable(),
  /** Each localizer alone, its first twenty, as the diagnosis keeps them. */
  rankings: z.array(
    z.object({
      localizer: z.string(),
      level: z.enum(["service", "metric"]),
      candidates: z.array(
        z.object({
          service: z.string(),
          instance: z.string().nullable(),
          metric: z.string().nullable(),
          score: z.number(),
          symptom: z.boolean().optional(),
          waitsFor: z.string().optional(),
          waitsWholly: z.boolean().optional(),
          evidence: z.array(z.string()).optional(),
        }),
      ),
    }),
  ),
  /** What a random ranking would draw from: the inventory's services, and how many series were seen. */
  known: z.object({ services: z.array(z.string()), instances: z.number(), series: z.number() }),
  /** What the language model was asked and cost; null where none was asked. */
  model: ModelCost.nullable().default(null),
  /** Milliseconds per stage. */
  stages: z.record(z.string(), z.number()),
});
export type CaseAnswer = z.infer<typeof CaseAnswer>;

/** `answer` is null exactly when `error` is not. Seconds and megabytes (10^6 bytes) of the process. */
export const CaseRun = z.object({
  seconds: z.number().nullable(),
  peakMb: z.number().nullable(),
  answer: CaseAnswer.nullable(),
  error: z.string().nullable(),
  /** The same case in harder forms. */
  perturbed: z
    .array(
      z.object({
        name: z.enum(perturbationNames),
        answer: CaseAnswer.nullable(),
        error: z.string().nullable(),
      }),
    )
    .default([]),
});
export type CaseRun = z.infer<typeof CaseRun>;
