import { describe, expect, it } from "vitest";
import { awayServices } from "../../../pipeline/service-state.ts";
import type { MetricSeries } from "../../../pipeline/types.ts";
import { line, minute, referencePeriod, series, slice, window } from "../../fakes/telemetry.ts";

const normal = Array.from({ length: 20 }, () => 1);
const nothing = Array.from({ length: 20 }, () => 0);

function up(values: readonly number[], instance = "geo-0"): MetricSeries {
  return series({ service: "geo", instance, metric: "up", reference: normal, window: values });
}

function starts(values: readonly number[], instance = "geo-0"): MetricSeries {
  return series({ service: "geo", instance, metric: "restarts_total", reference: nothing, window: values });
}

function states(...metrics: readonly MetricSeries[]): string[] {
  return awayServices(slice({ metrics })).map(({ service, state }) => `${service} ${state}`);
}

describe("awayServices", () => {
  it("tells a process that is gone from one that is started again and again", () => {
    expect(states(up([1, 1, 0, 0, 0]), starts([0, 0, 0, 0, 0]))).toEqual(["geo gone"]);
    expect(states(up([1, 1, 0, 0, 0]), starts([0, 0, 0, 1, 1]))).toEqual(["geo starting"]);
  });

  it("knows a stretch that is over", () => {
    const [away] = awayServices(slice({ metrics: [up([1, 0, 0, 0, 1, 1])] }));

    expect(away).toMatchObject({ from: window.start + minute, to: window.start + 3 * minute });
  });

  it("takes no deployment, and no single instance, for a service that is away", () => {
    expect(states(up([1, 0, 0, 1, 1]), starts([0, 0, 0, 1, 0]))).toEqual([]);
    expect(states(up([1, 0, 0, 0, 0]), up([1, 1, 1, 1, 1], "geo-1"))).toEqual([]);
  });

  it("says nothing of what never was up", () => {
    const metrics = [
      series({ service: "geo", metric: "up", reference: nothing, window: [0, 0, 0, 0] }),
      series({ service: "rate", metric: "up", reference: normal, window: [1, 1, 1, 1] }),
    ];

    expect(awayServices(slice({ metrics }))).toEqual([]);
  });

  it("takes a service for ended when it is neither measured any more nor writes", () => {
    const gap = Number.NaN;
    const metrics = [
      series({ service: "geo", reference: normal, window: [1, 1, gap, gap, gap, gap] }),
      series({ service: "rate", reference: normal, window: [1, 1, 1, 1, 1, 1] }),
    ];
    const lines = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) =>
        line({ service: "geo", body: "asked", t: from + index * 5_000 }),
      );
    const referenceLogs = lines(window.start - 10 * minute, 120);

    expect(awayServices(slice({ metrics, referenceLogs }))).toMatchObject([
      { service: "geo", state: "ended" },
    ]);
    // A scrape that fails looks the same, but for the lines that go on.
    expect(awayServices(slice({ metrics, referenceLogs, logs: lines(window.start, 60) }))).toEqual([]);
    // Who hardly ever writes is not missed.
    expect(awayServices(slice({ metrics, referenceLogs: lines(referencePeriod.start, 2) }))).toEqual([]);
  });
});
