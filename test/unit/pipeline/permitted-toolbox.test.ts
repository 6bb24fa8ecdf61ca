import { describe, expect, it } from "vitest";
import { diagnosisJson } from "../../../bot/diagnosis-json.ts";
import { collect, takeInventory } from "../../../pipeline/collect.ts";
import { diagnose } from "../../../pipeline/diagnose.ts";
import { BotError } from "../../../pipeline/errors.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";
import { permittedToolbox } from "../../../pipeline/permitted-toolbox.ts";
import type { Toolbox } from "../../../pipeline/ports.ts";
import { summarize } from "../../../pipeline/summary/summarize.ts";
import type { ChatQuestion, Permitted } from "../../../pipeline/types.ts";
import { incident } from "../../fakes/incident.ts";
import { fakeModel } from "../../fakes/language-model.ts";
import { randomSystem } from "../../fakes/random-system.ts";
import { span, window } from "../../fakes/telemetry.ts";
import { fakeToolbox } from "../../fakes/toolbox.ts";

const options = PipelineOptions.parse({});
const never = new AbortController().signal;

function question(permitted: Permitted | null, more: Partial<ChatQuestion> = {}): ChatQuestion {
  return {
    id: "q1",
    text: "what broke in the last 3 minutes",
    askedAt: window.end,
    timeZone: "UTC",
    askedWindow: null,
    permitted,
    ...more,
  };
}

const only = (...services: string[]): Permitted => ({ services, sources: null });

/** A model that repeats all it was told: what it was not told it cannot say. */
function parrot() {
  return fakeModel(({ user, answer }) =>
    answer.name === "question"
      ? "no"
      : { observation: user.slice(0, 300), reasoning: user, finalAnswer: user },
  );
}

/** Half of the services, another half with each seed. */
function halves(services: readonly string[], seed: number): { shown: string[]; hidden: string[] } {
  const isShown = (index: number) => (index * 5 + seed * 3) % 7 < 4;
  return {
    shown: services.filter((_, index) => isShown(index)),
    hidden: services.filter((_, index) => !isShown(index)),
  };
}

function namedIn(text: string, names: readonly string[]): string[] {
  return names.filter((name) => text.toLowerCase().includes(name.toLowerCase()));
}

describe("a question where only some services may be seen", () => {
  const seeds = [...Array(10).keys()];

  it.each(seeds)(
    "names no other in the diagnosis, its JSON and what a model is sent (system %i)",
    async (seed) => {
      const { telemetry } = randomSystem(seed);
      const { shown, hidden } = halves(telemetry.services ?? [], seed);
      const model = parrot();
      const stages: unknown[] = [];

      const diagnosis = await diagnose(
        question(only(...shown)),
        { ...fakeToolbox(telemetry), model },
        options,
        never,
        (stage) => stages.push(stage),
      );

      expect(hidden.length).toBeGreaterThan(0);
      if (diagnosis.verdict === "found") expect(model.requests.length).toBeGreaterThan(0);
      for (const said of [diagnosis, diagnosisJson(diagnosis), model.requests, stages]) {
        expect(namedIn(JSON.stringify(said), hidden)).toEqual([]);
      }
      expect(diagnosis.gaps.filter(({ from }) => from === "access")).toHaveLength(1);
      expect(diagnosis.question.permitted).toEqual(only(...shown));
    },
  );

  it("would name them otherwise", async () => {
    for (const seed of seeds) {
      const { telemetry, broken } = randomSystem(seed);
      const diagnosis = await diagnose(question(null), fakeToolbox(telemetry), options, never);

      expect(namedIn(JSON.stringify(diagnosis), telemetry.services ?? []).length).toBeGreaterThan(2);
      expect(JSON.stringify(diagnosis.causes)).toContain(broken);
      expect(diagnosis.question).not.toHaveProperty("permitted");
    }
  });

  it.each([0, 1, 2])("names no other in a summary (system %i)", async (seed) => {
    const { telemetry } = randomSystem(seed);
    const { shown, hidden } = halves(telemetry.services ?? [], seed);
    const asked = question(only(...shown), { text: "sum up the last 15 minutes" });

    const { summary, diagnoses } = await summarize(asked, fakeToolbox(telemetry), options, never);

    expect(namedIn(JSON.stringify({ summary, diagnoses }), hidden)).toEqual([]);
    expect(summary.gaps.filter(({ from }) => from === "access")).toHaveLength(1);
  });

  it("suggests no hidden name where one was not known, and none that was asked for", async () => {
    const ask = (text: string) =>
      diagnose(question(only("frontend"), { text }), fakeToolbox(incident(true)), options, never);

    const error = await ask("what broke in service `mongodb-gio` in the last hour").catch(String);
    const hidden = await ask("what broke in `geo` in the last hour").catch(String);

    expect(error).toContain('names a service "mongodb-gio"');
    expect(error).not.toContain("mongodb-geo");
    expect(hidden).toContain('No telemetry that may be seen here names a service "geo"');
  });

  it("takes no hidden service over from an answer before", async () => {
    const carried = { services: ["geo"], modalities: null, note: "" };

    await expect(
      diagnose(question(only("frontend"), { carried }), fakeToolbox(incident(true)), options, never),
    ).rejects.toMatchObject({ code: "access-denied" });
  });

  it("keeps a shown name that holds a hidden one", async () => {
    const telemetry = incident(true);
    const logs = (telemetry.logs ?? []).map((line) => ({ ...line, service: "mongodb-geo" }));
    const diagnosis = await diagnose(
      question(only("mongodb-geo", "frontend")),
      fakeToolbox({
        ...telemetry,
        logs: logs.map((line) => ({ ...line, body: `mongodb-geo: ${line.body}` })),
      }),
      options,
      never,
    );

    const examples = diagnosis.evidence.flatMap((one) => one.examples).join("\n");
    expect(examples).toContain("mongodb-geo: (another-service).go:99 panic");
  });
});

