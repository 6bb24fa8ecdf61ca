import type { HrTime } from "@opentelemetry/api";
import {
  AggregationTemporality,
  type InMemoryMetricExporter,
  InMemoryMetricExporter as Memory,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { describe, expect, it, onTestFinished } from "vitest";
import { metricRows, quantileOf } from "../../../testbed/metric-rows.ts";

/** A meter, and what the next export of it holds. */
function metered() {
  const exporter: InMemoryMetricExporter = new Memory(AggregationTemporality.DELTA);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  return {
    meter: provider.getMeter("test"),
    async rows() {
      await provider.forceFlush();
      return exporter.getMetrics().flatMap(metricRows);
    },
  };
}

describe("metricRows", () => {
  it("names counters with _total, and puts a call's peer into the name", async () => {
    const { meter, rows } = metered();
    meter.createCounter("requests", { unit: "requests" }).add(3);
    meter.createCounter("call.errors", { unit: "requests" }).add(2, { "peer.service": "geo-store" });

    const told = (await rows()).map(({ metric, value, unit }) => [metric, value, unit]);

    expect(told).toEqual([
      ["requests_total", 3, "requests"],
      ["call_errors_to_geo-store_total", 2, "requests"],
    ]);
  });

  it("makes a mean and a 95th percentile of a histogram", async () => {
    const { meter, rows } = metered();
    const duration = meter.createHistogram("request.duration", {
      unit: "ms",
      advice: { explicitBucketBoundaries: [10, 20] },
    });
    for (const value of [4, 6, 12, 18]) duration.record(value);

    const told = (await rows()).map(({ metric, value, unit }) => [metric, value, unit]);

    // 3.8 of 4 fall into the bucket from 10, which holds 2 and ends at the largest value, 18: 10 + 8 * 0.9.
    expect(told).toEqual([
      ["request_duration_mean", 10, "ms"],
      ["request_duration_p95", 17.2, "ms"],
    ]);
  });

  it("gives times in epoch milliseconds", async () => {
    const { meter, rows } = metered();
    const before = Date.now();
    meter.createGauge("heap.used").record(1);

    const [row] = await rows();

    expect(row?.metric).toBe("heap_used");
    expect(row?.time).toBeGreaterThanOrEqual(before - 1_000);
    expect(row?.time).toBeLessThanOrEqual(Date.now() + 1_000);
  });
});

describe("quantileOf", () => {
  const histogram = (counts: number[], max: number) => ({
    buckets: { boundaries: [1, 2, 4], counts },
    count: counts.reduce((sum, count) => sum + count, 0),
    sum: 0,
    max,
    startTime: [0, 0] as HrTime,
  });

  it("ends the last bucket at the maximum", () => {
    expect(quantileOf(histogram([0, 0, 0, 10], 9), 0.5)).toBeCloseTo(6.5, 10);
  });

  it("starts the first bucket at zero", () => {
    expect(quantileOf(histogram([10, 0, 0, 0], 0.8), 0.5)).toBeCloseTo(0.4, 10);
  });

  it("does not leave the bucket that holds everything", () => {
    expect(quantileOf(histogram([0, 5, 0, 0], 1.5), 1)).toBeCloseTo(1.5, 10);
  });
});
