import { z } from "zod";
import { logDetectors, metricDetectors, traceDetectors } from "./detect/index.ts";
import { FusionOptions } from "./fusion/fuse.ts";
import { localizers } from "./localize/index.ts";
import { RedactionOptions } from "./redact/redactor.ts";

const minute = 60_000;

function keysOf<Key extends string>(registry: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(registry) as Key[];
}

/**
 * Every choice of the method is a value here, so that an ablation is another value and `madeWith`
 * can say what made an answer. Names come from the registries: an unknown one fails at start.
 */
export const PipelineOptions = z.strictObject({
  /** Taken when a time is meant but cannot be told, and where nobody can be asked (paper, III-B1). */
  defaultWindowMs: z
    .number()
    .int()
    .positive()
    .default(360 * minute),
  /** The longest window a question may ask about. */
  longestWindowMs: z
    .number()
    .int()
    .positive()
    .default(31 * 24 * 60 * minute),
  /** How far before the window the reference period reaches where none is declared. */
  referenceMs: z
    .number()
    .int()
    .positive()
    .default(120 * minute),
  /** What has not answered then is left out of the answer, and said; sources have three fifths of it. */
  timeBudgetMs: z
    .number()
    .int()
    .min(1_000)
    .max(24 * 60 * minute)
    .default(5 * minute),
  detectors: z
    .strictObject({
      metric: z
        .array(z.enum(keysOf(metricDetectors)))
        .default(["three-sigma", "robust-spread", "lost-requests"]),
      trace: z
        .array(z.enum(keysOf(traceDetectors)))
        .default(["trace-rules", "call-delays", "repeated-calls"]),
      log: z
        .array(z.enum(keysOf(logDetectors)))
        .default(["log-templates", "broken-sequences", "ended-services"]),
      /** Metrics that one detector alone judges; of several entries that fit, the first counts. */
      perMetric: z
        .array(
          z.strictObject({
            /** A metric's name; `*` stands for any characters. */
            metric: z.string().min(1),
            /** A service's name, likewise; every service where it is left out. */
            service: z.string().min(1).optional(),
            detector: z.enum(keysOf(metricDetectors)),
          }),
        )
        .default([]),
    })
    .prefault({}),
  /** Those whose votes make the ranking better (docs/localization.md has what each is worth). */
  localizers: z
    .array(z.enum(keysOf(localizers)))
    .default([
      "simple-rca",
      "robust-scorer",
      "trace-spectrum",
      "edge-delay",
      "event-pairs",
      "failure-origin",
      "repeated-calls",
      "call-graph",
      "lost-callees",
      "error-lines",
    ]),
  fusion: FusionOptions.prefault({}),
  /** Budgets of one fetch; what is beyond them is sampled and said. */
  limits: z
    .strictObject({
      metricSamples: z.number().int().positive().default(5_000_000),
      logLines: z.number().int().positive().default(400_000),
      spans: z.number().int().positive().default(600_000),
    })
    .prefault({}),
  /** What is hidden from models and people besides what always is, and whether answers show it again. */
  redaction: RedactionOptions.prefault({}),
  /** What one diagnosis may spend on the language model, retries included. */
  experts: z
    .strictObject({
      promptBudget: z.number().int().positive().default(24_000),
      answerBudget: z.number().int().positive().default(2_500),
      /** After this no further call is begun. */
      timeMs: z.number().int().positive().default(120_000),
    })
    .prefault({}),
  seed: z.number().int().default(7),
});
export type PipelineOptions = z.infer<typeof PipelineOptions>;
