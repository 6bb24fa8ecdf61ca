import { expect, it } from "vitest";
import { z } from "zod";
import type { ModelProblem } from "../../pipeline/model-call.ts";
import type { CompletionRequest, LanguageModel } from "../../pipeline/ports.ts";

export const Colour = z.strictObject({ colour: z.enum(["red", "green"]) });

export function colourRequest(parts: Partial<CompletionRequest<z.infer<typeof Colour>>> = {}) {
  return {
    role: "expert",
    purpose: "painter",
    prompt: { id: "painter", version: 1 },
    system: "Answer with a colour.",
    user: "What is the colour of grass?",
    answer: { name: "colour", schema: Colour },
    maxAnswerTokens: 50,
    thinking: false,
    priority: "person",
    seed: 7,
    ...parts,
  } satisfies CompletionRequest<z.infer<typeof Colour>>;
}

export interface Subject {
  /** A model that says this, however often it is asked. */
  saying(text: string): Promise<LanguageModel>;
  /** A model that fails, with the problem it has. */
  failing(): Promise<{ readonly model: LanguageModel; readonly problem: ModelProblem }>;
}

/** What every LanguageModel does, the fake included. */
export function languageModelContract({ saying, failing }: Subject): void {
  const { signal } = new AbortController();

  it("parses an answer by the schema", async () => {
    const model = await saying('{"colour":"green"}');

    const { output, call } = await model.complete(colourRequest(), signal);

    expect(output).toEqual({ colour: "green" });
    expect(call).toMatchObject({ purpose: "painter", prompt: { id: "painter", version: 1 }, problem: null });
    expect(call.model).toBe(model.name("expert"));
    expect(call.answer).toContain("green");
  });

  it.each([
    ["an answer of another shape", '{"colour":"blue"}', "wrong-shape"],
    ["an answer that is no JSON", "It is green, I think.", "not-json"],
  ] as const)("returns %s as a problem", async (_title, text, reason) => {
    const model = await saying(text);

    const { output, call } = await model.complete(colourRequest(), signal);

    expect(output).toBeNull();
    expect(call.problem).toMatchObject({ reason });
    expect(call.answer).toBe(text);
  });

  it("returns a failure as a problem, not as an exception", async () => {
    const { model, problem } = await failing();

    const { output, call } = await model.complete(colourRequest(), signal);

    expect(output).toBeNull();
    expect(call.problem?.reason).toBe(problem);
    expect(call.problem?.detail).not.toBe("");
  });

  it("gives the same prompt the same hash, and another prompt another", async () => {
    const model = await saying('{"colour":"green"}');

    const hashes = await Promise.all(
      [colourRequest(), colourRequest(), colourRequest({ user: "And that of blood, seen at night?" })].map(
        async (request) => (await model.complete(request, signal)).call.promptHash,
      ),
    );

    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it("throws cancelled when it is aborted", async () => {
    const model = await saying('{"colour":"green"}');

    await expect(model.complete(colourRequest(), AbortSignal.abort())).rejects.toMatchObject({
      code: "cancelled",
    });
  });
}
