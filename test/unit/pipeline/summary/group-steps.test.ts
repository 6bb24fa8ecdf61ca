import { describe, expect, it } from "vitest";
import { groupSteps } from "../../../../pipeline/summary/group-steps.ts";
import { recurrences } from "../../../../pipeline/summary/recurrences.ts";
import { type SweptStep, stepFor } from "../../../../pipeline/summary/sweep.ts";
import { candidate } from "../../../fakes/telemetry.ts";

const minute = 60_000;

/** A step of ten minutes per entry: its suspects by name, the first the strongest. */
function stepsOf(...suspects: readonly (readonly string[])[]): SweptStep[] {
  return suspects.map((names, index) => ({
    start: index * 10 * minute,
    end: (index + 1) * 10 * minute,
    suspects: names.map((service, place) => candidate({ service, score: 5 - place })),
    isSeen: true,
  }));
}

const inMinutes = (groups: ReturnType<typeof groupSteps>) =>
  groups.map(({ start, end, service }) => [start / minute, end / minute, service]);

describe("groupSteps", () => {
  it("finds nothing in quiet steps, and in none", () => {
    expect(groupSteps(stepsOf([], [], []))).toEqual([]);
    expect(groupSteps([])).toEqual([]);
  });

  it("joins neighbours with the same suspect and bridges one quiet step, not two", () => {
    const steps = stepsOf([], ["geo"], ["geo", "rate"], [], ["geo"], [], [], ["geo"]);

    expect(inMinutes(groupSteps(steps))).toEqual([
      [10, 50, "geo"],
      [70, 80, "geo"],
    ]);
  });

  it("keeps neighbours apart in which different services are suspected", () => {
    expect(inMinutes(groupSteps(stepsOf(["geo"], ["rate"], ["user"])))).toEqual([
      [0, 10, "geo"],
      [10, 20, "rate"],
      [20, 30, "user"],
    ]);
  });

  it("takes a step for the same incident when its leader was suspected before, and names who leads most", () => {
    expect(inMinutes(groupSteps(stepsOf(["geo", "rate"], ["rate", "geo"], ["rate"])))).toEqual([
      [0, 30, "rate"],
    ]);
  });
});

describe("stepFor", () => {
  it.each([
    [60, 5],
    [9 * 60, 10],
    [24 * 60, 15],
    [7 * 24 * 60, 60],
    [31 * 24 * 60, 60],
  ])("looks at %i minutes in steps of %i", (length, step) => {
    expect(stepFor({ start: 0, end: length * minute })).toBe(step * minute);
  });
});

describe("recurrences", () => {
  it("counts each service in both periods, most often first", () => {
    expect(recurrences(["geo", "rate", "geo"], ["rate", "user"])).toEqual([
      { service: "geo", now: 2, before: 0 },
      { service: "rate", now: 1, before: 1 },
      { service: "user", now: 0, before: 1 },
    ]);
  });
});
