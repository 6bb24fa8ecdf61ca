import { describe, expect, it } from "vitest";
import { honestAnswer } from "../../../../bench/reliability/honest-answer.ts";
import { loadPrompts } from "../../../../connectors/prompts/prompt-files.ts";
import { openDesk } from "../../../../pipeline/experts/desk.ts";
import { consult } from "../../../../pipeline/experts/index.ts";
import { PipelineOptions } from "../../../../pipeline/options.ts";
import { geoCase } from "../../../fakes/geo-case.ts";
import { type AnyRequest, type FakeAnswer, fakeModel } from "../../../fakes/language-model.ts";

const prompts = await loadPrompts();
const { experts } = PipelineOptions.parse({});

const honest = ({ prompt, user }: AnyRequest) => honestAnswer(prompt.id, user);

async function consulted(answer: (request: AnyRequest) => FakeAnswer, file = geoCase(), budget = experts) {
  const model = fakeModel(answer);
  const { signal } = new AbortController();
  const desk = openDesk({ model, prompts, priority: "person", seed: 7, signal }, budget, () => 0);
  const consultation = await consult(file, desk);
  return { ...consultation, calls: desk.calls, requests: model.requests };
}

const sentence = (text: string, ...evidence: string[]) => ({ text, evidence });

/** Honest, but for what the conclusion says. */
const concluding = (parts: object) => (request: AnyRequest) =>
  request.prompt.id === "failure-localization-expert" ? { ...honest(request), ...parts } : honest(request);

