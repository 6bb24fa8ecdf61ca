import { describe, expect, it } from "vitest";
import { baro } from "../../../../pipeline/localize/baro.ts";
import { incidentOnset } from "../../../../pipeline/localize/onset.ts";
import { metricAnomaly, minute, series, slice, window } from "../../../fakes/telemetry.ts";
import { randomOf } from "../detect/inputs.ts";

const random = randomOf(11);
const around = (level: number, count: number) => Array.from({ length: count }, () => level + random());

const latency = series({
  service: "web",
  metric: "latency_p95",
  class: "symptom",
  before: around(20, 30),
  window: [...around(20, 4), ...around(60, 6)],
});
const cpu = series({ service: "geo", before: around(10, 30), window: [...around(10, 4), ...around(90, 6)] });

describe("incidentOnset", () => {
  it("is where the service-level indicators change, to about a sample", () => {
    const onset = incidentOnset(slice({ metrics: [latency, cpu] })) ?? 0;

    expect(Math.abs(onset - (window.start + 4 * minute))).toBeLessThan(1.5 * minute);
  });

  it("is unknown where nothing but resources moved, or nothing was measured", () => {
    expect(incidentOnset(slice({ metrics: [cpu] }))).toBeNull();
    expect(incidentOnset(slice({}))).toBeNull();
  });
});

describe("baro", () => {
  it("ranks by interquartile ranges from the onset on, with the anomalies of the series as evidence", () => {
    const small = series({
      service: "rate",
      before: around(10, 30),
      window: [...around(10, 4), ...around(14, 6)],
    });

    const ranked = [
      ...baro.localize(slice({ metrics: [small, latency, cpu] }), [
        metricAnomaly({ id: "metric-1", service: "geo" }),
      ]),
    ].sort((a, b) => b.score - a.score);

    expect(ranked.map(({ service }) => service)).toEqual(["geo", "web", "rate"]);
    expect(ranked[0]).toMatchObject({ metric: "CpuUsageRate(%)", symptom: false, evidence: ["metric-1"] });
    expect(ranked[1]).toMatchObject({ symptom: true, evidence: [] });
    expect(ranked[0]!.why).toMatch(/^Its CpuUsageRate\(%\) went to 9\d\.\d+ from a median of 10\.\d+, /);
  });

  it("sees dips too", () => {
    const dip = series({ service: "geo", metric: "requests", before: around(50, 30), window: around(2, 5) });

    expect(baro.localize(slice({ metrics: [dip] }), [])).toHaveLength(1);
  });
});
