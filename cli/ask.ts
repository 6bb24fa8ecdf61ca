import { diagnosisJson } from "../bot/diagnosis-json.ts";
import { explain } from "../bot/explain.ts";
import { explainCalls } from "../bot/explain-calls.ts";
import { explainSentences } from "../bot/explain-sentences.ts";
import { plainText } from "../bot/plain-text.ts";
import { summaryJson } from "../bot/summary-json.ts";
import { BotError } from "../pipeline/errors.ts";
import { askedAt, configWith, type QuestionOptions, requireSources } from "./question-options.ts";
import { exitCodeOf, exitCodes, printJson, printLine, type Shell } from "./shell.ts";
import { type Talk, talking } from "./talk.ts";

export interface AskOptions extends QuestionOptions {
  readonly details?: boolean | undefined;
  /** Why the first cause is first and the second is not, and what each sentence rests on, after the answer. */
  readonly explain?: boolean | undefined;
}

/** Answers one question; on a terminal it may ask back for the time first. Returns the exit code. */
export async function ask(text: string, options: AskOptions, shell: Shell): Promise<number> {
  const config = configWith(options);
  requireSources(config);
  const at = askedAt(options.now, config.timeZone, shell.now);
  const json = options.json === true;
  return talking(
    {
      config,
      answers: json ? "quiet" : "print",
      depth: options.details === true ? "deep" : "short",
      hint: "ask with --details to see all of it.",
      now: () => at,
    },
    shell,
    (talk) => answered(text, talk, options, shell),
  );
}

async function answered(text: string, talk: Talk, options: AskOptions, shell: Shell): Promise<number> {
  const { surface, hear } = talk;
  let outcome = await hear(surface.message(text), shell.signal);
  if (outcome.kind === "asked-back") {
    await surface.start(async (message) => {
      outcome = await hear(message, shell.signal);
      if (outcome.kind !== "asked-back") await surface.stop();
    });
  }
  switch (outcome.kind) {
    case "answered":
      if (options.json === true) printJson(shell, diagnosisJson(outcome.diagnosis));
      else if (options.explain === true) {
        const { diagnosis } = outcome;
        const parts = [explain(diagnosis), explainSentences(diagnosis), explainCalls(diagnosis)];
        const lines = parts.flatMap((part) => ["", ...part]);
        for (const line of lines) printLine(shell, plainText(line));
      }
      return exitCodes.answered;
    case "summarized":
      if (options.json === true) printJson(shell, summaryJson(outcome.summary));
      return exitCodes.answered;
    case "queued":
    case "ignored":
      throw new Error("At the terminal whoever asked waits for the answer.");
    case "asked-back":
      // The input ended, or was interrupted, before a time was named.
      return exitCodes.interrupted;
    case "told":
      if (options.json === true) {
        throw new BotError(
          "question-invalid",
          "This is no question about a failure. Ask what broke, where and when.",
        );
      }
      return outcome.intent === "help" ? exitCodes.answered : exitCodes.unusable;
    case "failed":
      if (options.json === true) {
        printJson(shell, { error: { code: outcome.error.code, message: outcome.error.message } });
      }
      return exitCodeOf(outcome.error.code);
  }
}
