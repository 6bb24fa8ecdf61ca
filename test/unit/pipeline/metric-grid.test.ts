import { describe, expect, it } from "vitest";
import { firstRowFrom, metricGrid } from "../../../pipeline/metric-grid.ts";
import { minute, samples, series, window } from "../../fakes/telemetry.ts";

describe("metricGrid", () => {
  it("puts normal time first, even if it came later, and keeps it apart", () => {
    const one = {
      ...series({ service: "geo", before: [4, 5], window: [6, 7, 8] }),
      reference: samples([1, 2, 3], window.start + 60 * minute),
    };

    const grid = metricGrid([one], 100);

    expect([...(grid?.columns[0] ?? [])]).toEqual([1, 2, 3, Number.NaN, 4, 5, 6, 7, 8]);
    expect(grid?.recentRow).toBe(4);
    expect(grid?.windowRow).toBe(6);
    expect(firstRowFrom(grid!, window.start + minute)).toBe(7);
  });

  it("has no row apart where the periods follow one another", () => {
    const one = {
      ...series({ service: "geo", before: [3, 4], window: [5] }),
      reference: samples([1, 2, 3], window.start - 4 * minute),
    };

    expect([...(metricGrid([one], 100)?.columns[0] ?? [])]).toEqual([1, 2, 3, 4, 5]);
  });

  it("carries a value over short gaps only, and never into another period", () => {
    const gap = series({ service: "geo", window: [1, Number.NaN, Number.NaN, Number.NaN, Number.NaN, 2] });
    const whole = series({ service: "rate", reference: [9, 9], window: [1, 1, 1, 1, 1, 1] });

    const grid = metricGrid([gap, whole], 100);

    const nan = Number.NaN;
    expect([...(grid?.columns[0] ?? [])]).toEqual([nan, nan, nan, 1, 1, 1, 1, nan, 2]);
  });

  it("keeps the last rows, and leaves out what is too coarse", () => {
    const fine = series({ service: "geo", before: [1, 2], window: [3, 4] });
    const coarse = { ...series({ service: "rate", window: [1] }), stepMs: 60 * minute };

    const grid = metricGrid([fine, fine, coarse], 3);

    expect([...(grid?.columns[0] ?? [])]).toEqual([2, 3, 4]);
    expect(grid?.columns[2]).toBeNull();
  });

  it("is none without series or samples in the window", () => {
    expect(metricGrid([], 10)).toBeNull();
    expect(metricGrid([series({ service: "geo", reference: [1, 2], window: [] })], 10)).toBeNull();
  });
});
