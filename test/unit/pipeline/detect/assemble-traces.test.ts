import { describe, expect, it } from "vitest";
import { assembleTraces } from "../../../../pipeline/detect/assemble-traces.ts";
import { span } from "./inputs.ts";

describe("assembleTraces", () => {
  it("orders traces and spans by start and finds the parents, whatever order they came in", () => {
    const a = span("a", null, "web", { start: 5, durationMs: 20 });
    const b = span("b", "a", "geo", { start: 7, durationMs: 3 });
    const other = span("a", null, "web", { traceId: "u", start: 1, durationMs: 1 });

    const traces = assembleTraces([b, a, other]);

    expect(traces.map(({ traceId, start, end }) => [traceId, start, end])).toEqual([
      ["u", 1, 2],
      ["t", 5, 25],
    ]);
    expect(traces[1]?.spans.map(({ spanId }) => spanId)).toEqual(["a", "b"]);
    expect([...(traces[1]?.parents ?? [])]).toEqual([-1, 0]);
  });

  it("finds a parent that starts after its child", () => {
    const [trace] = assembleTraces([
      span("b", "a", "geo", { start: 1 }),
      span("a", null, "web", { start: 2 }),
    ]);

    expect([...(trace?.parents ?? [])]).toEqual([1, -1]);
  });

  it("counts a repeated span once and takes two spans of one id for the two sides of a call", () => {
    const client = span("a", null, "web", { start: 1, durationMs: 9 });
    const server = span("a", null, "geo", { start: 2, durationMs: 5 });

    const [trace] = assembleTraces([client, server, client]);

    expect(trace?.spans).toHaveLength(2);
    expect([...(trace?.parents ?? [])]).toEqual([-1, 0]);
  });

  it("cuts cycles, and leaves lost parents lost", () => {
    const [trace] = assembleTraces([
      span("a", "c", "web", { start: 1 }),
      span("b", "a", "geo", { start: 2 }),
      span("c", "b", "rate", { start: 3 }),
      span("d", "d", "self", { start: 4 }),
      span("e", "gone", "lost", { start: 5 }),
    ]);

    expect([...(trace?.parents ?? [])]).toEqual([-1, 0, 1, -1, -1]);
  });

  it("makes no trace of no spans", () => {
    expect(assembleTraces([])).toEqual([]);
  });

  it("takes 200,000 spans that all have the same ids", { timeout: 3000 }, () => {
    const spans = Array.from({ length: 200_000 }, (_, index) => span("", "", "web", { start: index }));

    expect(assembleTraces(spans)[0]?.spans).toHaveLength(200_000);
  });
});
