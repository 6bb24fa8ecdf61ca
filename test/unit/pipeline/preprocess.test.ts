import { describe, expect, it } from "vitest";
import { metricClass, preprocess } from "../../../pipeline/preprocess.ts";
import type { RawSeries } from "../../../pipeline/types.ts";
import { minute, samples, window } from "../../fakes/telemetry.ts";

const reference = [{ start: window.start - 20 * minute, end: window.start - 10 * minute }];
const start = window.start - 20 * minute;

function raw(values: readonly number[], metric = "queue_depth", stepMs = minute): RawSeries {
  return {
    key: { service: "geo", instance: "geo-1", metric },
    unit: "1",
    samples: samples(values, start, stepMs),
  };
}

describe("preprocess", () => {
  it("splits a series into reference, the half hour before and the window", () => {
    const values = Array.from({ length: 23 }, (_, index) => index * index);

    const [one] = preprocess([raw(values)], reference, window);

    expect([...one!.reference.v]).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
    expect([...one!.window.v]).toEqual([400, 441, 484]);
    expect(one!.before.v).toHaveLength(20);
    expect(one!.stepMs).toBe(minute);
  });

  it("turns a counter into a rate per second and takes the new value after a reset", () => {
    const counter = Array.from({ length: 200 }, (_, index) => index * 60);
    counter[190] = 30;
    for (let i = 191; i < 200; i++) counter[i] = 30 + (i - 190) * 60;
    const shifted: RawSeries = {
      ...raw(counter, "http_requests_total"),
      samples: samples(counter, window.end - 200 * minute),
    };

    const [one] = preprocess(
      [shifted],
      [{ start: window.end - 20 * minute, end: window.end - 5 * minute }],
      window,
    );

    expect(one!.unit).toBe("1/s");
    expect([...one!.window.v]).toEqual([1, 1, 1]);
    expect([...one!.reference.v]).toContain(0.5);
    expect(Math.min(...one!.reference.v)).toBe(0.5);
  });

  it("leaves a gauge alone that merely has a counter's name", () => {
    const [one] = preprocess([raw(alternating(23), "memory_bytes")], reference, window);

    expect(one!.unit).toBe("1");
  });

  it("drops a constant but keeps an error count that stops being zero", () => {
    const constant = raw(Array.from({ length: 23 }, () => 3));
    const errors = raw(
      Array.from({ length: 23 }, (_, index) => (index === 22 ? 1 : 0)),
      "errors",
    );

    const kept = preprocess([constant, errors], reference, window);

    expect(kept.map(({ key }) => key.metric)).toEqual(["errors"]);
  });

  it("drops a series without a sample in the window, and one of nothing but missing values", () => {
    const early = raw(alternating(10));
    const missing = raw(Array.from({ length: 23 }, () => Number.NaN));

    expect(preprocess([early, missing], reference, window)).toEqual([]);
  });

  it("fills three missing buckets with the last value, five on a line, and leaves six open", () => {
    const gap = (length: number) => {
      const values = Array.from({ length: 23 }, (_, index) => index);
      for (let i = 1; i <= length; i++) values[i] = Number.NaN;
      return values;
    };

    const [three] = preprocess([raw(gap(3))], reference, window);
    const [five] = preprocess([raw(gap(5))], reference, window);
    const [six] = preprocess([raw(gap(6))], reference, window);

    expect([...three!.reference.v].slice(0, 5)).toEqual([0, 0, 0, 0, 4]);
    expect([...five!.reference.v].slice(0, 7)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([...six!.reference.v].slice(0, 8)).toEqual([
      0,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      7,
    ]);
  });

  it("averages samples that fall into one bucket of the grid", () => {
    const fine = raw(alternating(23 * 12), "queue_depth", 5_000);

    const [one] = preprocess([fine], reference, window);

    expect(one!.stepMs).toBe(15_000);
    expect(one!.window.v.length).toBeGreaterThanOrEqual(12);
    for (const value of one!.window.v) expect(value).toBeGreaterThanOrEqual(1);
  });

  it("takes infinite samples for missing ones", () => {
    const values = Array.from({ length: 23 }, (_, index) => index % 4);
    values[5] = Number.POSITIVE_INFINITY;
    values[21] = Number.NEGATIVE_INFINITY;

    const [one] = preprocess([raw(values)], reference, window);

    expect([...one!.reference.v, ...one!.window.v].every(Number.isFinite)).toBe(true);
  });

  it("drops a series that holds nothing but infinite samples", () => {
    const values = Array.from({ length: 23 }, () => Number.POSITIVE_INFINITY);

    expect(preprocess([raw(values)], reference, window)).toEqual([]);
  });
});

describe("metricClass", () => {
  it.each([
    ["CpuUsageRate(%)", "resource"],
    ["PodServerLatencyP90(s)", "symptom"],
    ["http_request_duration_seconds", "symptom"],
    ["availability Average", "symptom"],
    ["PodWorkload(Ops)", "workload"],
    ["requests Sum", "workload"],
    ["redis_connected_clients", "resource"],
  ])("reads %s as %s", (metric, expected) => {
    expect(metricClass(metric)).toBe(expected);
  });
});

function alternating(length: number): number[] {
  return Array.from({ length }, (_, index) => 1 + (index % 2));
}
