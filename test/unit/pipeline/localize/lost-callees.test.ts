import { describe, expect, it } from "vitest";
import { detect } from "../../../../pipeline/detect/index.ts";
import { fuseServices, withEvidence } from "../../../../pipeline/fusion/fuse.ts";
import { localize } from "../../../../pipeline/localize/index.ts";
import { lostCallees } from "../../../../pipeline/localize/lost-callees.ts";
import { PipelineOptions } from "../../../../pipeline/options.ts";
import type { MetricSeries, TelemetrySlice } from "../../../../pipeline/types.ts";
import { series, slice } from "../../../fakes/telemetry.ts";

const options = PipelineOptions.parse({});
const one = Array.from({ length: 20 }, () => 1);
const zero = Array.from({ length: 20 }, () => 0);
const edges = [
  { caller: "search", callee: "geo", calls: 9 },
  { caller: "geo", callee: "geo-store", calls: 9 },
];

function processOf(service: string, up: readonly number[], starts: readonly number[] = []): MetricSeries[] {
  const restarts = { service, instance: `${service}-0`, metric: "restarts_total", reference: zero };
  return [
    series({ service, instance: `${service}-0`, metric: "up", reference: one, window: up }),
    ...(starts.length === 0 ? [] : [series({ ...restarts, window: starts })]),
  ];
}

const failing = series({
  service: "search",
  metric: "call_errors_to_geo_total",
  class: "symptom",
  reference: zero,
  window: [0, 0, 9, 9, 9],
});
const starting = processOf("geo", [1, 0, 0, 0, 0], [0, 0, 1, 1, 1]);
const away = [1, 0, 0, 0, 0];
const here = [1, 1, 1, 1, 1];

function ranked(data: TelemetrySlice) {
  const found = lostCallees.localize(data, detect(data, options.detectors));
  return new Map(found.map((candidate) => [candidate.service, candidate]));
}

function fused(data: TelemetrySlice): string[] {
  const rankings = localize(data, detect(data, options.detectors), options.localizers);
  return fuseServices(withEvidence(rankings), options.fusion).map(({ service }) => service);
}

describe("lostCallees", () => {
  it("passes the blame for a service that cannot stay up to the store that is gone", () => {
    const data = slice({ metrics: [...starting, ...processOf("geo-store", away), failing], edges });

    const found = ranked(data);

    expect(found.get("geo-store")).toMatchObject({ instance: "geo-store-0", metric: "up", symptom: false });
    expect(found.get("geo-store")?.why).toBe(
      "Its process is gone and was not started again; geo cannot stay up without it.",
    );
    expect(found.get("geo")).toMatchObject({ score: 0, waitsFor: "geo-store", waitsWholly: true });
    expect(found.get("search")).toMatchObject({ score: 0, waitsFor: "geo" });
    expect(found.get("search")?.waitsWholly).toBeUndefined();
    expect(fused(data)[0]).toBe("geo-store");
  });

  it("leaves it with the service that starts again and again while its store is there", () => {
    const data = slice({ metrics: [...starting, ...processOf("geo-store", here), failing], edges });

    expect(ranked(data).get("geo")).toBeUndefined();
    expect(ranked(data).get("geo-store")).toBeUndefined();
    expect(fused(data)[0]).toBe("geo");
  });

  it("blames no callee that went long after its caller", () => {
    const late = processOf("geo-store", [1, 1, 1, 0, 0]);

    const found = ranked(slice({ metrics: [...starting, ...late, failing], edges }));

    expect(found.get("geo")).toBeUndefined();
  });

  it("ranks a service that is gone and whose callers fail", () => {
    const data = slice({ metrics: [...processOf("geo", away), failing], edges });

    const geo = ranked(data).get("geo");

    expect(geo?.why).toBe("Its process is gone and was not started again; calls of search to it fail.");
    expect(geo?.evidence.length).toBeGreaterThan(1);
  });

  it("ranks none that nobody misses", () => {
    expect(ranked(slice({ metrics: processOf("geo", away), edges })).size).toBe(0);
  });
});
