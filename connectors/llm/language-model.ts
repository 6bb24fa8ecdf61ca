import { createHash } from "node:crypto";
import { z } from "zod";
import type { Chat } from "../../jobs/chat.ts";
import type { ModelCall, ModelProblem } from "../../pipeline/model-call.ts";
import type { Completion, CompletionRequest, LanguageModel, ModelRole } from "../../pipeline/ports.ts";
import { readAnswer } from "./read-answer.ts";

/** The pipeline's language model over a way to reach one: asks by JSON Schema, parses by the zod schema. */
export function languageModel(chat: Chat, names: Readonly<Record<ModelRole, string>>): LanguageModel {
  return {
    name: (role) => names[role],
    async complete(request, signal) {
      const { role, system, user, answer, maxAnswerTokens, thinking, priority, seed } = request;
      const schema = jsonSchemaOf(answer.schema);
      const reply = await chat(
        {
          role,
          system,
          user,
          answer: { name: answer.name, schema },
          maxAnswerTokens,
          thinking,
          priority,
          seed,
        },
        signal,
      );
      const { purpose, prompt } = request;
      const promptCharacters = { system: system.length, user: user.length };
      return completion(request, {
        purpose,
        prompt,
        promptHash: promptHash(request),
        promptCharacters,
        ...reply,
      });
    },
  };
}

const asJsonSchema = (schema: z.ZodType) => z.toJSONSchema(schema);
type JsonSchema = ReturnType<typeof asJsonSchema>;
const jsonSchemas = new WeakMap<z.ZodType, JsonSchema>();

/** The few schemas there are, each made once. */
function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const known = jsonSchemas.get(schema) ?? asJsonSchema(schema);
  jsonSchemas.set(schema, known);
  return known;
}

/** What a recorded answer is found again by. */
export function promptHash({
  system,
  user,
  answer,
}: Pick<CompletionRequest<unknown>, "system" | "user" | "answer">): string {
  const read = JSON.stringify([system, user, jsonSchemaOf(answer.schema)]);
  return createHash("sha256").update(read).digest("hex");
}

/** Reads a call's answer as what was asked for. */
export function completion<Output>(
  { answer }: Pick<CompletionRequest<Output>, "answer">,
  call: ModelCall,
): Completion<Output> {
  const wrong = (reason: ModelProblem, detail: string): Completion<Output> => ({
    output: null,
    call: { ...call, problem: { reason, detail } },
  });
  if (call.problem !== null) return { output: null, call: { ...call, problem: call.problem } };
  if (call.answer.trim() === "") return wrong("empty", "The model answered with nothing.");
  const json = readAnswer(call.answer);
  if (json === undefined) return wrong("not-json", "The model's answer holds no whole JSON object.");
  const parsed = answer.schema.safeParse(json);
  if (parsed.success) return { output: parsed.data, call: { ...call, problem: null } };
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: "it does not fit" };
  return wrong(
    "wrong-shape",
    `The model's answer has another shape than asked: ${path.join(".")} ${message}.`,
  );
}
