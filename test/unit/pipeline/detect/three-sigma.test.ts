import { describe, expect, it } from "vitest";
import { anomalyScore } from "../../../../pipeline/detect/metric-events.ts";
import {
  centreAndScale,
  defaultThreeSigma,
  detectThreeSigma,
  insufficientBaseline,
  threeSigma,
} from "../../../../pipeline/detect/three-sigma.ts";
import type { MetricSeries } from "../../../../pipeline/types.ts";
import { randomOf, seriesOf, sliceOf } from "./inputs.ts";

const base = [10, 12, 11, 13, 12, 11, 10, 12, 11, 13];
const normal = [...base, ...base, ...base];
const detect = (series: MetricSeries, options = {}) =>
  detectThreeSigma([series], { ...defaultThreeSigma, ...options }, "three-sigma");

describe("three-sigma", () => {
  it("flags above the known limit and not below it (KAT 2.1)", () => {
    expect(detect(seriesOf(normal, [11, 14.58, 14.58, 11]))).toHaveLength(1);
    expect(detect(seriesOf(normal, [11, 14.57, 14.57, 11]))).toHaveLength(0);
    expect(detect(seriesOf(normal, [11, 8.42, 8.42, 11]))).toHaveLength(1);
    expect(detect(seriesOf(normal, [11, 8.43, 8.43, 11]))).toHaveLength(0);
  });

  it("prints the paper's score (KAT 2.2) and cuts it at 99.99", () => {
    expect(anomalyScore(0.002457, 0.001223, 0.000532)).toEqual({ score: 1.16, scoreClipped: false });
    expect(anomalyScore(1000, 0, 1)).toEqual({ score: 99.99, scoreClipped: true });
  });

  it("reports boundaries, peak, previous value, direction and score", () => {
    const [found] = detect(seriesOf(normal, [11, 12, 20, 25, 21, 11]));

    expect(found).toMatchObject({
      service: "geo",
      instance: "geo-0",
      direction: "up",
      peak: 25,
      mean: 11.5,
      start: 10_000_000 + 2 * 60_000,
      end: 10_000_000 + 4 * 60_000,
    });
    expect(found?.previous).toBe(12);
    expect(found?.zPeak).toBeCloseTo(13.5 / 1.02469507659596, 10);
    expect(found?.score).toBe(6.59);
    expect(found?.severity).toBe(found?.zPeak);
    expect(found?.segment).toHaveLength(30);
  });

  it("wants a lone sample to be beyond six standard deviations", () => {
    expect(detect(seriesOf(normal, [11, 17, 11]))).toHaveLength(0);
    expect(detect(seriesOf(normal, [11, 18, 11]))).toHaveLength(1);
  });

  it("takes three of five samples for two in a row", () => {
    expect(detect(seriesOf(normal, [16, 11, 16, 11, 16]))).toHaveLength(1);
    expect(detect(seriesOf(normal, [16, 11, 11, 16, 11, 11, 16]))).toHaveLength(0);
  });

  it("joins flagged samples up to three steps apart", () => {
    expect(detect(seriesOf(normal, [20, 11, 11, 20]))).toHaveLength(1);
    expect(detect(seriesOf(normal, [20, 11, 11, 11, 20]))).toHaveLength(2);
  });

  it("uses floors where the reference is flat", () => {
    const flat = Array.from({ length: 40 }, () => 5);

    expect(centreAndScale(flat, defaultThreeSigma)).toMatchObject({ mean: 5, std: 0.005 });
    expect(detect(seriesOf(flat, [5.01, 5.01]))).toHaveLength(0);
    const [found] = detect(seriesOf(flat, [6, 6]));
    expect(found).toMatchObject({
      zPeak: expect.closeTo(200, 6),
      score: 99.99,
      scoreClipped: true,
      severity: 200,
    });
    expect(
      centreAndScale(
        Array.from({ length: 40 }, () => 0),
        defaultThreeSigma,
      ).std,
    ).toBe(1e-9);
  });

  it("ignores missing samples and finds nothing in an empty or missing window", () => {
    const nan = Number.NaN;

    expect(detect(seriesOf([nan, ...normal, nan], [nan, 20, 20, nan]))).toHaveLength(1);
    expect(detect(seriesOf(normal, [nan, nan]))).toHaveLength(0);
    expect(detect(seriesOf(normal, []))).toHaveLength(0);
    expect(detect(seriesOf([], []))).toHaveLength(0);
  });

  it("wants a long-tailed reference to be left clearly, not by its standard deviation alone", () => {
    const tailed = [...Array.from({ length: 38 }, (_, i) => 1 + (i % 3) * 0.1), 20, 22];

    expect(detect(seriesOf(tailed, [23, 23, 24]))).toHaveLength(0);
    expect(detect(seriesOf(tailed, [40, 40, 40]))).toHaveLength(1);
  });

  it("can use median and MAD, which earlier incidents do not widen", () => {
    const polluted = [...normal, ...normal, ...Array.from({ length: 10 }, () => 60)];

    expect(detect(seriesOf(polluted, [25, 25, 25]))).toHaveLength(0);
    expect(centreAndScale(polluted, { ...defaultThreeSigma, mode: "mad" })).toMatchObject({ mean: 12 });
  });

  it("compares with other instances where the own past is too short, else says so", () => {
    const young = seriesOf([11, 12], [30, 30], { key: { service: "geo", instance: "geo-1", metric: "cpu" } });
    const old = seriesOf(normal, [11, 11]);

    expect(threeSigma.detect(sliceOf({ metrics: [young, old] }))).toMatchObject([{ instance: "geo-1" }]);
    expect(insufficientBaseline(sliceOf({ metrics: [young, old] }))).toEqual([]);
    expect(threeSigma.detect(sliceOf({ metrics: [young] }))).toEqual([]);
    expect(insufficientBaseline(sliceOf({ metrics: [young] }))).toEqual([young.key]);
  });

  it("finds the same events whatever the unit and the zero are", () => {
    const random = randomOf(3);
    for (let round = 0; round < 50; round++) {
      const reference = Array.from({ length: 60 }, () => random() + random() + random());
      const window = Array.from({ length: 20 }, () => random() * 3 + (random() < 0.3 ? 4 * random() : 0));
      const scale = (random() < 0.5 ? -1 : 1) * 10 ** (4 * random() - 2);
      const shift = 10 * Math.abs(scale) * random();
      const moved = (values: number[]) => values.map((value) => scale * value + shift);

      const plain = detect(seriesOf(reference, window));
      const other = detect(seriesOf(moved(reference), moved(window)));

      expect(other.map(({ start, end }) => [start, end])).toEqual(
        plain.map(({ start, end }) => [start, end]),
      );
      other.forEach((anomaly, index) => {
        expect(anomaly.zPeak).toBeCloseTo(Math.sign(scale) * (plain[index]?.zPeak ?? 0), 6);
      });
    }
  });

  it("raises at most two false alarms in 1,000 series-hours of normal noise after two hours of reference", () => {
    const random = randomOf(29);
    const noise = (count: number) =>
      Array.from(
        { length: count },
        () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
      );
    const seriesCount = 8000;
    let events = 0;
    for (let i = 0; i < seriesCount; i++) events += detect(seriesOf(noise(120), noise(15))).length;

    expect(events / (seriesCount / 4)).toBeLessThanOrEqual(2 / 1000);
  });

  it("keeps quiet about a slow drift that was there before the window, but not about an older outage", () => {
    const quiet = normal.map((value) => value / 100 + 400);
    const drifted = { ...seriesOf(quiet, [402, 402, 402]), before: samplesOf([402, 402, 402, 402, 402]) };
    const outage = { ...seriesOf(normal, [95, 96, 95]), before: samplesOf([95, 95, 96, 95, 95]) };

    expect(detect(seriesOf(quiet, [402, 402, 402]))).toHaveLength(1);
    expect(detect(drifted)).toEqual([]);
    expect(detect(outage)).toHaveLength(1);
  });

  it("shows a third of normal time before an event, however long it lasts", () => {
    const long = {
      ...seriesOf(
        normal,
        Array.from({ length: 80 }, () => 95),
      ),
      before: samplesOf(normal),
    };

    const { segment } = detect(long)[0]!;

    expect(segment).toHaveLength(30);
    expect(segment.filter((value) => value < 20)).toHaveLength(8);
    expect(segment.at(-1)).toBe(95);
  });
});

function samplesOf(values: readonly number[]) {
  return { t: Float64Array.from(values, (_, index) => index * 60_000), v: Float64Array.from(values) };
}
