import { createHash } from "node:crypto";
import { z } from "zod";
import { asBotError } from "../pipeline/errors.ts";
import { stageNames } from "../pipeline/types.ts";

/**
 * What the queue carries: the question itself was saved first, under its id. `task` is what is made of
 * it; jobs of a version before there were summaries have none.
 */
export const DiagnoseJob = z.object({
  questionId: z.string(),
  task: z.enum(["diagnose", "summarize"]).default("diagnose"),
});
export type DiagnoseJob = z.infer<typeof DiagnoseJob>;

export const jobName = "diagnose";

/**
 * The stages so far, all of them each time: whoever looks late, or lost an event, has missed nothing.
 * A new attempt starts a new list.
 */
export const JobProgress = z.object({
  attempt: z.number().int(),
  stages: z.array(
    z.object({
      name: z.enum(stageNames),
      state: z.enum(["started", "done"]),
      detail: z.string(),
      found: z.string().optional(),
    }),
  ),
});
export type JobProgress = z.infer<typeof JobProgress>;

/** Why a job failed, as the queue keeps it: in the text of an error. `code` is null for a bug. */
const JobFailure = z.object({ code: z.string().nullable(), message: z.string() });

export function writeFailure(error: unknown): string {
  const known = asBotError(error);
  const message = error instanceof Error ? error.message : String(error);
  return JSON.stringify({ code: known?.code ?? null, message } satisfies z.infer<typeof JobFailure>);
}

/** The error behind a failed job; text that is not ours (BullMQ's own, on a stalled job) becomes a plain Error. */
export function readFailure(text: string): Error {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return new Error(text);
  }
  const failure = JobFailure.safeParse(raw);
  if (!failure.success) return new Error(text);
  return asBotError(failure.data) ?? new Error(failure.data.message);
}

/** The same question from the same surface is the same job, however often it is delivered. No ":": BullMQ's own. */
export function diagnoseJobId(surface: string, questionId: string): string {
  const hash = createHash("sha256").update(questionId).digest("hex").slice(0, 32);
  return `${surface.replaceAll(":", "-")}-${hash}`;
}
