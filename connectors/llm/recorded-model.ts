import { type ModelCall, unansweredCall } from "../../pipeline/model-call.ts";
import type { LanguageModel } from "../../pipeline/ports.ts";
import { cancelled } from "./gate.ts";
import { completion, promptHash } from "./language-model.ts";

/**
 * A language model that gives the answers of a saved diagnosis again: the same prompt, the same answer. What
 * was never asked is a problem, and no answer: the prompt has changed since.
 */
export function recordedModel(calls: readonly ModelCall[]): LanguageModel {
  const left = [...calls];
  return {
    name: () => calls[0]?.model ?? "recorded",
    async complete(request, signal) {
      if (signal.aborted) throw cancelled();
      const { purpose, prompt } = request;
      const hash = promptHash(request);
      const index = left.findIndex((call) => call.promptHash === hash && call.purpose === purpose);
      const [call] = index < 0 ? [] : left.splice(index, 1);
      if (call !== undefined) return completion(request, call);
      const promptCharacters = { system: request.system.length, user: request.user.length };
      return completion(request, {
        purpose,
        prompt,
        promptHash: hash,
        promptCharacters,
        model: "recorded",
        ...unansweredCall,
        problem: {
          reason: "unavailable",
          detail: `No answer is recorded for what the ${purpose} asks now.`,
        },
      });
    },
  };
}
