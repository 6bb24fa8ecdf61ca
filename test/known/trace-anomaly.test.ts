import { describe, expect, it } from "vitest";
import { couple, planar } from "../../pipeline/detect/trace-anomaly/flow.ts";
import { normalizedRow, usualTimes } from "../../pipeline/detect/trace-anomaly/service-vectors.ts";
import { logNormal } from "../../pipeline/detect/trace-anomaly/variational.ts";
import { newTape, tensor } from "../../pipeline/learn/tape.ts";

const row = (...values: number[]) => tensor(1, values.length, Float64Array.from(values));

// Computed with numpy 2.4 from the formulas of TraceAnomaly's and OmniAnomaly's published code.
describe("known answers of TraceAnomaly", () => {
  it("normalizes as readdata.py does", () => {
    const rows = [
      [200, 300, 0, 100],
      [0, 200, 300, 400],
      [500, 0, 0, 200],
    ];

    const usual = usualTimes(rows);

    [350, 250, 300, 233.33333333333334].forEach((value, i) => {
      expect(usual.mean[i]).toBeCloseTo(value, 9);
    });
    [150, 50, 1, 124.721913].forEach((value, i) => {
      expect(usual.std[i]).toBeCloseTo(value, 6);
    });
    const expected = [
      [-1, 1, -1, -1.069045],
      [-1, -1, 0, 1.336306],
      [1, -1, -1, -0.267261],
    ];
    rows.forEach((values, i) => {
      normalizedRow(values, usual).forEach((value, j) => {
        expect(value).toBeCloseTo(expected[i]?.[j] ?? Number.NaN, 6);
      });
    });
  });

  it("has the mean and deviation of the published unit test", () => {
    const { mean, std } = usualTimes([[1], [4], [72]]);

    expect(mean[0]).toBeCloseTo(25.666667, 6);
    expect(std[0]).toBeCloseTo(32.7855, 4);
  });

  it("couples as RealNVP", () => {
    const { z, logDeterminant } = couple(newTape(), row(1, 2), row(0.1, -0.1), row(0.5, -0.5));

    expect(z.data[0]).toBeCloseTo(1.0165560019766322, 12);
    expect(z.data[1]).toBeCloseTo(1.5533915047679228, 12);
    expect(logDeterminant.data[0]).toBeCloseTo(-0.2803030122753019, 12);
  });

  it("bends as a planar flow", () => {
    const parameters = { direction: row(0.3, -0.2), normal: row(1, 0.5), bias: row(0.1) };

    const { z, logDeterminant } = planar(newTape(), row(0.5, -1), parameters);

    expect(z.data[0]).toBeCloseTo(0.4978582439823234, 12);
    expect(z.data[1]).toBeCloseTo(-1.0359546761275729, 12);
    expect(logDeterminant.data[0]).toBeCloseTo(-0.22296344360662412, 12);
  });

  it("has the normal density", () => {
    expect(logNormal(newTape(), row(0.5), row(0), row(1)).data[0]).toBeCloseTo(-1.0439385332046727, 12);
  });
});
