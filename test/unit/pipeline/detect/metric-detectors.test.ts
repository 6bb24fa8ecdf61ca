import { describe, expect, it } from "vitest";
import { metricDetectors } from "../../../../pipeline/detect/index.ts";
import type { MetricSeries } from "../../../../pipeline/types.ts";
import { randomOf, seriesOf, sliceOf } from "./inputs.ts";

// These read a metric's name and unit, and judge by absolute amounts.
const byMeaning = ["robust-spread", "lost-requests"];
const all = Object.values(metricDetectors);
const byShape = all.filter(({ name }) => !byMeaning.includes(name));
const queue = { service: "geo", instance: "geo-0", metric: "queue" };
const series = (reference: readonly number[], window: readonly number[], more: Partial<MetricSeries> = {}) =>
  seriesOf(reference, window, { key: queue, ...more });
const many = (count: number, value: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => value(i));

describe.each(all.map((detector) => [detector.name, detector] as const))("%s", (_, detector) => {
  const detect = (...metrics: MetricSeries[]) => detector.detect(sliceOf({ metrics }));

  it("answers with finite numbers, whatever it is given", () => {
    const nan = Number.NaN;
    const noisy = many(60, (i) => 5 + Math.sin(i * i));
    const inputs: [string, number[], number[]][] = [
      ["empty", [], []],
      ["no window", noisy, []],
      ["no reference", [], [1, 2, 3]],
      ["constant", many(60, () => 7), many(20, () => 7)],
      ["constant, then another", many(60, () => 7), many(20, () => 9)],
      ["all missing", many(60, () => nan), many(20, () => nan)],
      ["missing window", noisy, many(20, () => nan)],
      ["two samples", [1, 2], [90, 91]],
      ["huge", many(60, (i) => 1e308 * (i % 2 === 0 ? 1 : 0.5)), [1e308, -1e308, -1e308, 1e308]],
      ["huge after small", noisy, [1e308, 1e308, -1e308]],
      ["tiny", many(60, (i) => 1e-308 * (i % 7)), [1e-300, 1e-300, 1e-300]],
      ["negative", noisy.map((value) => -value), [-90, -91, -90]],
    ];
    for (const [name, reference, window] of inputs) {
      for (const anomaly of detect(series(reference, window))) {
        const { start, end, severity, peak, previous, mean, std, zPeak, score } = anomaly;
        for (const value of [start, end, severity, peak, previous, mean, std, zPeak, score]) {
          expect([name, Number.isFinite(value)]).toEqual([name, true]);
        }
      }
    }
  });

  it("gives equal events for equal input, in whatever order the series come", () => {
    const random = randomOf(11);
    const metrics = many(12, (i) => i).map((i) =>
      series(
        many(80, () => random() + random()),
        many(20, () => random() + (i % 3)),
        { key: { ...queue, instance: `geo-${i}` } },
      ),
    );
    const byInstance = (found: ReturnType<typeof detect>) =>
      [...found].sort((a, b) => ((a.instance ?? "") < (b.instance ?? "") ? -1 : 1) || a.start - b.start);

    expect(byInstance(detect(...metrics.toReversed()))).toEqual(byInstance(detect(...metrics)));
  });
});

describe.each(byShape.map((detector) => [detector.name, detector] as const))("%s", (_, detector) => {
  const detect = (...metrics: MetricSeries[]) => detector.detect(sliceOf({ metrics }));

  it("flags a clear step, and says where and which way", () => {
    const random = randomOf(5);
    const noise = () => random() + random() + random();
    const window = many(20, (i) => (i >= 8 && i < 14 ? 40 : 10) + noise());

    const found = detect(
      series(
        many(240, () => 10 + noise()),
        window,
      ),
    );

    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ direction: "up", start: 10_000_000 + 8 * 60_000, service: "geo" });
    expect(found[0]?.detector).not.toBe("");
    expect(found[0]?.score).toBeGreaterThan(1);
    const { peak, mean, std, zPeak } = found[0]!;
    expect((peak - mean) / std).toBeCloseTo(zPeak, 6);
  });

  it("finds the same events whatever the unit and the zero are", () => {
    const random = randomOf(3);
    for (let round = 0; round < 20; round++) {
      const reference = many(90, () => random() + random() + random());
      const window = many(20, () => random() * 3 + (random() < 0.3 ? 4 * random() : 0));
      const scale = (round % 2 === 0 ? 1 : -1) * 10 ** (4 * random() - 2);
      const shift = 10 * Math.abs(scale) * random();
      const moved = (values: number[]) => values.map((value) => scale * value + shift);
      // The sliding floor is a share of the mean, so only a change of unit leaves it alone.
      if (detector.name === "sliding-sigma") continue;

      const plain = detect(series(reference, window));
      const other = detect(series(moved(reference), moved(window)));

      expect(other.map(({ start, end }) => [start, end])).toEqual(
        plain.map(({ start, end }) => [start, end]),
      );
      other.forEach((anomaly, index) => {
        expect(anomaly.zPeak).toBeCloseTo(Math.sign(scale) * (plain[index]?.zPeak ?? 0), 5);
      });
    }
  });

  it("is judged by its peers where its own past is too short", () => {
    const young = series([11, 12], [90, 91, 90], { key: { ...queue, instance: "geo-1" } });
    const old = series(
      many(60, (i) => 10 + ((i * 7) % 11) / 5),
      [11, 11, 11],
    );

    expect(detect(young, old)).toMatchObject([{ instance: "geo-1" }]);
    expect(detect(young)).toEqual([]);
  });
});
