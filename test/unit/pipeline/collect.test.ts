import { describe, expect, it } from "vitest";
import { chooseReference, collect, takeInventory } from "../../../pipeline/collect.ts";
import { BotError } from "../../../pipeline/errors.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";
import { line, minute, samples, span, window } from "../../fakes/telemetry.ts";
import { type FakeTelemetry, fakeToolbox } from "../../fakes/toolbox.ts";

const options = PipelineOptions.parse({});
const signal = new AbortController().signal;
const normal = { start: window.start - 60 * minute, end: window.start - 20 * minute };

function gauge(service: string) {
  return {
    key: { service, instance: null, metric: "threads" },
    unit: null,
    samples: samples(
      Array.from({ length: 63 }, (_, index) => index % 5),
      window.start - 60 * minute,
    ),
  };
}

async function collected(telemetry: FakeTelemetry, services: readonly string[] = []) {
  const toolbox = fakeToolbox(telemetry);
  const inventory = await takeInventory(toolbox, signal);
  return collect(window, { services }, inventory, toolbox, options, signal);
}

const full: FakeTelemetry = {
  services: ["frontend", "geo", "mongodb-geo", "rate"],
  metrics: ["frontend", "geo", "mongodb-geo", "rate"].map(gauge),
  logs: ["geo", "rate"].flatMap((service) => [
    line({ service, body: "now", t: window.start + 1 }),
    line({ service, body: "then", t: normal.start + 1 }),
    line({ service, body: "neither", t: window.end }),
  ]),
  spans: [
    span({ traceId: "a", spanId: "1", service: "frontend" }),
    span({ traceId: "a", spanId: "2", parentId: "1", service: "geo" }),
    span({ traceId: "a", spanId: "3", parentId: "2", service: "mongodb-geo" }),
    span({ traceId: "b", spanId: "1", service: "frontend" }),
    span({ traceId: "b", spanId: "2", parentId: "1", service: "rate" }),
  ],
  declared: { metric: [normal], log: [normal], trace: [normal] },
};

