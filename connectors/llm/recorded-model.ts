import { type ModelCall, readingPurpose, unansweredCall } from "../../pipeline/model-call.ts";
import type { CompletionRequest, LanguageModel } from "../../pipeline/ports.ts";
import { cancelled } from "./gate.ts";
import { completion, promptHash } from "./language-model.ts";

/**
 * A language model that gives the answers of a saved diagnosis again: the same prompt, the same answer. What
 * was never asked is a problem, and no answer: the prompt has changed since.
 */
export function recordedModel(calls: readonly ModelCall[]): LanguageModel {
  const find = finder(calls);
  return {
    name: (role) =>
      calls.find(({ purpose }) => (purpose === readingPurpose) === (role === "question"))?.model ??
      "recorded",
    async complete(request, signal) {
      if (signal.aborted) throw cancelled();
      const { purpose, prompt } = request;
      const call = find(request);
      if (call !== undefined) return completion(request, call);
      const promptCharacters = { system: request.system.length, user: request.user.length };
      return completion(request, {
        purpose,
        prompt,
        promptHash: promptHash(request),
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

/** Gives the answers that are there already, and asks the model for all others. */
export function recordedFirst(calls: readonly ModelCall[], model: LanguageModel): LanguageModel {
  const find = finder(calls);
  return {
    name: (role) => model.name(role),
    async complete(request, signal) {
      const call = find(request);
      return call === undefined ? model.complete(request, signal) : completion(request, call);
    },
  };
}

/** Finds each call once: who asks the same again wants the next answer. */
function finder(calls: readonly ModelCall[]): (request: CompletionRequest<unknown>) => ModelCall | undefined {
  const left = [...calls];
  return (request) => {
    const hash = promptHash(request);
    const index = left.findIndex(
      ({ promptHash: known, purpose }) => known === hash && purpose === request.purpose,
    );
    return index < 0 ? undefined : left.splice(index, 1)[0];
  };
}
