import { describe, expect, it } from "vitest";
import { dbscanLabels } from "../../pipeline/detect/dbscan.ts";
import { limitsOf } from "../../pipeline/detect/percentile.ts";
import { slidingLimit } from "../../pipeline/detect/sliding-sigma.ts";
import { quantile } from "../../pipeline/statistics/quantiles.ts";

// Computed with numpy 2.4 and scikit-learn's conventions, but for the sliding limit (DiagFusion's k_sigma.py, by hand).
const base = [10, 12, 11, 13, 12, 11, 10, 12, 11, 13];

describe("known answers of the metric detectors", () => {
  it("has the percentiles of numpy (type 7)", () => {
    expect(quantile(base, 0.99)).toBe(13);
    expect(quantile(base, 0.01)).toBe(10);
    expect(limitsOf(Float64Array.from(base).sort())).toEqual({ from: 10, to: 13 });
  });

  it("labels as scikit-learn's DBSCAN does", () => {
    expect([...dbscanLabels([1.0, 1.1, 1.2, 5.0, 5.1, 9.0], 0.15, 2)]).toEqual([0, 0, 0, 1, 1, -1]);
  });

  it("has DiagFusion's sliding limit, whose floor is a tenth of the mean", () => {
    const { mean, std, limit } = slidingLimit(base);

    expect(mean).toBe(11.5);
    expect(std).toBeCloseTo(1.15, 12);
    expect(limit).toBeCloseTo(3.45, 12);
    expect((15 - mean) / limit).toBeCloseTo(1.0145, 4);
    expect(14.9 - mean).toBeLessThan(limit);
  });
});
