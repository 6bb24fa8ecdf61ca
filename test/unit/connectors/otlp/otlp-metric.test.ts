import { describe, expect, it } from "vitest";
import { bucketQuantile } from "../../../../connectors/otlp/bucket-quantile.ts";
import { otlpMetricReader } from "../../../../connectors/otlp/otlp-metric.ts";
import { attributes, nanos } from "../../../support/otlp.ts";

const names = { service: "geo", instance: "geo-0" };
const t0 = Date.parse("2026-11-23T10:00:00Z");
const at = (seconds: number) => t0 + seconds * 1000;

/** Series by name: [seconds, value], in the order they were given. */
function read(...metrics: unknown[]) {
  const reader = otlpMetricReader();
  const series: Record<string, [number, number][]> = {};
  const units: Record<string, string | null> = {};
  const problems = metrics.map((metric) =>
    reader.read(metric, names, (name, unit, t, v) => {
      series[name] = [...(series[name] ?? []), [(t - t0) / 1000, v]];
      units[name] = unit;
    }),
  );
  return { series, units, problems };
}

function counter(
  seconds: number,
  values: Record<string, number>,
  temporality: number | string = 2,
  start = -100,
) {
  const dataPoints = Object.entries(values).map(([status, value]) => ({
    attributes: attributes({ "http.response.status_code": Number(status) }),
    startTimeUnixNano: nanos(at(start)),
    timeUnixNano: nanos(at(seconds)),
    asInt: String(value),
  }));
  const sum = { dataPoints, aggregationTemporality: temporality, isMonotonic: true };
  return { name: "http.server.requests", unit: "{request}", sum };
}

function histogram(seconds: number, bucketCounts: number[], of: object = {}, temporality = 2) {
  const count = bucketCounts.reduce((sum, one) => sum + one, 0);
  const point = {
    startTimeUnixNano: nanos(at(-100)),
    timeUnixNano: nanos(at(seconds)),
    count: String(count),
    sum: count * 0.2,
    bucketCounts: bucketCounts.map(String),
    explicitBounds: [0.1, 0.5, 1],
    ...of,
  };
  return {
    name: "http.server.request.duration",
    unit: "s",
    histogram: { dataPoints: [point], aggregationTemporality: temporality },
  };
}

