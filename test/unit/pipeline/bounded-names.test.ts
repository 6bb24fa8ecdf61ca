import { describe, expect, it } from "vitest";
import { boundNames } from "../../../pipeline/bounded-names.ts";
import { line, series, slice, span } from "../../fakes/telemetry.ts";

const long = "x".repeat(50_000);

describe("boundNames", () => {
  it("cuts names of metrics, instances, units and operations that are longer than any name", () => {
    const bounded = boundNames(
      slice({
        metrics: [series({ service: "geo", metric: long, instance: long, unit: long, window: [1] })],
        logs: [line({ service: "geo", body: long, instance: long })],
        spans: [span({ traceId: "t", spanId: "1", service: "geo", operation: long, instance: long })],
      }),
    );

    const [metric] = bounded.metrics;
    const [operation] = bounded.traces.window[0]?.spans ?? [];
    const names = [metric?.key.metric, metric?.key.instance, metric?.unit, bounded.logs.window[0]?.instance];
    for (const name of [...names, operation?.operation, operation?.instance]) {
      expect(name).toHaveLength(300);
      expect(name?.endsWith("…")).toBe(true);
    }
    expect(bounded.logs.window[0]?.body).toBe(long);
  });

  it("keeps the very objects whose names fit", () => {
    const made = slice({
      metrics: [series({ service: "geo", window: [1] })],
      logs: [line({ service: "geo", body: "x" })],
      spans: [span({ traceId: "t", spanId: "1", service: "geo" })],
    });

    const bounded = boundNames(made);

    expect(bounded.metrics[0]).toBe(made.metrics[0]);
    expect(bounded.logs.window[0]).toBe(made.logs.window[0]);
    expect(bounded.traces.window[0]).toBe(made.traces.window[0]);
  });
});
