import { z } from "zod";

/** Why a model's answer cannot be used. The list is closed: a new one needs words for the reader. */
export const modelProblems = [
  "unavailable",
  "too-slow",
  "refused",
  "cut-off",
  "empty",
  "not-json",
  "wrong-shape",
] as const;
export type ModelProblem = (typeof modelProblems)[number];

/** By which the calls for reading a question are told from those of experts. */
export const readingPurpose = "question reading";

/**
 * What is kept of one call, whatever came of it: enough to say what was asked of whom and what it cost,
 * and to give the same answer again. It is saved with the diagnosis; the prompt itself is not, since it
 * can be made again from the case.
 */
export const ModelCall = z.object({
  /** Who asked: "trace expert". */
  purpose: z.string(),
  prompt: z.object({ id: z.string(), version: z.number().int() }),
  /** SHA-256 of all that was sent for the model to read, in hex. */
  promptHash: z.string(),
  /** Of what is the same for every case, and of the case. */
  promptCharacters: z
    .object({ system: z.number().int(), user: z.number().int() })
    .default({ system: 0, user: 0 }),
  model: z.string(),
  /** What the server was told beside the prompt: temperature, seed, … */
  parameters: z.record(z.string(), z.unknown()),
  /** As the server counts, or null where it does not say. */
  promptTokens: z.number().int().nullable(),
  answerTokens: z.number().int().nullable(),
  /** The part of `promptTokens` that its prefix cache had. */
  cachedTokens: z.number().int().nullable(),
  /** From asking to the last word, waiting in line and retries included. */
  durationMs: z.number(),
  /** Waiting in line for the model, in `durationMs`. */
  waitedMs: z.number(),
  /** To the first word of the answer that was taken; null where none came. */
  firstWordMs: z.number().nullable(),
  /** Requests that were sent; more than one after "try later" answers and lost connections. */
  attempts: z.number().int(),
  /** As the model gave it. */
  answer: z.string(),
  problem: z.object({ reason: z.enum(modelProblems), detail: z.string() }).nullable(),
});
export type ModelCall = z.infer<typeof ModelCall>;

/** What a call cost and gave that never reached a model. */
export const unansweredCall = {
  parameters: {},
  promptTokens: null,
  answerTokens: null,
  cachedTokens: null,
  durationMs: 0,
  waitedMs: 0,
  firstWordMs: null,
  attempts: 0,
  answer: "",
} satisfies Partial<ModelCall>;
