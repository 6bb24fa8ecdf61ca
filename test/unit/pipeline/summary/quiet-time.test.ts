import { describe, expect, it } from "vitest";
import type { Inventory } from "../../../../pipeline/ports.ts";
import { quietTime, withQuietTime } from "../../../../pipeline/summary/quiet-time.ts";

const minute = 60_000;
const at = (start: number, end: number) => ({ start: start * minute, end: end * minute });

describe("quiet time", () => {
  it("is what came before, less the guard, when nothing was found", () => {
    expect(quietTime(at(200, 210), [], 120 * minute)).toEqual([at(75, 195)]);
  });

  it("steps over what was abnormal and reaches further back for it", () => {
    const abnormal = [at(150, 180), at(100, 110)];

    expect(quietTime(at(200, 210), abnormal, 60 * minute)).toEqual([at(95, 100), at(110, 150), at(180, 195)]);
  });

  it("takes nothing of an incident that reaches up to the window", () => {
    expect(quietTime(at(200, 210), [at(170, 200)], 30 * minute)).toEqual([at(140, 170)]);
  });

  it("keeps the periods that an operator declared", () => {
    const declared = [at(0, 10)];
    const inventory: Inventory = {
      services: [],
      instances: [],
      extent: { metric: null, log: null, trace: null },
      declaredReference: { metric: declared, log: [], trace: [] },
      topology: null,
      gaps: [],
    };

    expect(withQuietTime(inventory, [at(75, 195)]).declaredReference).toEqual({
      metric: declared,
      log: [at(75, 195)],
      trace: [at(75, 195)],
    });
  });
});
