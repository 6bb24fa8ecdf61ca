import type { PromptLibrary } from "../../prompts/prompt-schema.ts";
import type { ModelCall } from "../model-call.ts";
import type { LanguageModel } from "../ports.ts";
import type { EpochMs } from "../types.ts";

import { tokensOf } from "./tokens.ts";

/** What one diagnosis may spend on the language model. */
export interface ExpertBudget {
  readonly promptBudget: number;
  readonly answerBudget: number;
  /** After this no further call is begun; one that runs has a limit of its own. */
  readonly timeMs: number;
}

/** What experts ask the model with, and what they have spent. One per diagnosis. */
export interface Desk {
  readonly model: LanguageModel;
  readonly prompts: PromptLibrary;
  readonly priority: "person" | "schedule";
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Every call so far, in the order they ended. */
  readonly calls: readonly ModelCall[];
  /** Why no further call of such a size may be made; null where it may. Counts it as spent until it is kept. */
  take(promptTokens: number, answerTokens: number): string | null;
  /** Puts what a call really cost in the place of what was taken for it. */
  keep(call: ModelCall, promptTokens: number, answerTokens: number): void;
}

export function openDesk(
  parts: Pick<Desk, "model" | "prompts" | "priority" | "seed" | "signal">,
  budget: ExpertBudget,
  stopwatch: () => EpochMs,
): Desk {
  const calls: ModelCall[] = [];
  const begun = stopwatch();
  let promptTokens = 0;
  let answerTokens = 0;
  return {
    ...parts,
    calls,
    take(prompt, answer) {
      if (calls.some(({ problem }) => problem?.reason === "unavailable")) {
        return calls.find(({ problem }) => problem?.reason === "unavailable")?.problem?.detail ?? "";
      }
      if (stopwatch() - begun > budget.timeMs) {
        return `The language model had used up its ${budget.timeMs / 1_000} s for one answer.`;
      }
      if (promptTokens + prompt > budget.promptBudget || answerTokens + answer > budget.answerBudget) {
        return `The language model had used up its ${budget.promptBudget} prompt and ${budget.answerBudget} answer tokens for one answer.`;
      }
      promptTokens += prompt;
      answerTokens += answer;
      return null;
    },
    keep(call, prompt, answer) {
      calls.push(call);
      // A call that failed before its first word is not charged: its cost is time, which has a limit of its own.
      promptTokens += (call.promptTokens ?? (call.answer === "" ? 0 : prompt)) - prompt;
      answerTokens += (call.answerTokens ?? tokensOf(call.answer)) - answer;
    },
  };
}
