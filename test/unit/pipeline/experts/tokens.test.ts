import { describe, expect, it } from "vitest";
import { fittedLengths, tokensOf } from "../../../../pipeline/experts/tokens.ts";

const item = (id: number) => ({
  short: `${id} short`,
  text: `${id} usual ${"u".repeat(60)}`,
  full: `${id} full ${"f".repeat(300)}`,
});
const items = Array.from({ length: 20 }, (_, id) => item(id));
const kinds = (lines: readonly string[]) => lines.map((line) => line.split(" ")[1]);
const spent = (lines: readonly string[]) => lines.reduce((sum, line) => sum + tokensOf(line) + 1, 0);

describe("fittedLengths", () => {
  it("says all there is to say where there is room", () => {
    expect(kinds(fittedLengths(items, 10_000))).toEqual(items.map(() => "full"));
  });

  it("says more of the first ones than of the others, within the budget", () => {
    const lines = fittedLengths(items, 350);

    expect(lines).toHaveLength(20);
    expect(kinds(lines)).toEqual([...Array(13).fill("usual"), ...Array(7).fill("short")]);
    expect(spent(lines)).toBeLessThanOrEqual(350);
  });

  it("says how many it left out", () => {
    expect(fittedLengths(items, 210).at(-1)).toBe("(8 more are not shown)");
    expect(fittedLengths(items, 0)).toEqual(["(20 more are not shown)"]);
    expect(fittedLengths([], 0)).toEqual([]);
  });
});
