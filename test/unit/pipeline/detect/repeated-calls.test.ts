import { describe, expect, it } from "vitest";
import { callRepeats } from "../../../../pipeline/detect/repeated-calls.ts";
import { repeatedCallers } from "../../../../pipeline/localize/repeated-calls.ts";
import type { Span } from "../../../../pipeline/types.ts";
import { referencePeriod, slice, span, window } from "../../../fakes/telemetry.ts";

/** Requests to cart, each with these calls, one after the other. */
function requests(
  count: number,
  at: number,
  calls: readonly string[],
  status: Span["status"] = "ok",
): Span[] {
  return Array.from({ length: count }, (_, index) => {
    const traceId = `${at}-${index}`;
    const start = at + index * 1000;
    return [
      span({ traceId, spanId: "root", service: "cart", start, durationMs: 500 }),
      ...calls.map((operation, place) =>
        span({
          traceId,
          spanId: `${place}`,
          parentId: "root",
          service: "cart",
          operation,
          start: start + 1 + place,
          status,
        }),
      ),
    ];
  }).flat();
}

const times = (count: number, ...calls: readonly string[]) =>
  Array.from({ length: count }, () => calls).flat();
const normal = requests(20, referencePeriod.start, ["MGET cache", "HGET store", "SET cache"]);
const found = (spans: readonly Span[], referenceSpans: readonly Span[] = normal) =>
  callRepeats.detect(slice({ spans, referenceSpans }));

describe("callRepeats", () => {
  it("finds the service that makes the same call many times in a row", () => {
    const spans = requests(10, window.start, ["MGET cache", ...times(60, "HGET store"), "SET cache"]);

    expect(found(spans)).toMatchObject([
      { service: "cart", instance: "cart-1", peak: 60, mean: 1, zPeak: 59, direction: "up" },
    ]);
  });

  it.each([
    ["calls by turns, as with an empty cache", times(60, "HGET store", "SET cache"), "ok" as const, normal],
    ["what failed and is tried again", times(60, "HGET store"), "error" as const, normal],
    ["one more try", times(2, "HGET store"), "ok" as const, normal],
    [
      "what was repeated before",
      times(60, "HGET store"),
      "ok" as const,
      requests(20, referencePeriod.start, times(55, "HGET store")),
    ],
    ["a call that was never seen", times(60, "SCAN store"), "ok" as const, normal],
    ["a call without a past", times(60, "HGET store"), "ok" as const, []],
  ])("finds none in %s", (_what, calls, status, reference) => {
    expect(found(requests(10, window.start, calls, status), reference)).toEqual([]);
  });

  it("finds none in so few requests that it may be chance", () => {
    expect(found(requests(4, window.start, times(60, "HGET store")))).toEqual([]);
  });
});

describe("repeatedCallers", () => {
  it("blames the service that asks, as strongly as it repeats itself", () => {
    const [anomaly] = found(requests(10, window.start, times(60, "HGET store")));
    if (anomaly === undefined) throw new Error("nothing was found");

    expect(repeatedCallers.localize(slice({}), [{ ...anomaly, id: "metric-1" }])).toEqual([
      {
        service: "cart",
        instance: "cart-1",
        metric: "CallsInARow",
        symptom: false,
        score: Math.log2(60),
        evidence: ["metric-1"],
        why: "It makes the same call 60 times in a row where 1 is usual.",
      },
    ]);
  });
});
