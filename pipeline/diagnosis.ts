import { z } from "zod";
import { sentenceParts } from "./experts/finding.ts";
import { ModelCall } from "./model-call.ts";

/**
 * The answer to one question, as it is saved, sent through queues and printed by `ask --json`
 * (there with ISO times). This shape is a promise: add to it, rename nothing. Times are epoch
 * milliseconds; windows are half-open; confidences and scores lie between 0 and 1. Keys that came later
 * are optional: answers saved before have none.
 */

const Epoch = z.number();
const Instance = z.string().nullable();

export const Evidence = z.object({
  id: z.string(),
  modality: z.enum(["metric", "log", "trace"]),
  service: z.string(),
  instance: Instance,
  start: Epoch,
  end: Epoch,
  /** Algorithm 1's sentence; its times are in the asker's zone. */
  text: z.string(),
  /** The same in one line, and with all that is known; answers of before have neither. */
  short: z.string().optional(),
  full: z.string().optional(),
  /** The anomaly's kind: a metric's direction, "structural", "timeout", "new", "broken-sequence", … */
  kind: z.string(),
  metric: z.string().nullable(),
  pattern: z.string().nullable(),
  severity: z.number(),
  /** Chance may be behind it (detect/significance.ts): it adds to a cause and tells no moment. */
  isSignal: z.boolean().optional(),
  /** Samples a chart or sparkline is drawn from (metrics) or example trace ids and log lines. */
  values: z.array(z.number().nullable()),
  examples: z.array(z.string()),
});
export type Evidence = z.infer<typeof Evidence>;

/** Log patterns that were there all the while tell no moment at which they changed. */
export const momentlessKinds: ReadonlySet<string> = new Set(["fewer", "more", "vanished"]);

/**
 * What tells when something began: the earliest first, ties by id. Signals count only where nothing else is there,
 * since chance is not bound to begin with a fault.
 */
export function firstSigns(evidence: readonly Evidence[]): Evidence[] {
  const moments = evidence.filter(({ modality, kind }) => modality !== "log" || !momentlessKinds.has(kind));
  const events = moments.filter(({ isSignal }) => isSignal !== true);
  const telling = events.length > 0 ? events : moments;
  return [...telling].sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
}

/** What one method adds to a cause. */
export const ContributionRecord = z.object({
  localizer: z.string(),
  /** Its own score: log2(1 + robust standard deviations), 0 to about 6. */
  score: z.number(),
  /** Points of the cause's strength. */
  counted: z.number(),
  why: z.string(),
  evidence: z.array(z.string()),
});

export const Cause = z.object({
  rank: z.number().int(),
  service: z.string(),
  instance: Instance,
  confidence: z.number(),
  why: z.string(),
  evidence: z.array(z.string()),
  /** The fused score, from about 3 up for a named cause; its contributions add up to it. */
  strength: z.number().optional(),
  contributions: z.array(ContributionRecord).optional(),
});
export type Cause = z.infer<typeof Cause>;

export const MetricCause = z.object({
  rank: z.number().int(),
  service: z.string(),
  instance: Instance,
  metric: z.string(),
  score: z.number(),
  evidence: z.array(z.string()),
});
export type MetricCause = z.infer<typeof MetricCause>;

export const GapRecord = z.object({
  from: z.string(),
  reason: z.enum(["unreachable", "missing", "broken-rows", "truncated", "no-reference", "failed"]),
  detail: z.string(),
});

export const FindingRecord = z.object({
  expert: z.string(),
  observation: z.string(),
  reasoning: z.string(),
  finalAnswer: z.string(),
  evidence: z.array(z.string()),
  /** Who worded it. */
  by: z.enum(["model", "template"]).default("template"),
  /**
   * Each sentence with what it rests on: ids of `evidence`, "candidate-1" for the first of `causes`, "suspect-1"
   * for the first of `metrics`, "calls" for who calls whom.
   */
  sentences: z
    .array(
      z.object({
        part: z.enum(sentenceParts),
        text: z.string(),
        evidence: z.array(z.string()),
        /** Said by the data, or concluded from it. */
        basis: z.enum(["measured", "inferred"]),
      }),
    )
    .default([]),
  /** Sentences of the model that its evidence does not hold. */
  dropped: z.number().int().default(0),
  /** Sentences that were kept with other evidence than the model named. */
  repaired: z.number().int().default(0),
});

/** An earlier incident like this one. `likeness` 0 to 1; the diagnosis of it is saved under `questionId`. */
export const EarlierIncident = z.object({
  questionId: z.string(),
  start: Epoch,
  end: Epoch,
  service: z.string(),
  instance: Instance,
  metric: z.string().nullable(),
  why: z.string(),
  likeness: z.number(),
  /** The service that people said it was; null or left out where nobody said. */
  confirmed: z.string().nullable().optional(),
});
export type EarlierIncident = z.infer<typeof EarlierIncident>;

