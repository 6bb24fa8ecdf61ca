import { describe, expect, it } from "vitest";
import { explainCalls } from "../../../bot/explain-calls.ts";
import type { ModelCall } from "../../../pipeline/model-call.ts";
import { geoDiagnosis } from "../../fakes/geo-diagnosis.ts";

function call(parts: Partial<ModelCall>): ModelCall {
  return {
    purpose: "question reading",
    prompt: { id: "question", version: 1 },
    promptHash: "0123456789abcdef0123456789abcdef",
    promptCharacters: { system: 3_000, user: 200 },
    model: "qwen3-1.7b",
    parameters: { temperature: 0.7, seed: 7 },
    promptTokens: 812,
    answerTokens: 40,
    cachedTokens: 600,
    durationMs: 420,
    waitedMs: 0,
    firstWordMs: 90,
    attempts: 1,
    answer: '{"intent": "diagnose",\n "services": ["geo"]}',
    problem: null,
    ...parts,
  };
}

describe("explainCalls", () => {
  it("says of the call that read the question what was asked, what it cost and what was answered", () => {
    const lines = explainCalls({ ...geoDiagnosis(), modelCalls: [call({})] });

    expect(lines).toEqual([
      "What the language model was asked",
      "  question reading: prompt question version 1, sha256 0123456789ab…, of qwen3-1.7b with temperature 0.7, seed 7",
      "      812 prompt and 40 answer tokens (600 cached), 0.4 s, 1 request",
      '      {"intent": "diagnose", "services": ["geo"]}',
    ]);
  });

  it("gives no answer of an expert twice, and says why one was not used", () => {
    const diagnosis = geoDiagnosis();
    const expert = diagnosis.findings[0]?.expert ?? "";
    const problem = { reason: "cut-off", detail: "The answer of qwen3 broke off." } as const;

    const lines = explainCalls({ ...diagnosis, modelCalls: [call({ purpose: expert, problem })] });

    expect(lines.slice(3)).toEqual(["      not used: The answer of qwen3 broke off."]);
  });

  it("says where no model was asked", () => {
    expect(explainCalls(geoDiagnosis())).toEqual(["No language model was asked."]);
  });
});
