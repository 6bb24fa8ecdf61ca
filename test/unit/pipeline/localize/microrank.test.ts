import { describe, expect, it } from "vitest";
import { microrank } from "../../../../pipeline/localize/microrank.ts";
import type { Span } from "../../../../pipeline/types.ts";
import { slice, span, traceAnomaly } from "../../../fakes/telemetry.ts";

/** web calls one of the others. */
function request(traceId: string, callee: string): Span[] {
  return [
    span({ traceId, spanId: `${traceId}-0`, service: "web" }),
    span({ traceId, spanId: `${traceId}-1`, parentId: `${traceId}-0`, service: callee }),
  ];
}

const failing = ["f1", "f2", "f3", "f4"];
const passing = ["p1", "p2", "p3", "p4", "p5", "p6"];
const spans = [
  ...failing.flatMap((id) => request(id, "geo")),
  ...passing.flatMap((id, index) => request(id, index === 0 ? "geo" : "rate")),
];

describe("microrank", () => {
  it("puts the operation that only abnormal traces have before the one that all have", () => {
    const ranked = microrank.localize(slice({ spans }), [
      traceAnomaly({ id: "trace-1", service: "web", traceIds: failing, callPath: ["web", "geo"] }),
    ]);

    expect(ranked.map(({ service }) => service).sort()).toEqual(["geo", "web"]);
    const score = (service: string) => ranked.find((one) => one.service === service)!.score;
    expect(score("geo")).toBeGreaterThan(score("web"));
    expect(ranked.every(({ evidence }) => evidence.includes("trace-1"))).toBe(true);
  });

  it("ranks nothing of two abnormal traces, or where all are", () => {
    const anomaly = (traceIds: string[]) => [traceAnomaly({ id: "trace-1", service: "web", traceIds })];

    expect(microrank.localize(slice({ spans }), anomaly(["f1", "f2"]))).toEqual([]);
    expect(microrank.localize(slice({ spans }), anomaly([...failing, ...passing]))).toEqual([]);
  });

  it("takes normal traces of the reference period where the window has too few", () => {
    const ranked = microrank.localize(
      slice({
        spans: failing.flatMap((id) => request(id, "geo")),
        referenceSpans: passing.flatMap((id) => request(id, "rate")),
      }),
      [traceAnomaly({ id: "trace-1", service: "geo", traceIds: failing })],
    );

    expect(ranked.find(({ service }) => service === "geo")!.score).toBeGreaterThan(2.9);
  });
});
