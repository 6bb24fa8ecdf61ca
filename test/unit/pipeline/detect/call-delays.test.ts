import { describe, expect, it } from "vitest";
import { callDelays } from "../../../../pipeline/detect/call-delays.ts";
import type { Span } from "../../../../pipeline/types.ts";
import { slice, span, window } from "../../../fakes/telemetry.ts";

/** frontend calls geo and rate; `network` and `work` add milliseconds to the way and the doing of geo. */
function traces(count: number, prefix: string, delay: { network?: number; work?: number } = {}): Span[] {
  return Array.from({ length: count }, (_, index) => {
    const traceId = `${prefix}${index}`;
    const start = window.start + index * 1000;
    const jitter = index % 4;
    const geo = 20 + jitter + (delay.work ?? 0);
    const way = 4 + jitter + (delay.network ?? 0);
    return [
      span({ traceId, spanId: "1", service: "frontend", start, durationMs: geo + way + 20 }),
      span({
        traceId,
        spanId: "2",
        parentId: "1",
        service: "frontend",
        operation: "call geo",
        start,
        durationMs: geo + way,
      }),
      span({ traceId, spanId: "3", parentId: "2", service: "geo", start: start + way / 2, durationMs: geo }),
      span({
        traceId,
        spanId: "4",
        parentId: "1",
        service: "frontend",
        operation: "call rate",
        start: start + geo + way,
        durationMs: 15,
      }),
      span({
        traceId,
        spanId: "5",
        parentId: "4",
        service: "rate",
        start: start + geo + way + 5,
        durationMs: 10 - jitter,
      }),
    ];
  }).flat();
}

describe("callDelays", () => {
  it("lays a delay on the way to geo to geo's network, in milliseconds", () => {
    const found = callDelays.detect(
      slice({ referenceSpans: traces(40, "r"), spans: traces(30, "w", { network: 300 }) }),
    );

    expect(found.map(({ service, key }) => `${service} ${key.metric}`)).toEqual(["geo NetworkP90(ms)"]);
    expect(found[0]!.instance).toBe("geo-1");
    expect(found[0]!.peak).toBeGreaterThan(150);
    expect(found[0]!.mean).toBeLessThan(10);
    expect(found[0]!.segment).toHaveLength(30);
  });

  it("lays slow work to the service's own time, not to the network", () => {
    const found = callDelays.detect(
      slice({ referenceSpans: traces(40, "r"), spans: traces(30, "w", { work: 300 }) }),
    );

    expect(found.map(({ service, key }) => `${service} ${key.metric}`)).toEqual(["geo SelfTimeP90(ms)"]);
  });

  it("finds nothing in what is usual, in shifts under 20 ms, or without a reference", () => {
    const reference = traces(40, "r");

    expect(callDelays.detect(slice({ referenceSpans: reference, spans: traces(30, "w") }))).toEqual([]);
    expect(
      callDelays.detect(slice({ referenceSpans: reference, spans: traces(30, "w", { network: 15 }) })),
    ).toEqual([]);
    expect(callDelays.detect(slice({ spans: traces(30, "w", { network: 300 }) }))).toEqual([]);
  });

  it("finds nothing in fewer than five calls", () => {
    const data = slice({ referenceSpans: traces(40, "r"), spans: traces(4, "w", { network: 300 }) });

    expect(callDelays.detect(data)).toEqual([]);
  });

  it("does not take a clock that runs ahead for a delay", () => {
    const skewed = traces(30, "w").map((one) =>
      one.service === "geo" ? { ...one, start: one.start - 500 } : one,
    );

    expect(callDelays.detect(slice({ referenceSpans: traces(40, "r"), spans: skewed }))).toEqual([]);
  });

  it("lays no own time to a caller whose next call begins after the window's end", () => {
    const calls = (count: number, prefix: string, from: number, callMs: number, until: number): Span[] =>
      Array.from({ length: count }, (_, index) => {
        const traceId = `${prefix}${index}`;
        const start = from + index * 1000;
        return [
          span({ traceId, spanId: "1", service: "web", start, durationMs: 2 * callMs + 10 }),
          ...["2", "4"].flatMap((spanId, place) => {
            const at = start + 1 + place * (callMs + 2);
            const call = { traceId, start: at, durationMs: callMs };
            return [
              span({ ...call, spanId, parentId: "1", service: "web", operation: "call geo" }),
              span({ ...call, spanId: `${spanId}s`, parentId: spanId, service: "geo", start: at + 1 }),
            ];
          }),
        ];
      })
        .flat()
        .filter(({ start }) => start < until);

    const found = callDelays.detect(
      slice({
        referenceSpans: calls(40, "r", window.start, 30, Number.POSITIVE_INFINITY),
        spans: calls(180, "w", window.start, 40_000, window.end),
      }),
    );

    expect(found.map(({ service, key }) => `${service} ${key.metric}`)).toEqual(["geo SelfTimeP90(ms)"]);
  });

  it("takes 1,000 rare callers of a service that is called 100,000 times", { timeout: 8000 }, () => {
    const pair = (traceId: string, service: string, start: number): Span[] => [
      span({ traceId, spanId: "1", service, start, durationMs: 50 }),
      span({ traceId, spanId: "2", parentId: "1", service: "store", start: start + 1, durationMs: 20 }),
    ];
    const rare = Array.from({ length: 1000 }, (_, index) => pair(`rare${index}`, `c${index}`, window.start));
    const many = Array.from({ length: 100_000 }, (_, index) =>
      pair(`m${index}`, "web", window.start + index),
    );

    const data = slice({ referenceSpans: many.flat(), spans: rare.flat() });

    expect(callDelays.detect(data)).toEqual([]);
  });
});
