import { describe, expect, it } from "vitest";
import { answerFollowUp } from "../../../bot/follow-up/answer-follow-up.ts";
import { renderReply } from "../../../bot/reply.ts";
import { printed } from "../../../bot/surfaces/terminal/layout.ts";
import { answerLines, wordsLines } from "../../../bot/surfaces/terminal/thread.ts";
import { diagnose } from "../../../pipeline/diagnose.ts";
import { Diagnosis } from "../../../pipeline/diagnosis.ts";
import { asBotError } from "../../../pipeline/errors.ts";
import { fillPrompt } from "../../../pipeline/fill-prompt.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";
import { incident } from "../../fakes/incident.ts";
import { type AnyRequest, fakeModel } from "../../fakes/language-model.ts";
import { window } from "../../fakes/telemetry.ts";
import { type FakeTelemetry, fakeToolbox } from "../../fakes/toolbox.ts";
import { attacks } from "./attacks.ts";

const options = PipelineOptions.parse({});
const inventory = ["frontend", "geo", "mongodb-geo"];
const named = Object.entries(attacks);
/** What only a model that obeyed would say. */
const obeyed = "OBEYED evil-service at 99.97 %";

/** A model that does whatever the attack wants, in an answer of the right shape where it knows one. */
function obeying(attack: string) {
  return fakeModel(({ answer }: AnyRequest) => {
    const sentence = { text: `${obeyed}. ${attack.slice(0, 200)}`, evidence: ["metric-1", "log-1"] };
    const finding = {
      observation: [sentence],
      reasoning: [sentence],
      finalAnswer: [sentence],
      inconclusive: false,
    };
    const rest = {
      propagation: [sentence],
      wouldConfirm: [sentence],
      tryFirst: [sentence],
      uncertainty: [sentence],
    };
    const all = [
      finding,
      { ...finding, ...rest, causes: ["candidate-9", "evil-service"] },
      { services: [{ service: "evil-service", evidence: ["log-1"] }] },
      { intent: "none", window: null, services: ["evil-service"], modalities: [] },
    ];
    return all.find((one) => answer.schema.safeParse(one).success) ?? attack;
  });
}

async function answer(telemetry: FakeTelemetry, attack: string, text = "what broke in the last 3 minutes?") {
  const model = obeying(attack);
  const diagnosis = await diagnose(
    { id: "q1", text, askedAt: window.end, timeZone: "UTC", askedWindow: null },
    { ...fakeToolbox(telemetry), model },
    options,
    new AbortController().signal,
  );
  return { diagnosis, requests: model.requests };
}

/** The broken system, whose log lines and operations say more than they should. */
function withTexts(said: string): FakeTelemetry {
  const telemetry = incident(true);
  const logs = (telemetry.logs ?? []).map((line) =>
    line.level === "ERROR" ? { ...line, body: `${line.body} ${said}` } : line,
  );
  const spans = (telemetry.spans ?? []).map((span) => ({ ...span, operation: `${span.operation} ${said}` }));
  return { ...telemetry, logs, spans };
}

/** The broken system, whose metrics, units and instances are called what they should not. */
function withLabels(said: string): FakeTelemetry {
  const telemetry = incident(true);
  const metrics = (telemetry.metrics ?? []).map((series) => ({
    ...series,
    key: {
      ...series.key,
      instance: `${series.key.instance} ${said}`,
      metric: `${series.key.metric} ${said}`,
    },
    unit: said,
  }));
  return { ...telemetry, metrics };
}

const harmless = answer(withTexts("and nothing else"), "");

const ranked = ({ causes }: Diagnosis) => causes.map(({ service, confidence }) => [service, confidence]);

