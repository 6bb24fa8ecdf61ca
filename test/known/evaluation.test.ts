import { describe, expect, it } from "vitest";
import { accuracy, credits, rankOf } from "../../bench/score.ts";

/** ALGORITHMS 12.1: four rankings, the truth is a. */
describe("A@k and Avg@5", () => {
  const rankings = ["abc", "bac", "cba", "xyz"].map((names) => [...names]);
  const scored = rankings.map((ranked) => credits(rankOf(ranked, ["a"])));

  it("gives A@1 .25, A@2 .5, A@3 to A@5 .75 and Avg@5 .6", () => {
    const found = accuracy(scored, 7);
    const at2 = scored.reduce((sum, credit) => sum + (credit[1] ?? 0), 0) / scored.length;

    expect(found?.at1.value).toBeCloseTo(0.25, 12);
    expect(at2).toBeCloseTo(0.5, 12);
    expect(found?.at3.value).toBeCloseTo(0.75, 12);
    expect(found?.at5.value).toBeCloseTo(0.75, 12);
    expect(found?.average5.value).toBeCloseTo(0.6, 12);
  });

  it("takes any of several truths, counts a case without an answer as a miss, and a name that comes twice once", () => {
    expect(rankOf(["b", "c"], ["c", "b"])).toBe(1);
    expect(credits(rankOf([], ["a"]))).toEqual([0, 0, 0, 0, 0]);
    expect(rankOf(["b", "b", "a"], ["a"])).toBe(2);
  });

  it("gives the same intervals for the same cases and seed", () => {
    expect(accuracy(scored, 7)).toEqual(accuracy(scored, 7));
  });
});
