import { describe, expect, it } from "vitest";
import { assembleTraces } from "../../../../pipeline/detect/assemble-traces.ts";
import { detect } from "../../../../pipeline/detect/index.ts";
import { line, seriesOf, sliceOf, span } from "./inputs.ts";

const names = { metric: ["three-sigma"], trace: ["trace-rules"], log: ["log-templates"] } as const;
const normal = Array.from({ length: 40 }, (_, i) => 10 + (i % 4));

describe("detect", () => {
  it("numbers anomalies by severity, and equal ones the same way whatever their order", () => {
    const key = (service: string) => ({ service, instance: null, metric: "cpu" });
    const metrics = [
      seriesOf(normal, [30, 30], { key: key("rate") }),
      seriesOf(normal, [90, 90], { key: key("geo") }),
      seriesOf(normal, [30, 30], { key: key("auth") }),
    ];

    const found = detect(sliceOf({ metrics }), names);

    expect(found.map(({ id, service }) => [id, service])).toEqual([
      ["metric-1", "geo"],
      ["metric-2", "auth"],
      ["metric-3", "rate"],
    ]);
    expect(detect(sliceOf({ metrics: metrics.toReversed() }), names)).toEqual(found);
  });

  it("finds nothing in an empty slice, with every detector there is", () => {
    const all = {
      metric: ["three-sigma"],
      trace: ["trace-rules", "call-delays"],
      log: ["log-templates", "broken-sequences"],
    } as const;

    expect(detect(sliceOf({}), all)).toEqual([]);
  });

  it("puts metrics before traces before logs, each numbered from one, in whatever order they are named", () => {
    const metrics = [seriesOf(normal, [90, 90])];
    const failing = (traceId: string, status: "ok" | "error") => span("a", null, "geo", { traceId, status });
    const traces = {
      reference: assembleTraces(Array.from({ length: 40 }, (_, i) => failing(`r${i}`, "ok"))),
      window: assembleTraces(Array.from({ length: 10 }, (_, i) => failing(`w${i}`, "error"))),
    };
    const said = (body: string, count: number) => Array.from({ length: count }, () => line(body));
    const logs = {
      reference: said("all is well", 40),
      window: [...said("all is well", 40), ...said("panic: no reachable servers", 20)],
      isSampled: false,
    };

    const found = detect(sliceOf({ metrics, traces, logs }), names);
    const other = detect(sliceOf({ metrics, traces, logs }), {
      log: ["broken-sequences", "log-templates"],
      trace: ["call-delays", "trace-rules"],
      metric: ["three-sigma"],
    });

    expect(found.map(({ id }) => id)).toEqual(["metric-1", "trace-1", "log-1"]);
    expect(other).toEqual(found);
  });

  it("leaves a metric to the detector that the operator names for it, and says so", () => {
    const metrics = [
      seriesOf(normal, [90, 90], { key: { service: "geo", instance: null, metric: "queue.depth" } }),
      seriesOf(normal, [90, 90], { key: { service: "rate", instance: null, metric: "queue.depth" } }),
    ];
    const perMetric = [
      { metric: "queue", detector: "spot" },
      { metric: "queue.*", service: "g*", detector: "dbscan" },
      { metric: "*", service: "geo", detector: "spot" },
    ] as const;

    const found = detect(sliceOf({ metrics }), { ...names, perMetric });

    expect(found).toMatchObject([
      { service: "geo", detector: "dbscan", chosenSince: "the configuration says so" },
      { service: "rate", detector: "three-sigma" },
    ]);
  });
});
