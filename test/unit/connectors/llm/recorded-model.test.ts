import { describe, expect, it } from "vitest";
import { honestAnswer } from "../../../../bench/reliability/honest-answer.ts";
import { differing } from "../../../../cli/replay.ts";
import { languageModel } from "../../../../connectors/llm/language-model.ts";
import { recordedFirst, recordedModel } from "../../../../connectors/llm/recorded-model.ts";
import type { ChatReply } from "../../../../jobs/chat.ts";
import { takeInventory } from "../../../../pipeline/collect.ts";
import { diagnose } from "../../../../pipeline/diagnose.ts";
import { Diagnosis } from "../../../../pipeline/diagnosis.ts";
import { PipelineOptions } from "../../../../pipeline/options.ts";
import type { LanguageModel } from "../../../../pipeline/ports.ts";
import { readWithModel } from "../../../../pipeline/question/index.ts";
import type { ChatQuestion } from "../../../../pipeline/types.ts";
import { incident } from "../../../fakes/incident.ts";
import { window } from "../../../fakes/telemetry.ts";
import { fakeToolbox } from "../../../fakes/toolbox.ts";

const options = PipelineOptions.parse({});
const { signal } = new AbortController();

const question = {
  id: "q",
  text: "what broke in the last 3 minutes",
  askedAt: window.end,
  timeZone: "UTC",
  askedWindow: null,
};

const reply: ChatReply = {
  model: "qwen3",
  parameters: { seed: 7 },
  promptTokens: 100,
  answerTokens: 10,
  cachedTokens: null,
  durationMs: 5,
  waitedMs: 0,
  firstWordMs: 1,
  attempts: 1,
  answer: "",
  problem: null,
};

const honest = languageModel(
  async ({ answer, user }) => ({ ...reply, answer: JSON.stringify(honestAnswer(answer.name, user)) }),
  { question: "qwen3", expert: "qwen3" },
);

const diagnosed = (model: LanguageModel | null) =>
  diagnose(question, { ...fakeToolbox(incident(true)), model }, options, signal);

describe("a recorded model", () => {
  it("gives the same reply again from a saved diagnosis, byte by byte", async () => {
    const saved = Diagnosis.parse(JSON.parse(JSON.stringify(await diagnosed(honest))));

    const again = await diagnosed(recordedModel(saved.modelCalls));

    expect(saved.model).toBe("qwen3");
    expect(saved.modelCalls.length).toBeGreaterThan(1);
    expect(saved.madeWith.prompts).toMatchObject({ "log-expert": 1, "failure-localization-expert": 2 });
    expect(differing(saved, again)).toEqual([]);
  });

  it("is told from another reply by the keys that differ", async () => {
    const saved = await diagnosed(honest);
    const [first, ...rest] = saved.findings;
    const other = {
      ...saved,
      findings: [{ ...first!, finalAnswer: "It is rate." }, ...rest],
      causes: saved.causes.map((cause) => ({ ...cause, service: "rate" })),
      timings: { total: 1 },
    };

    expect(differing(saved, other)).toEqual(["causes", "findings"]);
    expect(differing(saved, await diagnosed(null))).toContain("findings");
  });

  it("leaves the ranking as it is without a model", async () => {
    const [spoken, silent] = await Promise.all([diagnosed(honest), diagnosed(null)]);

    const ranking = ({ verdict, window, causes, metrics, rankings, narrowedBy }: Diagnosis) =>
      JSON.stringify({ verdict, window, causes, metrics, rankings, narrowedBy });
    expect(spoken.causes[0]?.service).toBe("geo");
    expect(ranking(spoken)).toBe(ranking(silent));
    expect(spoken.explanation).not.toBe(silent.explanation);
  });

  it("reads a question once, keeps how with the case, and reads it the same again", async () => {
    const italian = { ...question, text: "cosa si è rotto in tarda serata" };
    const [start, end] = [window.start, window.end].map((at) => new Date(at).toISOString());
    const meaning = {
      intent: "diagnose",
      window: { start, end },
      timeWords: "in tarda serata",
      services: [],
      modalities: [],
    };
    const asked: string[] = [];
    const reader = languageModel(
      async ({ role, answer, user }) => {
        asked.push(answer.name);
        const said = role === "question" ? meaning : honestAnswer(answer.name, user);
        return { ...reply, model: role === "question" ? "small" : "qwen3", answer: JSON.stringify(said) };
      },
      { question: "small", expert: "qwen3" },
    );
    const toolbox = fakeToolbox(incident(true));
    const where = (made: ChatQuestion, model: LanguageModel) =>
      diagnose(made, { ...toolbox, model }, options, signal);
    const services = (await takeInventory(toolbox, signal)).services;
    const { calls } = await readWithModel(italian, services, options, { ...toolbox, model: reader }, signal);
    const read = { ...italian, reading: calls };

    const saved = await where(read, recordedFirst(calls, reader));
    const again = await where(read, recordedModel(saved.modelCalls));

    expect(asked.filter((name) => name === "question")).toHaveLength(1);
    expect(saved.window).toEqual({ start: window.start, end: window.end, from: "question" });
    expect(saved.modelCalls[0]).toMatchObject({
      purpose: "question reading",
      prompt: { id: "question" },
      answer: JSON.stringify(meaning),
    });
    expect(saved.modelCalls.filter(({ purpose }) => purpose === "question reading")).toHaveLength(1);
    expect(saved.model).toBe("qwen3");
    expect(differing(Diagnosis.parse(JSON.parse(JSON.stringify(saved))), again)).toEqual([]);
  });

  it("makes up no answer for what was not asked", async () => {
    const { model, gaps } = await diagnosed(recordedModel([]));

    expect(model).toBeNull();
    expect(gaps.map(({ detail }) => detail).join()).toMatch(/No answer is recorded for what the/);
  });
});