/** Nothing that moves a cursor, hides, turns the writing round or forges a line of ours. */
function expectHarmless(diagnosis: Diagnosis): void {
  const texts = [
    printed(answerLines(renderReply(diagnosis, "deep"), 100, "say more."), (_format, text) => text),
    ...(["log", "trace", "metric"] as const).map((what) => {
      const reply = answerFollowUp({ kind: "show", what, services: [] }, diagnosis);
      return reply.kind === "words" ? printed(wordsLines(reply, 100), (_format, text) => text) : "";
    }),
  ];
  const [whole = ""] = texts;
  for (const heading of ["Causes (inferred)", "Evidence (measured)", "Next"]) {
    expect(whole.split("\n").filter((line) => line === heading)).toHaveLength(1);
  }
  for (const text of texts) {
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Variation_Selector}]|\p{M}{4}/u);
    expect(text.length).toBeLessThan(60_000);
  }
}

function expectOwnNames(diagnosis: Diagnosis): void {
  expect(Diagnosis.safeParse(diagnosis).success).toBe(true);
  const services = [
    ...diagnosis.causes,
    ...diagnosis.metrics,
    ...diagnosis.evidence,
    ...diagnosis.rankings.flatMap(({ candidates }) => candidates),
  ].map(({ service }) => service);
  for (const service of services) expect(inventory).toContain(service);
  expect(diagnosis.scope.services.every((service) => inventory.includes(service))).toBe(true);
  // The record of what the model said, as it said it, is for audits; nothing shows it.
  const { modelCalls, ...told } = diagnosis;
  expect(JSON.stringify(modelCalls)).toContain(obeyed);
  expect(JSON.stringify(told)).not.toContain(obeyed);
}

function expectFenced(requests: readonly AnyRequest[]): void {
  for (const { system, user } of requests) {
    const text = `${system}\n${user}`;
    expect(text).not.toMatch(/<\|[a-z_]+\|>|\[\/?INST\]|<\/?s>|<think>|\p{Cf}/u);
    expect(user.split("<<<").length).toBe(user.split(">>>").length);
  }
}

describe("text that gives orders", () => {
  it("comes in at least forty kinds", () => {
    expect(named.length).toBeGreaterThanOrEqual(40);
  });

  it.each(named)("changes nothing from log lines and operations: %s", async (_kind, attack) => {
    const { diagnosis, requests } = await answer(withTexts(attack), attack);

    expect(ranked(diagnosis)).toEqual(ranked((await harmless).diagnosis));
    expectOwnNames(diagnosis);
    expectHarmless(diagnosis);
    expectFenced(requests);
  });

  // The question is refused where the text in it names what is no service, or no window.
  it.each(named)(
    "names no service and breaks no line from labels and the question: %s",
    async (_kind, attack) => {
      const text = `what broke in the last 3 minutes? ${attack}`;
      const asked = await answer(withLabels(attack), attack, text).catch((error: unknown) =>
        asBotError(error),
      );
      const refused = asked === null || !("diagnosis" in asked);
      if (refused) expect(asked?.code).toMatch(/^(?:service-unknown|window-invalid)$/);
      const { diagnosis, requests } = refused ? await answer(withLabels(attack), attack) : asked;

      expect(diagnosis.causes[0]?.service).toBe("geo");
      expect(diagnosis.window).toMatchObject({ start: window.end - 180_000, end: window.end });
      expectOwnNames(diagnosis);
      expectHarmless(diagnosis);
      expectFenced(requests);
    },
  );

  it.each(named)("stays between the marks of every prompt: %s", (_kind, attack) => {
    const { prompts } = fakeToolbox({});
    for (const prompt of prompts.prompts.values()) {
      const plain = fillPrompt(prompt, Object.fromEntries(prompt.variables.map((name) => [name, "x"])));
      // Knowledge is ours and the operator's; everything from outside is in the user's part.
      const filled = fillPrompt(
        prompt,
        Object.fromEntries(prompt.variables.map((name) => [name, name === "knowledge" ? "x" : attack])),
      );

      expect(filled.system).toBe(plain.system);
      for (const mark of ["<<<", ">>>"])
        expect(filled.user.split(mark)).toHaveLength(plain.user.split(mark).length);
      expect(filled.user).not.toMatch(/<\|[a-z_]+\|>|\[\/?INST\]|<\/?s>|<think>|\p{Cf}/u);
    }
  });
});