/** What could be seen where a question was asked; null: all. */
export const PermittedRecord = z.object({
  services: z.array(z.string()).nullable(),
  sources: z.array(z.string()).nullable(),
});
export type PermittedRecord = z.infer<typeof PermittedRecord>;

export const QuestionRecord = z.object({
  id: z.string(),
  text: z.string(),
  askedAt: Epoch,
  timeZone: z.string(),
  /** Left out: everything could be seen. */
  permitted: PermittedRecord.optional(),
});

export const Diagnosis = z.object({
  question: QuestionRecord,
  /** `asked`: the person named it when asked back. */
  window: z.object({ start: Epoch, end: Epoch, from: z.enum(["question", "default", "asked"]) }),
  scope: z.object({
    services: z.array(z.string()),
    /** The kinds of telemetry that were wished for; left out: all. */
    modalities: z.array(z.enum(["metric", "log", "trace"])).optional(),
  }),
  /** `nothing-found`: data was seen and is normal. `cannot-tell`: too little was seen to say. */
  verdict: z.enum(["found", "nothing-found", "cannot-tell"]),
  causes: z.array(Cause),
  metrics: z.array(MetricCause),
  /** How the first cause's failure spread; `path` leads from who feels it down to the cause. */
  propagation: z
    .object({
      origin: z.string(),
      path: z.array(z.string()),
      victims: z.array(
        z.object({
          service: z.string(),
          waitsFor: z.string(),
          hops: z.number().int(),
          evidence: z.array(z.string()),
        }),
      ),
    })
    .nullable()
    .optional(),
  /** Groups of causes that may belong together, ranked; more than one only where faults lie clearly apart. */
  incidents: z
    .array(z.object({ rank: z.number().int(), start: Epoch, end: Epoch, services: z.array(z.string()) }))
    .optional(),
  evidence: z.array(Evidence),
  /** Observation, Reasoning, Final Answer. */
  explanation: z.string(),
  findings: z.array(FindingRecord),
  /** What to do or look at next, and what lowers the confidence; a sentence each. */
  uncertainty: z.array(z.string()),
  gaps: z.array(GapRecord),
  /** What each localizer ranked, so that a ranking can be questioned. */
  rankings: z.array(
    z.object({
      localizer: z.string(),
      level: z.enum(["service", "metric"]),
      candidates: z.array(
        z.object({
          service: z.string(),
          instance: Instance,
          metric: z.string().nullable(),
          score: z.number(),
          /** The silent service that this one's calls no longer reach. */
          waitsFor: z.string().optional(),
          /** It cannot even stay up without that one. */
          waitsWholly: z.boolean().optional(),
          /** Whether the metric shows what followed from a cause rather than a cause. */
          symptom: z.boolean().optional(),
          /** The first of its anomalies; without any, a candidate does not count. */
          evidence: z.array(z.string()).optional(),
        }),
      ),
    }),
  ),
  /** What the first one's confidence is made of, each 0 to 1 (pipeline/fusion/confidence.ts). */
  confidenceFrom: z
    .object({
      strength: z.number(),
      lead: z.number(),
      agreement: z.number(),
      seen: z.number(),
      length: z.number().optional(),
    })
    .optional(),
  /** Factors on the methods' strengths, and the confirmed incidents that they are from; where none, all count alike. */
  fusedWith: z.object({ weights: z.record(z.string(), z.number()), incidents: z.number().int() }).optional(),
  /** How Filter 2 found the root-cause services. */
  narrowedBy: z.enum(["trace", "log", "metric", "none"]),
  /** The likest first; told by the memory of incidents when the diagnosis is saved. */
  earlier: z.array(EarlierIncident).default([]),
  /** Null where no model was asked, or nothing that it said could be used. */
  model: z.string().nullable(),
  /** Every call of the model, with its answer: what `replay` gives again. */
  modelCalls: z.array(ModelCall).default([]),
  /** Milliseconds per stage, and `total`. */
  timings: z.record(z.string(), z.number()),
  madeWith: z.object({
    version: z.string(),
    options: z.unknown(),
    sources: z.array(z.string()),
    /** The prompts that were sent, and the version of each. */
    prompts: z.record(z.string(), z.number()).default({}),
    seen: z.object({ series: z.number(), logLines: z.number(), traces: z.number(), spans: z.number() }),
    reference: z.object({
      from: z.enum(["declared", "preceding"]),
      metric: z.array(z.object({ start: Epoch, end: Epoch })),
      log: z.array(z.object({ start: Epoch, end: Epoch })),
      trace: z.array(z.object({ start: Epoch, end: Epoch })),
    }),
  }),
});
export type Diagnosis = z.infer<typeof Diagnosis>;
