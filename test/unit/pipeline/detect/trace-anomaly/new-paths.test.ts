import { describe, expect, it } from "vitest";
import { assembleTraces } from "../../../../../pipeline/detect/assemble-traces.ts";
import { newPaths } from "../../../../../pipeline/detect/trace-anomaly/new-paths.ts";
import type { Span } from "../../../../../pipeline/types.ts";
import { span } from "../inputs.ts";

const model = {
  columns: { paths: ["web"], mean: [100], std: [10] },
  knownPaths: ["web"],
  size: { columns: 1, hidden: 1, latent: 1, blocks: 1 },
  threshold: 0,
  weights: [],
};

/** web calls rate, which the model does not know, once in each of so many half minutes. */
function calls(count: number, more: (index: number) => Partial<Span> = () => ({}), root: Partial<Span> = {}) {
  return assembleTraces(
    Array.from({ length: count }, (_, i) => {
      const place = { traceId: `t${i}`, start: i * 30_000 };
      return [
        span("a", null, "web", { ...place, durationMs: 100, ...root }),
        span("b", "a", "rate", { ...place, ...more(i) }),
      ];
    }).flat(),
  );
}

const learnt = (traces: ReturnType<typeof calls>) => newPaths(model, traces);

describe("newPaths", () => {
  it("names a path of ten good traces on five minutes", () => {
    expect(learnt(calls(10))).toEqual(["web -> rate"]);
    expect(learnt(calls(9))).toEqual([]);
  });

  it("does not learn from a burst", () => {
    expect(learnt(calls(50, () => ({ start: 0 }), { start: 0 }))).toEqual([]);
  });

  it("does not learn a path that often comes with failures, as retries do", () => {
    expect(learnt(calls(30, (i) => ({ status: i % 5 === 0 ? "error" : "ok" })))).toEqual([]);
    expect(learnt(calls(30, (i) => ({ status: i === 0 ? "error" : "ok" })))).toHaveLength(1);
  });

  it("does not learn from traces that are slow where the model knows what is usual", () => {
    expect(learnt(calls(30, undefined, { durationMs: 131 }))).toEqual([]);
  });

  it("does not learn from traces without a root", () => {
    expect(learnt(calls(30, undefined, { parentId: "lost" }))).toEqual([]);
  });
});
