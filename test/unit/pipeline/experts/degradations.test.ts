import { describe, expect, it } from "vitest";
import { honestAnswer } from "../../../../bench/reliability/honest-answer.ts";
import { localGate } from "../../../../connectors/llm/gate.ts";
import { languageModel } from "../../../../connectors/llm/language-model.ts";
import { ModelOptions, serverOf } from "../../../../connectors/llm/model-options.ts";
import { openaiCompatible } from "../../../../connectors/llm/openai-compatible.ts";
import { loadPrompts } from "../../../../connectors/prompts/prompt-files.ts";
import { openDesk } from "../../../../pipeline/experts/desk.ts";
import { consult } from "../../../../pipeline/experts/index.ts";
import { PipelineOptions } from "../../../../pipeline/options.ts";
import { geoCase } from "../../../fakes/geo-case.ts";
import {
  type HeardRequest,
  honestText,
  promptIdOf,
  type Saying,
  startModelServer,
} from "../../../support/model-server.ts";

const prompts = await loadPrompts();
const { experts } = PipelineOptions.parse({});

/** The experts' findings with a model over HTTP that says this to everyone. */
async function consulted(
  say: (request: HeardRequest) => Saying,
  { isDown = false, timeoutMs = 10_000 } = {},
) {
  const server = await startModelServer({ say });
  if (isDown) await server.stop();
  const parsed = ModelOptions.parse({ url: server.url, name: "qwen3", retries: 1, timeoutMs });
  const options = serverOf(parsed, "expert");
  const { chat } = openaiCompatible(options, null, localGate(4));
  const model = languageModel(chat, { question: "qwen3", expert: "qwen3" });
  const { signal } = new AbortController();
  const desk = openDesk({ model, prompts, priority: "person", seed: 7, signal }, experts, () => 0);
  const consultation = await consult(geoCase(), desk);
  return { ...consultation, calls: desk.calls, heard: server.heard };
}

const answerOf = (sentences: readonly string[]) => {
  const said = sentences.map((text) => ({ text, evidence: ["log-1", "metric-1"] }));
  const half = Math.ceil(said.length / 2);
  return { observation: said.slice(0, half), reasoning: said.slice(half), finalAnswer: said.slice(0, 1) };
};

const toAll = (request: HeardRequest, sentences: readonly string[]) =>
  JSON.stringify({
    ...honestAnswer(promptIdOf(request), request.body.messages[1]?.content ?? ""),
    ...answerOf(sentences),
  });

const german = [
  "Der Dienst geo hat die meisten Fehler gemeldet, deshalb liegt die Ursache vermutlich bei ihm.",
  "Die Auslastung des Prozessors stieg deutlich, nachdem der Dienst mehrfach neu gestartet wurde.",
];
const invented = [
  "The payment service ran out of disk.",
  "The cpu_usage of geo rose to 99.7 percent.",
  "The trace deadbeef00112233 failed.",
  'The logs say "out of memory".',
];

describe("a poor model", () => {
  it.each<[string, (request: HeardRequest) => Saying, RegExp]>([
    ["refuses", () => ({ text: "", finish: "content_filter" }), /refused to answer/],
    ["refuses in words", () => ({ text: "I'm sorry, but I can't help with that." }), /no whole JSON object/],
    [
      "is cut off",
      (one) => ({ text: honestText(one).slice(0, 60), finish: "length" }),
      /did not end its answer within/,
    ],
    ["says nothing", () => ({ text: "" }), /answered with nothing/],
    ["answers in prose", () => ({ text: "geo broke, I think." }), /no whole JSON object/],
    ["answers in another shape", () => ({ text: '{"cause":"geo"}' }), /another shape/],
    ["answers in another language", (one) => ({ text: toAll(one, german) }), /did not answer in English/],
    [
      "answers in another script",
      (one) => ({ text: toAll(one, ["geo 服务出现故障，请检查数据库连接。"]) }),
      /did not answer in English|ran in circles/,
    ],
    ["runs in circles", (one) => ({ text: toAll(one, Array(8).fill("geo is slow.")) }), /ran in circles/],
    ["makes things up", (one) => ({ text: toAll(one, invented) }), /that the evidence does not hold/],
    [
      "has too small a context",
      () => ({ status: 400, message: "maximum context length is 4096" }),
      /longer than the context/,
    ],
    ["cuts the prompt", (one) => ({ text: honestText(one), promptTokens: 40 }), /read only 40 tokens/],
    ["fails", () => ({ status: 500, headers: { "retry-after": "0" } }), /answered with the status 500/],
    ["is too busy", () => ({ status: 429, headers: { "retry-after": "0" } }), /has too much to do/],
    [
      "breaks off",
      (one) => ({ text: honestText(one), cutAfter: 40 }),
      /did not answer|cannot be reached|broke off/,
    ],
  ])("that %s is replaced by templates, marked", async (_what, say, words) => {
    const { findings, gaps } = await consulted(say);

    expect(findings.map(({ by }) => by)).toEqual(["template", "template", "template", "template"]);
    expect(findings.at(-1)?.finalAnswer).toMatch(/The most likely root cause is geo/);
    expect(gaps.map(({ from }) => from).join()).toMatch(/failure localization expert/);
    for (const { detail } of gaps) expect(detail).toMatch(words);
    for (const { detail } of gaps) expect(detail).toMatch(/worded by a template/);
  });

  it("that hangs is replaced by templates, marked", async () => {
    const { findings, gaps } = await consulted(() => ({ text: '{"obs', hangAfter: 3 }), { timeoutMs: 100 });

    expect(findings.every(({ by }) => by === "template")).toBe(true);
    for (const { detail } of gaps) expect(detail).toMatch(/did not finish its answer within 0.1 s/);
  });

  it("that is down is replaced by templates, and asked no more", async () => {
    const { findings, gaps } = await consulted(() => ({}), { isDown: true });

    expect(findings.every(({ by }) => by === "template")).toBe(true);
    expect(gaps).toHaveLength(1);
    expect(gaps[0]?.detail).toMatch(/cannot be reached/);
  });

  it("is asked once more with less evidence, and then used", async () => {
    const asked = new Map<string, number>();
    const { findings, calls, heard } = await consulted((request) => {
      const id = promptIdOf(request);
      asked.set(id, (asked.get(id) ?? 0) + 1);
      return asked.get(id) === 1 ? { text: "", finish: "length" } : { text: honestText(request) };
    });

    expect(findings.every(({ by }) => by === "model")).toBe(true);
    expect(heard).toHaveLength(8);
    expect(calls.filter(({ problem }) => problem?.reason === "cut-off")).toHaveLength(4);
  });

  it("may think, fence and hide its answer in the reasoning", async () => {
    const { findings } = await consulted((request) => ({
      content: null,
      reasoning: `<think>hm {"a":1}</think>\n\`\`\`json\n${honestText(request)}\n\`\`\``,
      chunkBytes: 200,
    }));

    expect(findings.every(({ by }) => by === "model")).toBe(true);
  });
});
