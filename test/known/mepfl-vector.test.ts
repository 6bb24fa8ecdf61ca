import { describe, expect, it } from "vitest";
import { assembleTraces } from "../../pipeline/detect/assemble-traces.ts";
import { authorsVector } from "../../pipeline/localize/mepfl/features.ts";
import { span, window } from "../fakes/telemetry.ts";

describe("authorsVector", () => {
  // The feature layout of the seed paper's code: [S, services in the trace, duration, status, own time, …].
  it("is the published vector of a call and two answers", () => {
    const spans = [
      span({ traceId: "t", spanId: "root", service: "A", durationMs: 100 }),
      span({
        traceId: "t",
        spanId: "one",
        parentId: "root",
        service: "B",
        start: window.start + 5,
        durationMs: 30,
      }),
      span({
        traceId: "t",
        spanId: "two",
        parentId: "root",
        service: "B",
        start: window.start + 40,
        durationMs: 50,
      }),
    ];
    const [trace] = assembleTraces(spans);

    const vector = authorsVector(trace!, ["A", "B"], (at) =>
      trace!.spans[at]!.spanId === "two" ? 500 : 200,
    );

    expect([...vector]).toEqual([2, 2, 100, 200, 50, 50, 500, 50]);
  });
});
