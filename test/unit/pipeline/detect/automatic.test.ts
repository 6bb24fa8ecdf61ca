import { describe, expect, it } from "vitest";
import { automatic, chooseDetector } from "../../../../pipeline/detect/automatic.ts";
import { randomOf, seriesOf, sliceOf } from "./inputs.ts";

const random = randomOf(17);
const bell = () => random() + random() + random();
const many = (count: number, value: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => value(i));

describe("chooseDetector", () => {
  it.each([
    ["a bell", many(120, bell), "three-sigma", "one group without a long tail"],
    ["a constant", many(120, () => 3), "percentile", "only 1 different value"],
    ["a few levels", many(120, (i) => i % 5), "percentile", "only 5 different values"],
    [
      "mostly zeros",
      many(120, (i) => (i % 5 === 0 ? bell() : 0)),
      "percentile",
      "80 % of its normal samples are zero",
    ],
    ["a long tail", many(120, () => Math.exp(3 * bell() - 4)), "percentile", "a long tail"],
    ["two modes", many(120, (i) => (i % 3 === 0 ? 50 : 10) + bell()), "dbscan", "two groups"],
  ] as const)("takes for %s what suits it, and says why", (_, reference, detector, why) => {
    const choice = chooseDetector(reference);

    expect(choice.detector).toBe(detector);
    expect(choice.reason).toContain(why);
  });
});

describe("automatic", () => {
  it("sees a value between two usual levels, which 3-sigma cannot", () => {
    const levels = many(120, (i) => (i % 3 === 0 ? 50 : 10) + bell());

    const [found] = automatic.detect(sliceOf({ metrics: [seriesOf(levels, [11, 30, 30, 30, 51])] }));

    expect(found).toMatchObject({ detector: "dbscan", start: 10_060_000, end: 10_180_000 });
    expect(found?.chosenSince).toContain("two groups");
  });

  it("leaves latency that falls alone, where it judges by percentiles", () => {
    const tail = many(240, () => 100 + Math.exp(3 * bell() - 4));
    const latency = { key: { service: "geo", instance: null, metric: "latency_p99" } };
    const slice = (window: number[]) => sliceOf({ metrics: [seriesOf(tail, window, latency)] });

    expect(automatic.detect(slice([1, 1, 1]))).toEqual([]);
    expect(automatic.detect(slice([9000, 9000, 9000]))).toMatchObject([{ detector: "percentile" }]);
  });
});
