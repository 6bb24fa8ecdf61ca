import { describe, expect, it } from "vitest";
import { diagnose } from "../../../pipeline/diagnose.ts";
import { Diagnosis } from "../../../pipeline/diagnosis.ts";
import { BotError } from "../../../pipeline/errors.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";
import type { PastIncident } from "../../../pipeline/past-incident.ts";
import type { ChatQuestion, Stage } from "../../../pipeline/types.ts";
import { incident } from "../../fakes/incident.ts";
import { fakeModel } from "../../fakes/language-model.ts";
import { minute, window } from "../../fakes/telemetry.ts";
import { type FakeTelemetry, fakeToolbox } from "../../fakes/toolbox.ts";

const options = PipelineOptions.parse({});

function question(text = "what broke in the last 3 minutes", more: Partial<ChatQuestion> = {}): ChatQuestion {
  return { id: "q1", text, askedAt: window.end, timeZone: "UTC", askedWindow: null, ...more };
}

function run(telemetry: FakeTelemetry, asked = question(), onStage?: (stage: Stage) => void) {
  return diagnose(asked, fakeToolbox(telemetry), options, new AbortController().signal, onStage);
}

describe("diagnose", () => {
  it("names the broken service, its instance and what it saw, with evidence behind every cause", async () => {
    const diagnosis = await run(incident(true));

    expect(diagnosis.verdict).toBe("found");
    expect(diagnosis.causes[0]).toMatchObject({ rank: 1, service: "geo", instance: "geo-1" });
    expect(diagnosis.metrics[0]!.service).toBe("geo");
    const known = new Set(diagnosis.evidence.map(({ id }) => id));
    const cited = [...diagnosis.causes, ...diagnosis.metrics, ...diagnosis.findings].flatMap(
      ({ evidence }) => evidence,
    );
    expect(diagnosis.causes[0]!.evidence.length).toBeGreaterThan(1);
    expect(cited.filter((id) => !known.has(id))).toEqual([]);
    expect(diagnosis.evidence.every(({ text }) => text.length > 20)).toBe(true);
    expect(diagnosis.explanation).toMatch(/^Observation: .+\nReasoning: .+\nFinal Answer: .*geo/);
  });

  it("tells who waits for a model the first finding, and then what the experts conclude", async () => {
    const told: Stage[] = [];
    const toolbox = fakeToolbox(incident(true));
    const model = fakeModel(({ purpose }) =>
      purpose === "metric expert"
        ? {
            observation: [],
            reasoning: [],
            finalAnswer: [{ text: "The metrics point at geo.", evidence: ["candidate-1"] }],
            inconclusive: false,
          }
        : "no JSON",
    );

    await diagnose(question(), { ...toolbox, model }, options, new AbortController().signal, (stage) =>
      told.push(stage),
    );

    const found = told.flatMap(({ name, state, found: words }) =>
      words === undefined ? [] : [`${name} ${state}: ${words}`],
    );
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/^localize done: geo \(instance geo-1\) comes first in the ranking\. \S/);
    expect(found[1]).toMatch(/^consult started: geo .*Metric expert: The metrics point at geo\./);
  });

  it("tells no first finding where the answer comes at once, or names no cause", async () => {
    const told: Stage[] = [];
    const model = fakeModel(() => "no JSON");
    const quiet = { ...fakeToolbox(incident(false)), model };

    await run(incident(true), question(), (stage) => told.push(stage));
    await diagnose(question(), quiet, options, new AbortController().signal, (stage) => told.push(stage));

    expect(told.filter(({ found }) => found !== undefined)).toEqual([]);
  });

  it("recalls incidents like what the methods found, whoever words it", async () => {
    const asked: PastIncident[] = [];
    const earlier = {
      questionId: "q0",
      start: window.start - 86_400_000,
      end: window.end - 86_400_000,
      service: "geo",
      instance: null,
      metric: null,
      why: "It was slow.",
      likeness: 0.9,
      confirmed: null,
    };
    const recall = (found: PastIncident) => {
      asked.push(found);
      return [earlier];
    };

    const diagnosis = await diagnose(
      question(),
      { ...fakeToolbox(incident(true)), recall },
      options,
      new AbortController().signal,
    );
    const quiet = await diagnose(
      question(),
      { ...fakeToolbox(incident(false)), recall },
      options,
      new AbortController().signal,
    );

    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ questionId: "q1", service: "geo" });
    expect(asked[0]?.signature.length).toBeGreaterThan(0);
    expect(diagnosis.earlier).toEqual([earlier]);
    expect(quiet.earlier).toEqual([]);
  });

  it("gives the same bytes twice, and survives a trip through JSON", async () => {
    const first = await run(incident(true));
    const second = await run(incident(true));

    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
    expect(Diagnosis.parse(JSON.parse(JSON.stringify(first)))).toEqual(first);
  });

  it("says that nothing broke when nothing did", async () => {
    const diagnosis = await run(incident(false));

    expect(diagnosis.verdict).toBe("nothing-found");
    expect(diagnosis.causes).toEqual([]);
    expect(diagnosis.metrics).toEqual([]);
  });

  it("says that it cannot tell without telemetry, and names the gaps", async () => {
    const diagnosis = await run({ services: ["geo"], metrics: [], logs: [], spans: [] });

    expect(diagnosis.verdict).toBe("cannot-tell");
    expect(diagnosis.causes).toEqual([]);
    expect(diagnosis.gaps.filter(({ reason }) => reason === "missing")).toHaveLength(3);
  });

  it("is less sure with fewer kinds of telemetry", async () => {
    const all = await run(incident(true));
    const metricsOnly = await run({ ...incident(true), logs: [], spans: [] });

    expect(metricsOnly.causes[0]!.service).toBe("geo");
    expect(metricsOnly.causes[0]!.confidence).toBeLessThan(all.causes[0]!.confidence);
    expect(metricsOnly.narrowedBy).toBe("metric");
  });

  it("reports every stage as it starts and as it is done", async () => {
    const stages: string[] = [];

    await run(incident(true), question(), ({ name, state }) => stages.push(`${name} ${state}`));

    const names = ["read", "collect", "detect", "describe", "localize", "consult", "conclude"];
    expect(stages).toEqual(names.flatMap((name) => [`${name} started`, `${name} done`]));
  });

  it("takes the default window and says so where no time is named", async () => {
    const diagnosis = await run(incident(true), question("what broke in geo?"));

    expect(diagnosis.window).toEqual({
      start: window.end - 6 * 60 * minute,
      end: window.end,
      from: "default",
    });
    expect(diagnosis.uncertainty.join(" ")).toContain("last 6 hours");
    expect(diagnosis.scope.services).toEqual(["geo"]);
  });

  it("takes the window that a person named when asked back", async () => {
    const diagnosis = await run(incident(true), question("what broke in geo?", { askedWindow: window }));

    expect(diagnosis.window).toEqual({ ...window, from: "asked" });
  });

  it("offers the nearest names for a service that nobody knows", async () => {
    await expect(
      run(incident(true), question("what broke in `geoo-service` in the last hour")),
    ).rejects.toMatchObject({
      code: "service-unknown",
      message: expect.stringContaining("geo"),
    });
  });

  it("stops when it is cancelled", async () => {
    const controller = new AbortController();
    const stopping = diagnose(
      question(),
      fakeToolbox(incident(true)),
      options,
      controller.signal,
      ({ name }) => {
        if (name === "collect") controller.abort();
      },
    );

    await expect(stopping).rejects.toMatchObject({ code: "cancelled" });
  });

  it("goes on without a source that is down, and names it", async () => {
    const down = new BotError("source-unavailable", "Jaeger did not answer in 10 s.");
    const diagnosis = await run({ ...incident(true), fails: { trace: down } });

    expect(diagnosis.causes[0]!.service).toBe("geo");
    expect(diagnosis.gaps).toContainEqual({
      from: "fake traces",
      reason: "unreachable",
      detail: "Jaeger did not answer in 10 s.",
    });
  });

  it("puts no label, clock or secret into what made the answer", async () => {
    const diagnosis = await run(incident(true));

    expect(Object.keys(diagnosis.madeWith).sort()).toEqual([
      "options",
      "prompts",
      "reference",
      "seen",
      "sources",
      "version",
    ]);
    expect(diagnosis.model).toBeNull();
  });
});

describe("a question that follows an answer", () => {
  it("looks only at the telemetry and the services that it carries, and says so", async () => {
    const carried = {
      services: ["geo"],
      modalities: ["metric" as const, "log" as const],
      note: "As was asked.",
    };
    const diagnosis = await run(incident(true), question("ignore traces", { askedWindow: window, carried }));

    expect(diagnosis.scope).toEqual({ services: ["geo"], modalities: ["metric", "log"] });
    expect(diagnosis.window).toEqual({ ...window, from: "asked" });
    expect(diagnosis.madeWith.seen.traces).toBe(0);
    expect(diagnosis.madeWith.sources).toEqual(["fake metrics", "fake logs"]);
    expect(diagnosis.gaps.map(({ detail }) => detail)).toContain(
      "The traces were left out, as was asked. Requests are read from log lines, which carry their ids.",
    );
    expect(diagnosis.uncertainty).toContain("As was asked.");
  });

  it("reads no source whose kind was wished away in the question itself", async () => {
    const diagnosis = await run(incident(true), question("what broke in the last 3 minutes, only logs"));

    expect(diagnosis.madeWith.seen).toMatchObject({ series: 0, traces: 0 });
    expect(diagnosis.scope.modalities).toEqual(["log"]);
  });
});
