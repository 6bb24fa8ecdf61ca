import { describe, expect, it } from "vitest";
import { detect } from "../../../../pipeline/detect/index.ts";
import { failureOrigin } from "../../../../pipeline/localize/failure-origin.ts";
import { PipelineOptions } from "../../../../pipeline/options.ts";
import type { Span } from "../../../../pipeline/types.ts";
import { referencePeriod, slice, span, window } from "../../../fakes/telemetry.ts";

interface Times {
  readonly frontend?: number;
  readonly search?: number;
  readonly geo?: number;
}

/** Requests through frontend, search and geo, of which those in `failed` fail. */
function requests(count: number, at: number, failed: readonly string[] = [], ms: Times = {}): Span[] {
  return Array.from({ length: count }, (_, index) => {
    const traceId = `${at}-${index}`;
    const start = at + index * 1000;
    const status = (service: string) => (failed.includes(service) ? ("error" as const) : ("ok" as const));
    const one = (service: string, spanId: string, parentId: string | null, durationMs: number) =>
      span({
        traceId,
        spanId,
        parentId,
        service,
        start: start + Number(spanId),
        durationMs,
        status: status(service),
      });
    return [
      one("frontend", "1", null, ms.frontend ?? 30),
      one("search", "2", "1", ms.search ?? 20),
      one("geo", "3", "2", ms.geo ?? 10),
    ];
  }).flat();
}

const normal = requests(40, referencePeriod.start);

function ranked(spans: readonly Span[]) {
  const seen = slice({ spans, referenceSpans: normal });
  const found = failureOrigin.localize(seen, detect(seen, PipelineOptions.parse({}).detectors));
  return new Map(found.map((candidate) => [candidate.service, candidate]));
}

describe("failureOrigin", () => {
  it("ranks the service that failures begin at, and tells who only passes them on", () => {
    const found = ranked(requests(20, window.start, ["geo", "search", "frontend"]));

    expect(found.get("geo")?.score).toBeGreaterThan(5);
    expect(found.get("geo")?.why).toBe("20 of 20 failed requests began to fail there.");
    expect(found.get("geo")?.waitsFor).toBeUndefined();
    expect(found.get("search")).toMatchObject({ score: 0, waitsFor: "geo" });
    expect(found.get("frontend")).toMatchObject({ score: 0, waitsFor: "search" });
    expect(found.get("frontend")?.evidence.length).toBeGreaterThan(0);
  });

  it("lets a service that fails by itself wait for nobody", () => {
    const own = requests(10, window.start, ["search", "frontend"]);
    const passed = requests(10, window.start + 60_000, ["geo", "search", "frontend"]);

    const found = ranked([...own, ...passed]);

    expect(found.get("search")?.waitsFor).toBeUndefined();
    expect(found.get("search")?.score).toBeCloseTo(found.get("geo")?.score ?? Number.NaN, 6);
    expect(found.get("frontend")?.waitsFor).toBe("search");
  });

  it("follows lost time down to the service that lost it", () => {
    const found = ranked(requests(20, window.start, [], { frontend: 930, search: 920, geo: 910 }));

    expect(found.get("geo")).toBeUndefined();
    expect(found.get("search")).toMatchObject({ score: 0, waitsFor: "geo" });
    expect(found.get("frontend")).toMatchObject({ score: 0, waitsFor: "search" });
  });

  it("takes time that no callee lost for the service's own, as with more calls than usual", () => {
    const found = ranked(requests(20, window.start, [], { frontend: 930, search: 920 }));

    expect(found.get("search")).toBeUndefined();
    expect(found.get("frontend")).toMatchObject({ waitsFor: "search" });
  });

  it("ranks nothing where nothing is wrong", () => {
    expect(ranked(requests(20, window.start)).size).toBe(0);
  });
});
