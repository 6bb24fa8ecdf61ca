import { describe, expect, it } from "vitest";
import { metricKind } from "../../../../pipeline/localize/metric-kinds.ts";
import { robustScorer } from "../../../../pipeline/localize/robust-scorer.ts";
import { metricAnomaly, series, slice } from "../../../fakes/telemetry.ts";

const flat = Array.from({ length: 40 }, (_, index) => 5 + (index % 3));

describe("robustScorer", () => {
  it("ranks a CPU that is used up above one that merely moved", () => {
    const ranked = robustScorer.localize(
      slice({
        metrics: [
          series({ service: "geo", reference: flat, window: [6, 100, 99] }),
          series({ service: "rate", reference: flat, window: [6, 30, 6] }),
        ],
      }),
      [metricAnomaly({ id: "metric-1", service: "geo" })],
    );

    expect(ranked.map(({ service }) => service)).toEqual(["geo", "rate"]);
    expect(ranked[0]!.score).toBeGreaterThan(ranked[1]!.score);
    expect(ranked[0]!.evidence).toEqual(["metric-1"]);
    expect(ranked[0]!.why).toBe("Its CpuUsageRate(%) rose to 100 where 6 is usual.");
  });

  it("says nothing of moves under ten points of percent or under a doubling", () => {
    const ranked = robustScorer.localize(
      slice({
        metrics: [
          series({ service: "geo", reference: flat, window: [14, 15, 14] }),
          series({
            service: "geo",
            metric: "open_connections",
            reference: flat.map((v) => v * 10),
            window: [100],
          }),
        ],
      }),
      [],
    );

    expect(ranked).toEqual([]);
  });

  it("counts half what was the same in the half hour before, so that an older incident is still seen", () => {
    const high = Array.from({ length: 20 }, () => 95);
    const scored = (before: number[]) =>
      robustScorer.localize(
        slice({ metrics: [series({ service: "geo", reference: flat, before, window: [95, 96, 94] })] }),
        [],
      )[0]!.score;

    expect(scored(high)).toBeCloseTo(scored([]) / 2, 9);
  });

  it("takes the collapse of a quantity for as far out as its like above", () => {
    const keys = Array.from({ length: 40 }, (_, index) => 70 + 4 * (index % 5));
    const scoredAt = (value: number, metric = "store_keys") =>
      robustScorer.localize(
        slice({ metrics: [series({ service: "cache", metric, reference: keys, window: [value] })] }),
        [],
      )[0]?.score ?? 0;

    expect(scoredAt(0)).toBeGreaterThan(1.5 * scoredAt(30));
    expect(scoredAt(0, "up")).toBeLessThan(scoredAt(0));
  });

  it("says nothing of a CPU that is used less", () => {
    const busy = Array.from({ length: 40 }, (_, index) => 80 + (index % 3));

    expect(
      robustScorer.localize(
        slice({ metrics: [series({ service: "geo", reference: busy, window: [3, 2, 3] })] }),
        [],
      ),
    ).toEqual([]);
  });

  it("ranks nothing without enough baseline, and survives missing samples", () => {
    const metrics = [
      series({ service: "a", reference: [1, 2, 3], window: [100] }),
      series({ service: "b", reference: flat, window: [Number.NaN, Number.NaN] }),
      series({ service: "c", reference: [], before: [], window: [] }),
    ];

    expect(robustScorer.localize(slice({ metrics }), [])).toEqual([]);
  });

  it("leaves out the absolute twin of a percent metric of the same instance", () => {
    const metrics = [
      series({ service: "geo", metric: "CpuUsage(m)", reference: flat, window: [500] }),
      series({ service: "geo", metric: "CpuUsageRate(%)", reference: flat, window: [100] }),
      series({ service: "rate", metric: "CpuUsage(m)", reference: flat, window: [500] }),
    ];

    const ranked = robustScorer.localize(slice({ metrics }), []);

    expect(ranked.map(({ service, metric }) => `${service} ${metric}`)).toEqual([
      "geo CpuUsageRate(%)",
      "rate CpuUsage(m)",
    ]);
  });
});

describe("metricKind", () => {
  it.each([
    ["process_cpu_seconds_total", "cpu"],
    ["container_memory_working_set_bytes", "memory"],
    ["NodeCpuUsageRate(%)", "node"],
    ["http_server_request_duration_seconds", "latency"],
    ["http_errors_total", "errors"],
    ["NetworkReceiveBytes", "traffic"],
    ["PodWorkload(Ops)", "workload"],
    ["db_pool_in_use", "saturation"],
    ["restarts_total", "process"],
    ["up", "process"],
    ["upstream_latency", "latency"],
    ["event_loop_delay_p99", "saturation"],
    ["nodejs_gc_time", "saturation"],
  ])("reads %s as %s", (metric, kind) => {
    expect(metricKind(metric, null).kind).toBe(kind);
  });
});
