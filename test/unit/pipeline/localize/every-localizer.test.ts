import { describe, expect, it } from "vitest";
import { detect } from "../../../../pipeline/detect/index.ts";
import { type LocalizerName, localize, localizers } from "../../../../pipeline/localize/index.ts";
import { fullStrength } from "../../../../pipeline/localize/strength.ts";
import { PipelineOptions } from "../../../../pipeline/options.ts";
import type { Span, TelemetrySlice } from "../../../../pipeline/types.ts";
import { series, slice, span, window } from "../../../fakes/telemetry.ts";
import { randomOf } from "../detect/inputs.ts";

const names = Object.keys(localizers) as LocalizerName[];
const { detectors } = PipelineOptions.parse({});

function rank(name: LocalizerName, data: TelemetrySlice) {
  return localize(data, detect(data, detectors), [name])[0]!.candidates;
}

/** A request through every service of the chain, each taking `ms` of its own. */
function request(traceId: string, services: readonly string[], start: number, ms: readonly number[]): Span[] {
  const total = (from: number) => ms.slice(from).reduce((sum, own) => sum + own, 0);
  return services.map((service, depth) =>
    span({
      traceId,
      spanId: `${traceId}-${depth}`,
      parentId: depth === 0 ? null : `${traceId}-${depth - 1}`,
      service,
      start: start + depth,
      durationMs: total(depth),
    }),
  );
}

describe.each(names)("%s", (name) => {
  it("ranks nothing of nothing", () => {
    expect(rank(name, slice({}))).toEqual([]);
  });

  it("ranks nothing of one service whose every series is flat", () => {
    const flat = Array.from({ length: 40 }, () => 7);
    const data = slice({
      metrics: ["CpuUsageRate(%)", "latency_p95", "errors"].map((metric) =>
        series({ service: "geo", metric, reference: flat, before: flat.slice(10), window: [7, 7, 7] }),
      ),
      spans: request("w", ["geo"], window.start, [5]),
      referenceSpans: request("r", ["geo"], window.start, [5]),
      services: ["geo"],
    });

    expect(rank(name, data)).toEqual([]);
  });

  it("ranks nothing of series without a past, and of missing values", () => {
    const nothing = Array.from({ length: 30 }, () => Number.NaN);
    const data = slice({
      metrics: [
        series({ service: "geo", window: [1, 90, 90] }),
        series({ service: "rate", reference: nothing, before: nothing, window: [1, 90, 90] }),
        series({ service: "user", reference: [1, 2, 1, 2, 1, 2], window: [Number.NaN, Number.NaN] }),
      ],
      edges: [{ caller: "geo", callee: "rate", calls: 1 }],
    });

    expect(rank(name, data)).toEqual([]);
  });

  it("keeps to finite strengths and to what is there, in a graph in pieces and in circles", () => {
    const random = randomOf(5);
    const values = (count: number, level: number) =>
      Array.from({ length: count }, () => level + random() * 3);
    const services = ["a", "b", "c", "d", "e"];
    const metrics = services.flatMap((service) =>
      ["CpuUsageRate(%)", "requests", "latency_p95", "error_rate", "queue"].map((metric) =>
        series({
          service,
          metric,
          reference: values(60, 10),
          before: values(30, 10),
          window: values(6, service === "c" ? 90 : 10),
        }),
      ),
    );
    const data = slice({
      metrics,
      services,
      edges: [
        { caller: "a", callee: "b", calls: 5 },
        { caller: "b", callee: "a", calls: 5 },
        { caller: "c", callee: "c", calls: 1 },
        { caller: "d", callee: "gone", calls: 1 },
      ],
      spans: [0, 1, 2, 3].flatMap((i) => request(`w${i}`, ["a", "c"], window.start + i, [5, 500])),
      referenceSpans: Array.from({ length: 30 }, (_, i) =>
        request(`r${i}`, ["a", "c"], window.start + i, [5 + random(), 5 + random()]),
      ).flat(),
    });

    const candidates = rank(name, data);

    for (const { service, score, why } of candidates) {
      expect(services).toContain(service);
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(fullStrength + 0.011);
      expect(why).toMatch(/^[^.].*\.$/);
      expect(why).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it("copes with a thousand services", () => {
    const random = randomOf(3);
    const services = Array.from({ length: 1000 }, (_, index) => `s${index}`);
    const data = slice({
      metrics: services.flatMap((service, index) =>
        ["CpuUsageRate(%)", "latency_p95"].map((metric) =>
          series({
            service,
            metric,
            reference: Array.from({ length: 30 }, () => 10 + random()),
            before: Array.from({ length: 10 }, () => 10 + random()),
            window: Array.from({ length: 3 }, () => (index === 500 ? 95 : 10) + random()),
          }),
        ),
      ),
      services,
      edges: services.slice(1).map((callee, index) => ({ caller: services[index >> 1]!, callee, calls: 9 })),
    });

    const candidates = rank(name, data);

    // Who ranks anything here ranks the only service that moved first.
    if (candidates.length > 0) expect(candidates[0]!.service).toBe("s500");
  });
});
