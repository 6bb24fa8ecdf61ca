import { describe, expect, it } from "vitest";
import { assembleTraces } from "../../../../pipeline/detect/assemble-traces.ts";
import { callPaths, visitsOf } from "../../../../pipeline/detect/call-path.ts";
import type { Span, Trace } from "../../../../pipeline/types.ts";
import { randomOf, span } from "./inputs.ts";

function visits(spans: readonly Span[]) {
  const paths = callPaths();
  const [trace] = assembleTraces(spans);
  const found = trace === undefined ? [] : visitsOf(trace, paths);
  return found
    .map(({ path, durationMs, selfMs }) => [paths.servicesOf(path).join(" > "), durationMs, selfMs])
    .sort(
      (a, b) =>
        String(a[0]).localeCompare(String(b[0])) ||
        Number(a[1]) - Number(b[1]) ||
        Number(a[2]) - Number(b[2]),
    );
}

describe("visitsOf", () => {
  it("steps from service to service and takes overlapping calls off the own time once", () => {
    expect(
      visits([
        span("a", null, "web", { start: 0, durationMs: 100 }),
        span("i", "a", "web", { start: 1, durationMs: 90 }),
        span("b", "i", "geo", { start: 10, durationMs: 30 }),
        span("c", "i", "rate", { start: 20, durationMs: 40 }),
      ]),
    ).toEqual([
      ["web", 100, 50],
      ["web > geo", 30, 30],
      ["web > rate", 40, 40],
    ]);
  });

  it("takes nothing off for an asynchronous call and moves an early clock to the caller's start", () => {
    expect(
      visits([
        span("a", null, "web", { start: 100, durationMs: 10 }),
        span("b", "a", "mail", { start: 105, durationMs: 5000 }),
        span("c", "a", "geo", { start: 40, durationMs: 4 }),
      ]),
    ).toContainEqual(["web", 10, 6]);
  });

  it("keeps microseconds and hours", () => {
    expect(
      visits([
        span("a", null, "web", { start: 0, durationMs: 7_200_000 }),
        span("b", "a", "geo", { start: 1, durationMs: 0.001 }),
      ]),
    ).toEqual([
      ["web", 7_200_000, 7_200_000 - 0.001],
      ["web > geo", 0.001, 0.001],
    ]);
  });

  it("ends at thirty services and on parents that form a cycle", () => {
    const chain = Array.from({ length: 50 }, (_, i) =>
      span(`${i}`, i === 0 ? null : `${i - 1}`, `s${i}`, { start: i, durationMs: 100 - i }),
    );
    expect(visits(chain)).toHaveLength(30);

    const cyclic: Trace = {
      traceId: "t",
      spans: [span("a", "b", "web"), span("b", "a", "geo")],
      parents: Int32Array.from([1, 0]),
      start: 0,
      end: 1,
    };
    expect(visitsOf(cyclic, callPaths())).toHaveLength(2);
  });

  it("gives the same paths and times whatever the order of the spans", () => {
    const random = randomOf(11);
    for (let round = 0; round < 30; round++) {
      const spans = Array.from({ length: 25 }, (_, i) =>
        span(`${i}`, i === 0 ? null : `${Math.floor(random() * i)}`, `s${Math.floor(random() * 6)}`, {
          start: Math.floor(random() * 20),
          durationMs: Math.floor(random() * 50),
        }),
      );
      const shuffled = [...spans].sort(
        (a, b) => ((Number(a.spanId) * 7919) % 31) - ((Number(b.spanId) * 7919) % 31),
      );

      expect(visits(shuffled)).toEqual(visits(spans));
    }
  });
});