describe("The metrics of OTLP", () => {
  it("become the mean of a gauge and the sum of a quantity that goes up and down", () => {
    const points = [1, 2].map((cpu) => ({
      attributes: attributes({ cpu }),
      timeUnixNano: nanos(at(0)),
      asDouble: cpu * 10,
    }));
    const { series, units } = read(
      { name: "cpu.utilization", unit: "1", gauge: { dataPoints: points } },
      { name: "queue.size", unit: "By", sum: { dataPoints: points, aggregationTemporality: 2 } },
    );

    expect(series).toEqual({ "cpu.utilization": [[0, 15]], "queue.size": [[0, 30]] });
    expect(units).toEqual({ "cpu.utilization": null, "queue.size": "By" });
  });

  it("keep the parts of a metric apart whose attributes change its meaning", () => {
    const points = ["used", "free"].map((state, index) => ({
      attributes: attributes({ "system.memory.state": state }),
      timeUnixNano: nanos(at(0)),
      asInt: String(index + 1),
    }));

    expect(read({ name: "memory", unit: "By", sum: { dataPoints: points } }).series).toEqual({
      "memory used": [[0, 1]],
      "memory free": [[0, 2]],
    });
  });

  it("become rates and errors where they only rise, over all attributes together", () => {
    const { series, units } = read(
      counter(0, { 200: 100, 503: 10 }),
      counter(10, { 200: 150, 503: 10 }),
      counter(20, { 200: 180, 503: 30 }),
    );

    expect(series).toEqual({
      "http.server.requests rate": [
        [10, 5],
        [20, 5],
      ],
      "http.server.requests errors": [
        [10, 0],
        [20, 2],
      ],
    });
    expect(units["http.server.requests rate"]).toBe("request/s");
  });

  it("take the new value as the increase after a restart, and nothing over a long pause", () => {
    const { series } = read(counter(0, { 200: 100 }), counter(10, { 200: 40 }), counter(400, { 200: 90 }));

    expect(series["http.server.requests rate"]).toEqual([[10, 4]]);
  });

  it("are read alike with delta temporality, by number or by name", () => {
    const one = read(counter(10, { 200: 50 }, 1, 0), counter(20, { 200: 30 }, 1, 10)).series;
    const other = read(counter(10, { 200: 50 }, "AGGREGATION_TEMPORALITY_DELTA", 0)).series;

    expect(one["http.server.requests rate"]).toEqual([
      [10, 5],
      [20, 3],
    ]);
    expect(other["http.server.requests rate"]).toEqual([[10, 5]]);
  });

  it("leave out a point that is no later than the one before", () => {
    const { series } = read(counter(10, { 200: 50 }), counter(10, { 200: 60 }), counter(20, { 200: 70 }));

    expect(series["http.server.requests rate"]).toEqual([[20, 2]]);
  });

  it("become quantiles, rate and errors where they are histograms of times", () => {
    const failing = { attributes: attributes({ "error.type": "timeout" }) };
    const { series, units } = read(
      histogram(0, [10, 0, 0, 0]),
      histogram(0, [0, 0, 0, 0], failing),
      histogram(10, [10, 20, 0, 0]),
      histogram(10, [0, 0, 0, 20], failing),
    );

    expect(series["http.server.request rate"]).toEqual([
      [10, 2],
      [10, 2],
    ]);
    expect(series["http.server.request errors"]).toEqual([
      [10, 0],
      [10, 2],
    ]);
    expect(series["http.server.request.duration p50"]?.[0]?.[1]).toBeCloseTo(0.3);
    // What lies in the last bucket is known only to be above its lower bound.
    expect(series["http.server.request.duration p95"]?.[1]).toEqual([10, 1]);
    expect(units["http.server.request.duration p95"]).toBe("s");
  });

  it("become means where a histogram has no buckets", () => {
    const without = { bucketCounts: [], explicitBounds: [], count: "4", sum: 2 };
    const { series } = read(histogram(10, [4], { ...without, startTimeUnixNano: nanos(at(0)) }, 1));

    expect(series["http.server.request.duration mean"]).toEqual([[10, 0.5]]);
  });

  it("become quantiles where they are exponential histograms", () => {
    const point = {
      startTimeUnixNano: nanos(at(0)),
      timeUnixNano: nanos(at(10)),
      count: 20,
      sum: 60,
      scale: 0,
      zeroCount: "0",
      // (1, 2] and (2, 4]: ten each.
      positive: { offset: 0, bucketCounts: ["10", "10"] },
    };
    const { series } = read({
      name: "size",
      unit: "By",
      exponentialHistogram: { dataPoints: [point], aggregationTemporality: 1 },
    });

    expect(series["size p50"]).toEqual([[10, 2]]);
    expect(series["size p95"]?.[0]?.[1]).toBeCloseTo(3.8);
    expect(series["size rate"]).toEqual([[10, 2]]);
  });

  it("become their own quantiles where they are summaries", () => {
    const point = (seconds: number, count: number) => ({
      timeUnixNano: nanos(at(seconds)),
      count: String(count),
      sum: 1,
      quantileValues: [{ quantile: 0.99, value: 0.25 }],
    });
    const summary = (seconds: number, count: number) => ({
      name: "gc.duration",
      unit: "s",
      summary: { dataPoints: [point(seconds, count)] },
    });

    expect(read(summary(0, 5), summary(10, 25)).series).toEqual({
      "gc.duration p99": [
        [0, 0.25],
        [10, 0.25],
      ],
      "gc rate": [[10, 2]],
    });
  });

  it("say what is wrong with a metric or one of its points, and keep the others", () => {
    const points = [
      { timeUnixNano: "0", asInt: "1" },
      { asInt: "1" },
      { timeUnixNano: nanos(at(0)), asDouble: "NaN" },
    ];
    const good = { timeUnixNano: nanos(at(0)), asInt: 7 };
    const { series, problems } = read(
      { unit: "By" },
      { name: "x" },
      { name: "x", gauge: { dataPoints: [...points, good] } },
      { name: "h", histogram: { dataPoints: [null] } },
    );

    expect(series).toEqual({ x: [[0, 7]] });
    expect(problems).toEqual([
      "it is no metric with a name",
      "it is of no known kind",
      "one of its points has no time or no value",
      "one of its points has no time or no value",
    ]);
  });
});

describe("A quantile of buckets", () => {
  it("lies on a line within its bucket, and is NaN where there is nothing", () => {
    const buckets = new Map([
      [1, 10],
      [2, 10],
      [Number.POSITIVE_INFINITY, 0],
    ]);

    expect(bucketQuantile(buckets, 0.25)).toBe(0.5);
    expect(bucketQuantile(buckets, 0.75)).toBe(1.5);
    expect(bucketQuantile(new Map(), 0.5)).toBeNaN();
    expect(bucketQuantile(new Map([[1, 0]]), 0.5)).toBeNaN();
  });
});
