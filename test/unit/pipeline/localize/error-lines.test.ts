import { describe, expect, it } from "vitest";
import { detect } from "../../../../pipeline/detect/index.ts";
import { errorLines } from "../../../../pipeline/localize/error-lines.ts";
import { PipelineOptions } from "../../../../pipeline/options.ts";
import type { LogLine, TelemetrySlice } from "../../../../pipeline/types.ts";
import { line, referencePeriod, series, slice, span, window } from "../../../fakes/telemetry.ts";

const edges = [
  { caller: "web", callee: "search", calls: 9 },
  { caller: "search", callee: "geo", calls: 9 },
  { caller: "geo", callee: "geo-store", calls: 9 },
];
const calm = ["web", "search", "geo"].flatMap((service) =>
  Array.from({ length: 60 }, (_, index) =>
    line({ service, body: "request done", t: referencePeriod.start + index * 1000 }),
  ),
);

function repeated(service: string, level: string, ...bodies: readonly string[]): LogLine[] {
  return Array.from({ length: 40 }, (_, index) =>
    bodies.map((body, order) => {
      const isLast = order === bodies.length - 1;
      return line({ service, body, level: isLast ? level : "INFO", t: window.start + index * 4000 + order });
    }),
  ).flat();
}

function ranked(parts: Parameters<typeof slice>[0]) {
  const data: TelemetrySlice = slice({ referenceLogs: calm, edges, ...parts });
  const found = errorLines.localize(data, detect(data, PipelineOptions.parse({}).detectors));
  return new Map(found.map((candidate) => [candidate.service, candidate]));
}

const chain = [
  ...repeated("web", "ERROR", "hotels failed: search.nearby: geo.near: deadline exceeded"),
  ...repeated("search", "ERROR", "nearby failed: geo.near: deadline exceeded"),
];
const ends = repeated("geo", "FATAL", "dialing geo-store", "panic: no reachable servers");

describe("errorLines", () => {
  it("follows lines that pass a failure on to the service that they name last", () => {
    const found = ranked({ logs: chain });

    expect(found.get("geo")?.score).toBeGreaterThan(3.5);
    expect(found.get("web")).toMatchObject({ score: 0, waitsFor: "geo" });
    expect(found.get("search")).toMatchObject({ score: 0, waitsFor: "geo" });
  });

  it("goes on from a service that ends to what it turned to last", () => {
    const found = ranked({ logs: [...chain, ...ends] });

    expect(found.get("geo-store")?.why).toBe(
      'geo ended 40 times with "panic: no reachable servers", each time after turning to it.',
    );
    expect(found.get("geo")).toMatchObject({ score: 0, waitsFor: "geo-store", waitsWholly: true });
    expect(found.get("search")).toMatchObject({ score: 0, waitsFor: "geo-store" });
  });

  it("does not blame a store that is well for what ends after turning to it", () => {
    const well = series({
      service: "geo-store",
      reference: Array.from({ length: 20 }, () => 5),
      window: [5, 5, 5],
    });

    const found = ranked({ logs: ends, metrics: [well] });

    expect(found.get("geo")?.score).toBeGreaterThan(5);
    expect(found.get("geo-store")).toBeUndefined();
  });

  it("blames a service for lines that name nobody, and a name inside another word is none", () => {
    const logs = repeated("search", "ERROR", "geo-index is broken, pseudogeo as well");

    expect([...ranked({ logs }).keys()]).toEqual(["search"]);
  });

  it("takes a service that is never called for an everyday word", () => {
    const logs = repeated("geo", "FATAL", "dialing geo-store", "panic: web search is not authenticated");

    expect(ranked({ logs }).has("web")).toBe(false);
    expect(ranked({ logs }).has("geo-store")).toBe(true);
  });

  it("leaves failed requests to the traces where there are some, and ends of processes not", () => {
    const spans = [span({ traceId: "a", spanId: "1", service: "web" })];

    expect([...ranked({ logs: chain, spans }).keys()]).toEqual([]);
    expect(ranked({ logs: ends, spans }).has("geo-store")).toBe(true);
  });

  it("comes to an end where services blame each other", () => {
    const logs = [
      ...repeated("search", "ERROR", "nearby failed: geo: gone"),
      ...repeated("geo", "ERROR", "near failed: search: gone"),
    ];

    expect([...ranked({ logs }).values()].every(({ score }) => Number.isFinite(score))).toBe(true);
  });
});
