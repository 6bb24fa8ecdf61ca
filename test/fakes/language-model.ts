import { BotError } from "../../pipeline/errors.ts";
import type { ModelCall, ModelProblem } from "../../pipeline/model-call.ts";
import type { CompletionRequest, LanguageModel } from "../../pipeline/ports.ts";

export type AnyRequest = CompletionRequest<unknown>;

/** What the fake says: a value is given as its JSON, a text as it stands, a problem as that problem. */
export type FakeAnswer = string | object | { readonly problem: ModelProblem };

/**
 * A language model that answers what `answer` says, at once, and keeps what it was asked. Held to the same
 * contract as the client of real servers.
 */
export function fakeModel(
  answer: (request: AnyRequest) => FakeAnswer,
): LanguageModel & { readonly requests: readonly AnyRequest[] } {
  const requests: AnyRequest[] = [];
  return {
    requests,
    name: () => "fake",
    async complete(request, signal) {
      if (signal.aborted) throw new BotError("cancelled", "The diagnosis was stopped.");
      requests.push(request);
      const said = answer(request);
      const failed = typeof said === "object" && "problem" in said ? said.problem : null;
      const text = typeof said === "string" ? said : JSON.stringify(said);
      const call = { ...emptyCall(request), answer: failed === null ? text : "" };
      const wrong = (reason: ModelProblem) => ({
        output: null,
        call: { ...call, problem: { reason, detail: `The fake model was told to be ${reason}.` } },
      });
      if (failed !== null) return wrong(failed);
      const json = readJson(text);
      if (json === undefined) return wrong("not-json");
      const parsed = request.answer.schema.safeParse(json);
      return parsed.success
        ? { output: parsed.data, call: { ...call, problem: null } }
        : wrong("wrong-shape");
    },
  };
}

function emptyCall({ purpose, prompt, system, user }: AnyRequest): Omit<ModelCall, "problem"> {
  return {
    purpose,
    prompt,
    promptHash: `${system.length}-${user.length}`,
    promptCharacters: { system: system.length, user: user.length },
    model: "fake",
    parameters: {},
    promptTokens: Math.ceil((system.length + user.length) / 4),
    answerTokens: 1,
    cachedTokens: null,
    durationMs: 0,
    waitedMs: 0,
    firstWordMs: 0,
    attempts: 1,
    answer: "",
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
