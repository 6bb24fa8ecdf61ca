import { describe, expect, it } from "vitest";
import { patternmatcherRank } from "../../../../pipeline/localize/patternmatcher-rank.ts";
import { series, slice } from "../../../fakes/telemetry.ts";

const usual = Array.from({ length: 30 }, (_, index) => 10 + (index % 5));

describe("patternmatcherRank", () => {
  it("ranks what is still abnormal before what has recovered", () => {
    const still = series({ service: "geo", before: usual, window: Array.from({ length: 10 }, () => 40) });
    const back = series({
      service: "rate",
      before: usual,
      window: [40, 41, 42, 43, 44, 45, 46, 12, 11, 12, 13, 12],
    });

    const ranked = patternmatcherRank.localize(slice({ metrics: [still, back] }), []);

    expect(ranked.map(({ service }) => service)).toEqual(["geo", "rate"]);
    // p is cut at 1e-4, which is 3.89 standard deviations: log2(4.89).
    expect(ranked[0]!.score).toBeCloseTo(Math.log2(4.89), 2);
    expect(ranked[1]!.score).toBeLessThan(ranked[0]!.score / 4 + 0.01);
    expect(ranked[1]!.why).toContain("has recovered");
  });

  it("ranks nothing whose samples may come from the same distribution", () => {
    const same = series({ service: "geo", before: usual, window: usual.slice(0, 10) });
    const short = series({ service: "rate", before: usual.slice(0, 5), window: [90, 90, 90] });

    expect(patternmatcherRank.localize(slice({ metrics: [same, short] }), [])).toEqual([]);
  });
});