describe("consult with a model", () => {
  it("has every expert speak in the model's words, each sentence with its evidence", async () => {
    const { findings, gaps, notes, requests } = await consulted(honest);

    expect(findings.map(({ expert, by }) => [expert, by])).toEqual([
      ["trace expert", "model"],
      ["metric expert", "model"],
      ["log expert", "model"],
      ["failure localization expert", "model"],
    ]);
    expect(gaps).toEqual([]);
    expect(notes).toEqual([]);
    expect(requests).toHaveLength(4);
    const [, metric] = findings;
    expect(metric?.sentences[0]).toEqual({
      part: "observation",
      text: "The cpu_usage metric for the service geo is abnormal.",
      evidence: ["metric-1"],
      basis: "measured",
    });
    expect(metric?.finalAnswer).toMatch(/The root cause is geo/);
  });

  it("tells the last expert of earlier incidents like this one, which may be cited and nothing more", async () => {
    const earlier = {
      questionId: "q0",
      start: Date.UTC(2026, 10, 20, 14, 20, 30),
      end: Date.UTC(2026, 10, 20, 14, 40),
      service: "geo",
      instance: null,
      metric: "cpu_usage",
      why: "Its cpu_usage rose to 90.",
      likeness: 0.8,
      confirmed: "rate",
    };
    const answer = concluding({
      reasoning: [
        sentence("In an incident like this one people said that it was rate.", "earlier-1"),
        sentence("An incident with 63 % of the signs alike was rate.", "earlier-1"),
      ],
    });

    const { requests, findings } = await consulted(answer, geoCase({ earlier: [earlier] }));
    const { requests: without } = await consulted(answer);

    expect(requests.at(-1)?.user).toContain(
      "80 % of the signs alike: geo, metric cpu_usage. Its cpu_usage rose to 90.",
    );
    expect(requests.at(-1)?.user).toContain("People said that it was rate.");
    expect(without.at(-1)?.user).not.toContain("people said");
    const said = findings.at(-1)?.sentences.filter(({ part }) => part === "reasoning") ?? [];
    expect(said.map(({ text }) => text)).toEqual([
      "In an incident like this one people said that it was rate.",
    ]);
  });

  it("puts what is the same for every case first, and the question last", async () => {
    const { requests } = await consulted(honest);
    const { requests: others } = await consulted(
      honest,
      geoCase({ question: { ...geoCase().question, text: "why is search slow?", askedAt: 1 } }),
    );

    expect(requests.map(({ system }) => system)).toEqual(others.map(({ system }) => system));
    for (const { system, user } of requests) {
      expect(system).not.toMatch(/geo-7f|\d{4}-\d{2}-\d{2}/);
      expect(user.trimEnd()).toMatch(/what broke\?\n>>>$/);
      expect(user.indexOf("calls: ")).toBeLessThan(user.indexOf("-1: "));
    }
  });

  it("composes the knowledge by what is seen", async () => {
    const { requests } = await consulted(honest);

    expect(requests[0]?.user).toContain("crash loop");
    expect(requests[0]?.user).not.toContain("Refused credentials");
  });

  it("drops what is made up, and says how much", async () => {
    const { findings, notes } = await consulted(
      concluding({ reasoning: [sentence("The payment service ran out of disk.", "log-1")] }),
    );

    expect(findings.at(-1)).toMatchObject({ by: "model", dropped: 1 });
    expect(findings.at(-1)?.reasoning).toBe("");
    expect(notes).toEqual(["1 sentence of the model is left out, since the evidence does not hold it."]);
  });

  it("says where the model would choose another of the ranked, and leaves the ranking", async () => {
    const { findings, notes } = await consulted(
      concluding({ causes: ["candidate-2"], finalAnswer: [sentence("The cause is search.", "candidate-2")] }),
    );

    expect(findings.at(-1)?.finalAnswer).toBe("The cause is search.");
    expect(notes).toEqual([
      "The model holds search likelier than geo; the order above is that of the methods.",
    ]);
  });

  it("takes no conclusion without a service that is ranked", async () => {
    const { findings, gaps } = await consulted(
      concluding({ finalAnswer: [sentence("The cause is frontend, on the path.", "calls")] }),
    );

    expect(findings.at(-1)).toMatchObject({ expert: "failure localization expert", by: "template" });
    expect(gaps[0]).toMatchObject({ from: "failure localization expert", reason: "failed" });
    expect(gaps[0]?.detail).toMatch(/without a service that any method ranks/);
  });

  it("lets an expert be inconclusive", async () => {
    const { findings } = await consulted((request) =>
      request.prompt.id === "trace-expert"
        ? {
            observation: [sentence("90 trace calls failed.", "trace-1")],
            reasoning: [],
            finalAnswer: [],
            inconclusive: true,
          }
        : honest(request),
    );

    expect(findings[0]).toMatchObject({ by: "model", finalAnswer: "The traces name no clear cause." });
  });

  it("asks once more with less, and no more", async () => {
    let first = true;
    const { findings, requests } = await consulted((request) => {
      if (request.prompt.id !== "log-expert" || !first) return honest(request);
      first = false;
      return "not JSON";
    });
    const asked = requests.filter(({ prompt }) => prompt.id === "log-expert");

    expect(findings[2]).toMatchObject({ expert: "log expert", by: "model" });
    expect(asked).toHaveLength(2);
  });

  it("stops asking when a server is away, and says so once", async () => {
    const { findings, gaps, requests } = await consulted(() => ({ problem: "unavailable" }));

    expect(findings.every(({ by }) => by === "template")).toBe(true);
    expect(requests).toHaveLength(3);
    expect(gaps).toHaveLength(1);
    expect(gaps[0]?.from).toBe("failure localization expert, log expert, metric expert, trace expert");
  });

  it("does not go over its budget", async () => {
    const { findings, gaps, requests } = await consulted(honest, geoCase(), {
      ...experts,
      answerBudget: 1_100,
    });

    expect(requests).toHaveLength(3);
    expect(findings.filter(({ by }) => by === "model").length).toBeGreaterThan(0);
    expect(gaps[0]?.detail).toMatch(/used up its 24000 prompt and 1100 answer tokens/);
  });

  it("is not asked to explain where no cause is named", async () => {
    const { requests, findings } = await consulted(honest, geoCase({ isNamed: false }));

    expect(requests).toEqual([]);
    expect(findings.every(({ by }) => by === "template")).toBe(true);
  });

  it("reads the logs for Filter 2 where the traces name no service, within the inventory", async () => {
    const named = (services: object[]) => (request: AnyRequest) =>
      request.prompt.id === "log-filter" ? { services } : honest(request);
    const file = geoCase({ narrowed: { services: ["search"], by: "log" } });

    const good = await consulted(named([{ service: "GEO", evidence: ["log-1"] }]), file);
    const bad = await consulted(named([{ service: "payment", evidence: ["log-1"] }]), file);

    expect(good.requests[0]?.prompt.id).toBe("log-filter");
    expect(good.gaps).toEqual([]);
    expect(bad.gaps[0]).toMatchObject({ from: "log filter", reason: "failed" });
    expect(bad.findings.at(-1)?.by).toBe("model");
  });
});
