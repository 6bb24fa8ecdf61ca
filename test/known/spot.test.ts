import { describe, expect, it } from "vitest";
import { spot, tailThreshold } from "../../pipeline/statistics/spot.ts";
import { congruential } from "./published-series.ts";

const uniform = congruential(7);
const series = Array.from(
  { length: 400 },
  (_, i) => uniform() + uniform() + uniform() + (i >= 380 && i <= 384 ? 3 : 0),
);
const calibration = series.slice(0, 300);
const stream = series.slice(300);

describe("tailThreshold", () => {
  // Closed form: t + (σ/γ)((q n / N)^-γ - 1), and its limit for γ = 0.
  it.each([
    [0.1, 16.98565695347127],
    [0, 15.99146454710798],
  ])("is the published quantile of a tail of shape %f", (shape, threshold) => {
    const tail = { peaksFrom: 10, scale: 2, shape, seen: 1000, peakCount: 20, risk: 1e-3 };

    expect(tailThreshold(tail)).toBeCloseTo(threshold, 9);
  });
});

describe("spot", () => {
  // Reference: SPOT and dSPOT as in RCAEval's microcause.py, run on the same series.
  it("finds the reference's peaks and alarms", () => {
    const run = spot(calibration, stream);

    expect(run.peaksFrom).toBeCloseTo(2.4879928193986416, 12);
    expect(run.peakCount).toBe(5);
    expect(run.alarms).toEqual([80, 81, 82, 83, 84]);
  });

  /**
   * Not the reference's 2.7664: its gradient search stops at θ = -0.776, where the equation that θ is to
   * solve is off by 1.3e-3. Between its bounds there is no root but zero, so the tail is exponential:
   * t - mean · ln(q n / N), computed here.
   */
  it("fits an exponential tail where Grimshaw's equation has no other root", () => {
    const run = spot(calibration, stream);

    const peaks = calibration.filter((value) => value > run.peaksFrom).map((value) => value - run.peaksFrom);
    const mean = peaks.reduce((sum, peak) => sum + peak, 0) / peaks.length;
    expect(run.calibrated).toBeCloseTo(run.peaksFrom - mean * Math.log((1e-3 * 300) / 5), 9);
    expect(Math.abs(run.calibrated - 2.7664377729748284)).toBeLessThan(0.02);
  });

  it("follows the drift as the reference does", () => {
    const run = spot(calibration, stream, { depth: 10 });

    expect(run.peaksFrom).toBeCloseTo(1.051859642122872, 12);
    expect(run.peakCount).toBe(5);
    expect(run.calibrated).toBeCloseTo(1.460825603219058, 6);
    expect(run.alarms).toEqual([80, 81, 82, 83, 84]);
    expect(run.thresholds[0]).toBeCloseTo(2.8504408762523266, 6);
    expect(run.thresholds.at(-1)).toBeCloseTo(3.25321320483585, 6);
  });

  it("falls back to three standard deviations where there is too little to fit a tail to", () => {
    const run = spot([1, 2, 3, 2, 1, 2, 3, 2], [3, 5, 6]);

    // peaksFrom is 3, the largest; the standard deviation of these eight is √0.5.
    expect(run.calibrated).toBeCloseTo(3 + 3 * Math.SQRT1_2, 12);
    expect(run.alarms).toEqual([2]);
  });

  it("has no alarms in a stream that never moves, nor in missing values", () => {
    const flat = Array.from({ length: 100 }, () => 5);

    expect(spot(flat, flat).alarms).toEqual([]);
    expect(spot(calibration, [Number.NaN, Number.NaN]).alarms).toEqual([]);
    expect(spot([], [1]).alarms).toHaveLength(1);
  });
});
