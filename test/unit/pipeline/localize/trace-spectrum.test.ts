import { describe, expect, it } from "vitest";
import { traceRules } from "../../../../pipeline/detect/trace-rules.ts";
import { ochiai, traceSpectrum } from "../../../../pipeline/localize/trace-spectrum.ts";
import type { Span, TraceAnomaly } from "../../../../pipeline/types.ts";
import { slice, span, window } from "../../../fakes/telemetry.ts";

/** frontend calls geo in every trace and rate in every other; geo takes `geoMs(i)`. */
function traces(count: number, geoMs: (index: number) => number, prefix: string): Span[] {
  return Array.from({ length: count }, (_, index) => {
    const traceId = `${prefix}${index}`;
    const spans = [
      span({ traceId, spanId: "1", service: "frontend", durationMs: geoMs(index) + 5 }),
      span({ traceId, spanId: "2", parentId: "1", service: "geo", durationMs: geoMs(index) }),
    ];
    if (index % 2 === 0)
      spans.push(span({ traceId, spanId: "3", parentId: "1", service: "rate", durationMs: 3 }));
    return spans;
  }).flat();
}

function anomaly(traceIds: string[]): TraceAnomaly {
  return {
    id: "trace-1",
    modality: "trace",
    kind: "timeout",
    service: "geo",
    instance: null,
    start: window.start,
    end: window.end,
    severity: 5,
    traceId: traceIds[0]!,
    traceIds,
    traceCount: traceIds.length,
    callPath: ["frontend", "geo"],
    added: [],
    removed: [],
    slowNodes: [],
  };
}

describe("traceSpectrum", () => {
  it("gives Ochiai's coefficient of the published example", () => {
    expect(ochiai(8, 2, 2)).toBeCloseTo(0.8, 12);
    expect(ochiai(0, 2, 2)).toBe(0);
  });

  it("ranks the service first that abnormal traces spend their time in", () => {
    const data = slice({
      referenceSpans: traces(40, (index) => 10 + (index % 3), "r"),
      spans: traces(20, (index) => (index < 10 ? 400 : 10), "w"),
    });

    const ranked = traceSpectrum.localize(data, [
      anomaly(Array.from({ length: 10 }, (_, index) => `w${index}`)),
    ]);

    const best = [...ranked].sort((a, b) => b.score - a.score)[0];
    expect(best).toMatchObject({ service: "geo", evidence: ["trace-1"] });
  });

  it("ranks none where fewer than three traces are abnormal", () => {
    const data = slice({ spans: traces(20, () => 10, "w") });

    expect(traceSpectrum.localize(data, [anomaly(["w0", "w1"])])).toEqual([]);
    expect(traceSpectrum.localize(data, [])).toEqual([]);
  });

  it("counts every abnormal trace, however many one anomaly stands for", () => {
    const failing = (prefix: string, status: Span["status"]) =>
      Array.from({ length: 3000 }, (_, index) =>
        span({ traceId: `${prefix}${index}`, spanId: "1", service: "geo", status }),
      );
    const data = slice({ referenceSpans: failing("r", "ok"), spans: failing("w", "error") });
    const found = traceRules.detect(data).map((one) => ({ ...one, id: "trace-1" }));

    const [geo] = traceSpectrum.localize(data, found);

    expect(geo!.why).toBe("3000 of 3000 abnormal traces pass through it, and 0 normal ones.");
  });
});
