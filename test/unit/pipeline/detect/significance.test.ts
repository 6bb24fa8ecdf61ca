import { describe, expect, it } from "vitest";
import { detect } from "../../../../pipeline/detect/index.ts";
import { isEvent } from "../../../../pipeline/detect/significance.ts";
import type { MetricAnomaly, MetricSeries } from "../../../../pipeline/types.ts";
import { randomOf, seriesOf, sliceOf } from "./inputs.ts";

const names = { metric: ["three-sigma", "robust-spread"], trace: [], log: [] } as const;
const noise = randomOf(4);
const bell = () => noise() + noise() + noise() + noise() - 2;
const many = (count: number, value: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => value(i));
const normal = many(60, () => 20 + bell());
const grid = (values: readonly number[], from: number): MetricSeries["before"] => ({
  t: Float64Array.from(values, (_, index) => from + index * 60_000),
  v: Float64Array.from(values),
});
const keyOf = (metric: string) => ({ service: "geo", instance: "geo-0", metric });

function found(...metrics: MetricSeries[]): MetricAnomaly[] {
  return detect(sliceOf({ metrics }), names).flatMap((one) => (one.modality === "metric" ? [one] : []));
}

function events(...metrics: MetricSeries[]): string[] {
  return found(...metrics)
    .filter(isEvent)
    .map(({ key }) => key.metric);
}

const series = (
  metric: string,
  window: readonly number[],
  more: Partial<MetricSeries> = {},
  reference: readonly number[] = normal,
) => seriesOf(reference, window, { key: keyOf(metric), ...more });

describe("markSignals", () => {
  it("calls two samples far out an event, whichever way they go", () => {
    expect(events(series("queue", [20, 60, 62, 20]))).toEqual(["queue"]);
    expect(events(series("queue", [20, 2, 1, 20]))).toEqual(["queue"]);
  });

  it.each([
    ["one sample", [20, 20, 90, 20, 20], {}],
    ["a move of less than a quarter", [20, 24.2, 24.3, 24.2], {}],
    [
      "what the half hour before reached too",
      [20, 60, 62, 20],
      { before: grid([20, 70, 20, 21, 20, 20], 0) },
    ],
    ["a few points of a percentage", [20, 20, 24, 24], { unit: "%" }],
  ] as const)("keeps %s as a signal", (_, window, more) => {
    const all = found(series("queue", window, more));

    expect(all.length).toBeGreaterThan(0);
    expect(all.map(({ isSignal }) => isSignal)).toEqual(all.map(() => true));
  });

  it("tells an outage that began before the window", () => {
    const before = grid([20, 21, 20, 20, 20, 21, 60, 62, 61], 0);

    expect(events(series("queue", [60, 62, 61, 60], { before }))).toEqual(["queue"]);
  });

  it("keeps what too few reference samples are compared with as a signal", () => {
    const short = normal.slice(0, 20);
    const all = found(series("queue", [20, 60, 62, 20], {}, short));

    expect(all).toMatchObject([{ isSignal: true, detector: "robust-spread" }]);
  });

  it("does not call a step of a quantised series an event that it takes in one of fifty samples", () => {
    const steps = many(60, (i) => (i % 50 === 7 ? 1 : 0));

    expect(events(series("queue", [0, 1, 1, 1, 0], {}, steps))).toEqual([]);
    expect(events(series("queue", [0, 30, 31, 30, 0], {}, steps))).toEqual(["queue"]);
  });

  it("tells one fact in several metrics once, by the most severe of them", () => {
    const slow = (metric: string, by: number) => series(metric, [20, 20 + by, 20 + by, 20]);

    expect(events(slow("latency_p50", 40), slow("latency_p90", 80), slow("latency_p99", 60))).toEqual([
      "latency_p90",
    ]);
    expect(events(slow("queue", 40), slow("pool", 60)).sort()).toEqual(["pool", "queue"]);
  });

  it("never calls what repeats another service's measurement an event", () => {
    expect(events(series("PodClientLatencyP90(s)", [20, 90, 91, 20]))).toEqual([]);
  });

  it("finds no event among thousands of samples that nothing is wrong with", () => {
    const random = randomOf(9);
    const drawn = () => 20 + random() + random() + random() + 3 * random() ** 8;
    const metrics = Array.from({ length: 60 }, (_, i) =>
      seriesOf(many(60, drawn), many(40, drawn), { key: keyOf(`queue-${i}`) }),
    );

    expect(events(...metrics)).toEqual([]);
  });
});
