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

  it("takes what falls with nothing to do for a consequence, and what falls while work goes on for a cause", () => {
    const keys = { service: "cache", metric: "store_keys", reference: Array.from({ length: 20 }, () => 60) };
    const asked = Array.from({ length: 20 }, () => 2);
    const work = { service: "cache", metric: "store_commands_total", reference: asked };
    const byWork = (now: number) =>
      robustScorer
        .localize(
          slice({
            metrics: [
              series({ ...keys, window: [60, 20, 0, 0] }),
              series({ ...work, window: [now, now, now, now] }),
            ],
          }),
          [],
        )
        .find(({ metric }) => metric === "store_keys");

    const [emptied, expired] = [byWork(2), byWork(0.1)];

    expect(emptied?.symptom).toBe(false);
    expect(expired?.symptom).toBe(true);
    expect(expired?.score).toBeLessThan(0.6 * (emptied?.score ?? 0));
    expect(expired?.why).toBe("Its store_keys fell to 0 where 60 is usual, with less to do than usual.");
  });

  it("counts half what most services show at once, which is the machine's", () => {
    const delays = (others: number) =>
      ["geo", "rate", "user", "profile"].map((service) =>
        series({
          service,
          metric: "event_loop_delay_p99",
          reference: flat,
          window: [service === "geo" ? 500 : others],
        }),
      );
    const scoreOf = (others: number) =>
      robustScorer.localize(slice({ metrics: delays(others) }), []).find(({ service }) => service === "geo")
        ?.score ?? 0;

    expect(scoreOf(450)).toBeCloseTo(0.5 * scoreOf(10), 6);
  });

  it("asks those who call it where a service measures no work of its own", () => {
    const edges = [{ caller: "rate", callee: "cache", calls: 1 }];
    const keys = { service: "cache", metric: "store_keys", reference: Array.from({ length: 20 }, () => 60) };
    const asked = Array.from({ length: 20 }, () => 2);
    const metrics = [
      series({ ...keys, window: [60, 20, 0, 0] }),
      series({ service: "rate", metric: "requests_total", reference: asked, window: [0, 0, 0, 0] }),
    ];

    expect(robustScorer.localize(slice({ metrics, edges }), [])[0]?.symptom).toBe(true);
    expect(robustScorer.localize(slice({ metrics }), [])[0]?.symptom).toBe(false);
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