describe("metrics that are called after hidden services", () => {
  it("go, unless the name is a word that says something else", async () => {
    const telemetry = incident(true);
    const metrics = [
      "error_rate",
      "call_duration_to_rate_p95",
      "upstream-search.pending",
      "search_seconds",
    ].flatMap((metric) =>
      (telemetry.metrics ?? []).slice(0, 1).map((series) => ({ ...series, key: { ...series.key, metric } })),
    );
    const services = ["frontend", "rate", "search"];
    const toolbox = permittedToolbox(fakeToolbox({ ...telemetry, services, metrics }), only("frontend"));
    const inventory = await takeInventory(toolbox, never);

    const slice = await collect(window, { services: [] }, inventory, toolbox, options, never);

    expect(slice.metrics.map(({ key }) => key.metric).sort()).toEqual(["error_rate", "search_seconds"]);
  });
});

describe("spans of hidden services", () => {
  async function parents(permitted: Permitted, spans: readonly ReturnType<typeof span>[]) {
    const toolbox = permittedToolbox(fakeToolbox({ spans }), permitted);
    const source = toolbox.sources.find(({ modality }) => modality === "trace");
    const query = { windows: [window], services: null, limit: 1_000 };
    const { items } = await (source as Extract<typeof source, { modality: "trace" }>).fetch(query, never);
    return items.map(({ service, parentId }) => `${service} ${parentId}`);
  }
  const of = (spanId: string, parentId: string | null, service: string) =>
    span({ traceId: "t", spanId, parentId, service });
  const chain = [of("1", null, "a"), of("2", "1", "b"), of("3", "2", "c"), of("4", "3", "d")];

  it("give their children to the nearest shown one above", async () => {
    expect(await parents(only("a", "d"), chain)).toEqual(["a null", "d 1"]);
  });

  it("leave the beginning of the trace to their children where nothing is above them", async () => {
    expect(await parents(only("c", "d"), chain)).toEqual(["c null", "d 3"]);
  });

  it("leave a lost parent lost", async () => {
    expect(await parents(only("d"), chain.slice(1))).toEqual(["d 1"]);
  });

  it("may be each other's parents, or have a shown one's id", async () => {
    const circle = [
      of("1", "2", "x"),
      of("2", "1", "y"),
      of("3", "1", "a"),
      of("4", "4", "z"),
      of("5", "4", "a"),
    ];
    expect(await parents(only("a"), circle)).toEqual(["a null", "a null"]);

    const sides = [of("1", null, "a"), of("2", "1", "x"), of("2", "1", "b"), of("3", "2", "c")];
    expect(await parents(only("a", "b", "c"), sides)).toEqual(["a null", "b 1", "c 2"]);
  });
});

describe("a question where only some sources may be read", () => {
  function watched(toolbox: Toolbox): { toolbox: Toolbox; read: string[] } {
    const read: string[] = [];
    const sources = toolbox.sources.map((source) => {
      const { fetch } = source;
      const spy = (...call: Parameters<typeof fetch>) => {
        read.push(source.name);
        return fetch(...call);
      };
      return { ...source, fetch: spy } as typeof source;
    });
    return { toolbox: { ...toolbox, sources }, read };
  }

  it("reads no other, and says which kinds it did not have", async () => {
    const { toolbox, read } = watched(fakeToolbox(incident(true)));
    const permitted = { services: null, sources: ["fake logs"] };

    const diagnosis = await diagnose(question(permitted), toolbox, options, never);

    expect([...new Set(read)]).toEqual(["fake logs"]);
    expect(diagnosis.madeWith.sources).toEqual(["fake logs"]);
    expect(diagnosis.gaps.map(({ detail }) => detail)).toEqual(
      expect.arrayContaining([
        "Only some sources may be seen here: the cause may lie outside of them.",
        "No source of traces that may be read here is connected. Requests are read from log lines, which carry their ids.",
      ]),
    );
  });

  it("takes the name of a system for all of its sources", () => {
    const names = (permitted: string[]) =>
      permittedToolbox(fakeToolbox(incident(true)), { services: null, sources: permitted }).sources.length;

    expect([names(["fake"]), names(["f*"]), names(["other"]), names([])]).toEqual([3, 3, 0, 0]);
  });

  it("does not ask the inventory of a system whose sources may not be read, nor tell that it fails", async () => {
    const failing = {
      name: "secret",
      inventory: () => Promise.reject(new BotError("source-unavailable", "secret did not answer")),
    };
    const toolbox = fakeToolbox(incident(true));
    const closed = { ...toolbox, inventories: [...toolbox.inventories, failing] };

    const told = await diagnose(question(null), closed, options, never);
    const kept = await diagnose(question({ services: null, sources: ["fake"] }), closed, options, never);
    const none = permittedToolbox(closed, { services: null, sources: ["secret"] });

    expect(JSON.stringify(told)).toContain("secret");
    expect(JSON.stringify({ ...kept, question: null })).not.toContain("secret");
    expect(none.inventories.map(({ name }) => name)).toEqual(["secret"]);
  });
});
