import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { askProcess } from "../jobs/ask-process.ts";
import { BotError } from "../pipeline/errors.ts";
import { CaseRun } from "./case-message.ts";

export interface RunCaseOptions {
  /** The program of the case's process; a compiled file, since Node runs no TypeScript. */
  readonly entry: string;
  /** A case that takes longer is stopped and counts as failed. */
  readonly limitMs: number;
}

const defaults: RunCaseOptions = {
  entry: fileURLToPath(new URL("./one-case.js", import.meta.url)),
  limitMs: 600_000,
};

/**
 * Diagnoses one case in a process of its own, so that its seconds and its peak memory are its own and
 * nothing is warm from the case before. What goes wrong in there is an `error`, never an exception.
 *
 * Throws: BotError "cancelled" when aborted; the process has ended by then.
 */
export async function runCase(
  input: object,
  signal: AbortSignal,
  options: RunCaseOptions = defaults,
): Promise<CaseRun> {
  if (signal.aborted) throw stopped();
  const started = performance.now();
  const { reply, how, words, isLate } = await askProcess(options.entry, input, signal, options);
  if (signal.aborted) throw stopped();

  const read = CaseRun.safeParse(reply);
  if (read.success) return read.data;
  const seconds = (performance.now() - started) / 1000;
  const error = isLate
    ? `No answer within ${options.limitMs / 1000} s; the process was stopped.`
    : `The process of this case ended without an answer (${how}).\n${words}`.trim();
  return { seconds, peakMb: null, answer: null, error, perturbed: [] };
}

function stopped(): BotError {
  return new BotError(
    "cancelled",
    "The bench was stopped before all cases were diagnosed; nothing was written.",
  );
}
