import { describe, expect, it } from "vitest";
import { accuracy, credits, randomCredits, rankOf } from "../../../bench/score.ts";
import { xoshiro } from "../../../pipeline/learn/xoshiro.ts";

describe("accuracy", () => {
  it("gives the known answer KAT 12.1 of the specification", () => {
    const rankings = ["abc", "bac", "cba", "xyz"].map((names) => [...names]);

    const found = accuracy(
      rankings.map((ranked) => credits(rankOf(ranked, ["a"]))),
      7,
    );

    expect(found?.cases).toBe(4);
    expect(found?.at1.value).toBeCloseTo(0.25, 12);
    expect(found?.at3.value).toBeCloseTo(0.75, 12);
    expect(found?.at5.value).toBeCloseTo(0.75, 12);
    expect(found?.average5.value).toBeCloseTo(0.6, 12);
    expect(rankings.filter((ranked) => credits(rankOf(ranked, ["a"]))[1] === 1)).toHaveLength(2);
  });

  it("is nothing without cases", () => {
    expect(accuracy([], 7)).toBeNull();
  });

  it("gives the same interval for the same seed, around the value, as wide as the binomial says", () => {
    const half = Array.from({ length: 100 }, (_, index) => credits(index % 2 === 0 ? 1 : null));

    const first = accuracy(half, 7);
    const again = accuracy(half, 7);

    expect(again).toEqual(first);
    // 1.96 * sqrt(0.5 * 0.5 / 100) = 0.098.
    expect(first?.at1.low).toBeGreaterThan(0.37);
    expect(first?.at1.low).toBeLessThan(0.44);
    expect(first?.at1.high).toBeGreaterThan(0.56);
    expect(first?.at1.high).toBeLessThan(0.63);
  });

  it("gives an interval without width where all cases score alike", () => {
    const found = accuracy([credits(1)], 7);

    expect(found?.at1).toEqual({ value: 1, low: 1, high: 1 });
  });
});

describe("rankOf", () => {
  it("takes the first of several right names", () => {
    expect(rankOf(["x", "b", "a"], ["a", "b"])).toBe(2);
  });

  it("counts a name that comes twice once", () => {
    expect(rankOf(["x", "x", "x", "a"], ["a"])).toBe(2);
  });

  it("is null for an empty ranking and for one without the truth", () => {
    expect(rankOf([], ["a"])).toBeNull();
    expect(rankOf(["b"], ["a"])).toBeNull();
  });
});

describe("credits", () => {
  it("counts a name beyond the fifth place, and one that is not ranked, as a miss everywhere", () => {
    expect(credits(6)).toEqual([0, 0, 0, 0, 0]);
    expect(credits(null)).toEqual([0, 0, 0, 0, 0]);
    expect(credits(3)).toEqual([0, 0, 1, 1, 1]);
  });
});

describe("randomCredits", () => {
  it("is k out of all for one right name", () => {
    const expected = [0.1, 0.2, 0.3, 0.4, 0.5];

    randomCredits(10, 1).forEach((credit, index) => {
      expect(credit).toBeCloseTo(expected[index]!, 12);
    });
  });

  it("counts any of several right names", () => {
    // 1 - C(3,2)/C(5,2) = 0.7
    expect(randomCredits(5, 2)[1]).toBeCloseTo(0.7, 12);
  });

  it("is certain once every name is drawn, and nothing for a truth that is no known name", () => {
    expect(randomCredits(3, 1)).toEqual([expect.closeTo(1 / 3, 12), expect.closeTo(2 / 3, 12), 1, 1, 1]);
    expect(randomCredits(10, 0)).toEqual([0, 0, 0, 0, 0]);
    expect(randomCredits(0, 0)).toEqual([0, 0, 0, 0, 0]);
  });
});

describe("xoshiro", () => {
  it("draws the same for the same seed and name, and other numbers for another name", () => {
    const draw = (seed: number, name: string) => Array.from({ length: 4 }, xoshiro(seed, name));

    expect(draw(7, "a")).toEqual(draw(7, "a"));
    expect(draw(7, "a")).not.toEqual(draw(7, "b"));
    expect(draw(7, "a")).not.toEqual(draw(8, "a"));
  });

  it("draws evenly between 0 and 1", () => {
    const random = xoshiro(1, "even");
    const bins = new Array<number>(10).fill(0);

    for (let i = 0; i < 100_000; i++) bins[Math.floor(random() * 10)]! += 1;

    for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});
