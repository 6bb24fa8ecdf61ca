import { describe, expect, it } from "vitest";
import { assembleTraces } from "../../../../pipeline/detect/assemble-traces.ts";
import { traceBaselineSize, traceRules } from "../../../../pipeline/detect/trace-rules.ts";
import type { Span } from "../../../../pipeline/types.ts";
import { randomOf, sliceOf, span } from "./inputs.ts";

/** web calls geo, geo calls store; `slow` more milliseconds are spent in the store. */
function request(traceId: string, at: number, slow = 0, more: Partial<Span> = {}): Span[] {
  const jitter = (Number(traceId.slice(1)) * 7) % 5;
  return [
    span("a", null, "web", { traceId, start: at, durationMs: 100 + jitter + slow, ...more }),
    span("b", "a", "geo", { traceId, start: at + 10, durationMs: 60 + jitter + slow, ...more }),
    span("c", "b", "store", { traceId, start: at + 20, durationMs: 20 + jitter + slow, ...more }),
  ];
}

const many = (
  count: number,
  prefix: string,
  at: number,
  make: (id: string, at: number, i: number) => Span[],
) => Array.from({ length: count }, (_, i) => make(`${prefix}${i}`, at + 1000 * i, i)).flat();
const normal = assembleTraces(many(60, "n", 0, (id, at) => request(id, at)));
const find = (window: readonly Span[], reference = normal) =>
  traceRules.detect(sliceOf({ traces: { reference, window: assembleTraces(window) } }));

describe("trace-rules", () => {
  it("finds nothing in traces like the normal ones, or in none", () => {
    expect(find(many(60, "w", 1_000_000, (id, at) => request(id, at)))).toEqual([]);
    expect(find([])).toEqual([]);
    expect(find([], [])).toEqual([]);
  });

  it("puts slow traces together under the deepest service that is slow by itself", () => {
    const found = find(many(40, "w", 1_000_000, (id, at, i) => request(id, at, i < 10 ? 500 : 0)));

    expect(found).toMatchObject([
      {
        kind: "timeout",
        service: "store",
        instance: "store-0",
        traceCount: 10,
        callPath: ["web", "geo", "store"],
      },
    ]);
    const [anomaly] = found;
    expect(anomaly?.slowNodes.map(({ service, suspect }) => [service, suspect])).toEqual([
      ["web", false],
      ["geo", false],
      ["store", true],
    ]);
    for (const { durationMs, limitMs, excessMs } of anomaly?.slowNodes ?? []) {
      expect(excessMs).toBeCloseTo(durationMs - limitMs, 9);
      expect(excessMs).toBeGreaterThan(480);
    }
    expect(anomaly?.start).toBe(1_000_000);
    expect(anomaly?.end).toBe(1_009_000 + 100 + ((9 * 7) % 5) + 500);
  });

  it("tells slow traces of many moments, and keeps those of one stall as a signal", () => {
    const spread = find(many(40, "w", 1_000_000, (id, at, i) => request(id, at, i < 10 ? 500 : 0)));
    const together = many(40, "w", 1_000_000, (id, at, i) =>
      i < 10 ? request(id, 1_000_000 + 50 * i, 500) : request(id, at),
    );

    expect(spread.map(({ isSignal }) => isSignal)).toEqual([undefined]);
    expect(find(together)).toMatchObject([{ service: "store", traceCount: 10, isSignal: true }]);
  });

  it("tells failures that go on for as long as requests come", () => {
    const failing = many(400, "w", 1_000_000, (id, _at, i) =>
      request(id, 1_000_000 + 100 * i, 0, { status: i % 3 === 0 ? "error" : "ok" }),
    );

    const [anomaly] = find(failing);

    expect(anomaly).toMatchObject({ kind: "error", traceCount: 134 });
    expect(anomaly?.isSignal).toBeUndefined();
  });

  it("sets the limit at mean + 3 standard deviations of at least six twins, pooled per edge under 20", () => {
    const few = assembleTraces(many(6, "n", 0, (id, at) => request(id, at)));
    const slow = many(6, "w", 1_000_000, (id, at) => request(id, at, 500));

    const [anomaly] = find(slow, few);

    // Web takes 100 to 104 ms (0, 2, 4, 1, 3, 0): mean 101.667, so the 5 % floor of the deviation holds.
    const mean = 100 + 10 / 6;
    expect(anomaly?.slowNodes[0]?.limitMs).toBeCloseTo(mean + 3 * 0.05 * mean, 6);
    expect(find(slow, few.slice(0, 5))).toEqual([]);
  });

  it("reports a request that breaks off, with where it broke", () => {
    const broken = many(40, "w", 1_000_000, (id, at, i) => request(id, at).slice(0, i < 8 ? 2 : 3));

    expect(find(broken)).toMatchObject([
      { kind: "structural", service: "geo", traceCount: 8, removed: ["web -> geo -> store"], added: [] },
    ]);
  });

  it("reports calls that no normal trace makes, once they are no chance", () => {
    const extra = (count: number) =>
      many(40, "w", 1_000_000, (id, at, i) => [
        ...request(id, at),
        ...(i < count ? [span("x", "b", "mirror", { traceId: id, start: at + 15, durationMs: 1 })] : []),
      ]);

    expect(find(extra(8))).toMatchObject([
      { kind: "structural", service: "mirror", added: ["web -> geo -> mirror"], traceCount: 8 },
    ]);
    expect(find(extra(1))).toEqual([]);
  });

  it("takes a trace that the window cuts off for unfinished, not for broken", () => {
    const cut = many(10, "w", 1_990_000, (id, at) => request(id, at).slice(0, 2)).map((one) => ({
      ...one,
      durationMs: 60_000,
    }));

    expect(find(cut).filter(({ kind }) => kind === "structural")).toEqual([]);
  });

  it("reports failed spans by the deepest, even without normal traces", () => {
    const failing = many(4, "w", 1_000_000, (id, at) => request(id, at, 0, { status: "error" }));

    expect(find(failing, [])).toMatchObject([
      { kind: "error", service: "store", traceCount: 4, callPath: ["web", "geo", "store"] },
    ]);
    const usual = assembleTraces(many(60, "n", 0, (id, at) => request(id, at, 0, { status: "error" })));
    expect(find(failing, usual)).toEqual([]);
  });

  it("calls traces with lost parents incomplete, but not those that began before the window", () => {
    const lost = (at: number) => many(5, "w", at, (id, start) => request(id, start).slice(1));

    expect(find(lost(1_500_000))).toMatchObject([{ kind: "incomplete", service: "geo", traceCount: 5 }]);
    expect(find(lost(1_000_000).slice(0, 2))).toEqual([]);
  });

  it("does not depend on the order of the spans", () => {
    const spans = many(40, "w", 1_000_000, (id, at, i) => request(id, at, i < 10 ? 500 : 0));
    const random = randomOf(5);
    const shuffled = spans.map((one) => ({ one, place: random() })).sort((a, b) => a.place - b.place);

    expect(find(shuffled.map(({ one }) => one))).toEqual(find(spans));
  });

  it("counts the whole normal traces", () => {
    expect(traceBaselineSize(sliceOf({ traces: { reference: normal, window: [] } }))).toBe(60);
    const orphans = assembleTraces(many(3, "n", 0, (id, at) => request(id, at).slice(1)));
    expect(traceBaselineSize(sliceOf({ traces: { reference: orphans, window: [] } }))).toBe(0);
  });
});