describe("collect", () => {
  it("reads the window and the declared reference period, and nothing at or after the end", async () => {
    const slice = await collected(full);

    expect(slice.referencePeriods.from).toBe("declared");
    expect(slice.logs.window.map(({ body }) => body)).toEqual(["now", "now"]);
    expect(slice.logs.reference.map(({ body }) => body)).toEqual(["then", "then"]);
    expect(slice.metrics[0]!.reference.v).toHaveLength(40);
    expect(slice.metrics[0]!.window.v).toHaveLength(3);
    expect(slice.traces.window).toHaveLength(2);
    expect(slice.topology.edges).toContainEqual({ caller: "geo", callee: "mongodb-geo", calls: 1 });
    expect(slice.gaps.map(({ reason }) => reason)).toEqual(["no-reference"]);
  });

  it("widens a scope to all that its services call, and no further", async () => {
    const slice = await collected(full, ["geo"]);

    expect([...new Set(slice.metrics.map(({ key }) => key.service))]).toEqual(["geo", "mongodb-geo"]);
    expect([...new Set(slice.logs.window.map(({ service }) => service))]).toEqual(["geo"]);
    expect(slice.traces.window.map(({ traceId }) => traceId)).toEqual(["a"]);
  });

  it("reads every service where no call graph is known", async () => {
    const slice = await collected({ ...full, spans: [] }, ["geo"]);

    expect(new Set(slice.metrics.map(({ key }) => key.service)).size).toBe(4);
  });

  it("leaves out a trace whose first spans lie before the window, but keeps one that lost a span later", async () => {
    const orphan = (traceId: string, start: number) =>
      span({ traceId, spanId: "2", parentId: "gone", service: "geo", start });

    const slice = await collected({
      ...full,
      spans: [orphan("cut", window.start + 1000), orphan("lost", window.start + 2 * minute)],
    });

    expect(slice.traces.window.map(({ traceId }) => traceId)).toEqual(["lost"]);
  });

  it("says how many series have too little of a normal period", async () => {
    const young = { ...gauge("rate"), samples: samples([1, 2, 3, 4], window.start - minute) };

    const slice = await collected({ ...full, metrics: [gauge("geo"), young] });

    expect(slice.gaps.map(({ detail }) => detail)).toContain(
      "1 of 2 metric series (rate) have fewer than 30 normal samples to compare with.",
    );
  });

  it("names what is not connected, what is empty, and what cannot be compared", async () => {
    const slice = await collected({
      services: ["geo"],
      metrics: [],
      logs: [line({ service: "geo", body: "x" })],
    });

    expect(slice.gaps.map(({ from, reason }) => `${from}: ${reason}`)).toEqual([
      "fake metrics: missing",
      "fake logs: no-reference",
      "traces: missing",
    ]);
  });

  it("turns one unreachable source into a gap and goes on with the others", async () => {
    const slice = await collected({
      ...full,
      fails: { log: new BotError("source-unavailable", "Loki did not answer in 10 s") },
    });

    expect(slice.gaps[0]).toEqual({
      from: "fake logs",
      reason: "unreachable",
      detail: "Loki did not answer in 10 s",
    });
    expect(slice.metrics).toHaveLength(4);
  });

  it("fails when every source failed, and when what broke is a bug", async () => {
    const down = new BotError("source-unavailable", "down");
    const all = { ...full, fails: { metric: down, log: down, trace: down } };
    const bug = { ...full, fails: { metric: new TypeError("x is undefined") } };

    await expect(collected(all)).rejects.toMatchObject({ code: "source-unavailable" });
    await expect(collected(bug)).rejects.toBeInstanceOf(TypeError);
    await expect(collected({ fails: { inventory: down }, metrics: [] })).rejects.toMatchObject({
      code: "source-unavailable",
    });
  });

  it("says that it was cancelled when a source rejects because of the signal", async () => {
    const controller = new AbortController();
    const toolbox = fakeToolbox({ ...full, fails: { metric: new Error("aborted") } });
    const inventory = await takeInventory(toolbox, signal);
    controller.abort();

    await expect(
      collect(window, { services: [] }, inventory, toolbox, options, controller.signal),
    ).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("chooseReference", () => {
  const inventory = {
    services: [],
    instances: [],
    topology: null,
    gaps: [],
    extent: { metric: null, log: null, trace: null },
  };
  const day = 24 * 60 * minute;
  const declared = (...metric: { start: number; end: number }[]) => ({
    ...inventory,
    declaredReference: { metric, log: metric, trace: metric },
  });

  it("takes the two hours before the window, less five minutes, where nothing is declared", () => {
    const { metric, from } = chooseReference(declared(), window, options.referenceMs);

    expect(from).toBe("preceding");
    expect(metric).toEqual([{ start: window.start - 125 * minute, end: window.start - 5 * minute }]);
  });

  it("takes the nearest stretch for metrics and all of them for traces", () => {
    const far = { start: normal.start - day, end: normal.end - day };

    const chosen = chooseReference(declared(far, normal), window, options.referenceMs);

    expect(chosen.metric).toEqual([normal]);
    expect(chosen.trace).toEqual([far, normal]);
  });

  it("never compares a window with itself", () => {
    const { from, metric } = chooseReference(declared(window), window, 1000);

    expect(metric[0]!.end).toBeLessThanOrEqual(window.start);
    expect(from).toBe("preceding");
  });

  it("leaves out of a declared period what lies in the window", () => {
    const { metric } = chooseReference(
      declared({ start: window.start - 30 * minute, end: window.start + minute }),
      window,
      options.referenceMs,
    );

    expect(metric).toEqual([{ start: window.start - 30 * minute, end: window.start }]);
  });

  it("takes what was declared inside of the window where nothing before it was", () => {
    const hour = { start: window.end - 60 * minute, end: window.end };
    const healthy = { start: hour.start + 15 * minute, end: hour.end - 12 * minute };

    const { from, metric } = chooseReference(declared(healthy), hour, options.referenceMs);

    expect(from).toBe("declared");
    expect(metric).toEqual([healthy]);
  });
});
