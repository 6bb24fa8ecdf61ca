import { describe, expect, it } from "vitest";
import { honestAnswer } from "../../../../bench/reliability/honest-answer.ts";
import { differing } from "../../../../cli/replay.ts";
import { languageModel } from "../../../../connectors/llm/language-model.ts";
import { recordedModel } from "../../../../connectors/llm/recorded-model.ts";
import type { ChatReply } from "../../../../jobs/chat.ts";
import { diagnose } from "../../../../pipeline/diagnose.ts";
import { Diagnosis } from "../../../../pipeline/diagnosis.ts";
import { PipelineOptions } from "../../../../pipeline/options.ts";
import type { LanguageModel } from "../../../../pipeline/ports.ts";
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

  it("makes up no answer for what was not asked", async () => {
    const { model, gaps } = await diagnosed(recordedModel([]));

    expect(model).toBeNull();
    expect(gaps.map(({ detail }) => detail).join()).toMatch(/No answer is recorded for what the/);
  });
});
