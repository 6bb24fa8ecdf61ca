import { describe, expect, it } from "vitest";
import { macroF1 } from "../../../../bench/macro-f1.ts";
import { makeSegments } from "../../../../bench/pattern-segments.ts";
import { classifyPattern, patternNames } from "../../../../pipeline/describe/pattern.ts";
import {
  convolved,
  parametersText,
  patternMatcher,
  patternProbabilities,
  readParameters,
  scaledSegment,
} from "../../../../pipeline/describe/pattern-network.ts";
import { patternWeights } from "../../../../pipeline/describe/pattern-weights.ts";
import { newTape, tensor } from "../../../../pipeline/learn/tape.ts";
import { xoshiro } from "../../../../pipeline/learn/xoshiro.ts";

const match = patternMatcher(patternWeights);
const segment = (value: (i: number) => number) => Array.from({ length: 30 }, (_, i) => value(i));

describe("the shipped weights", () => {
  it("tell generated segments that they have not seen", () => {
    const segments = makeSegments(40, xoshiro(99, "pattern-network.test"));
    const parameters = readParameters(patternWeights);

    const named = segments.map(({ values }) => {
      const probabilities = patternProbabilities(parameters, scaledSegment(values) ?? new Float64Array(0));
      return probabilities.indexOf(Math.max(...probabilities));
    });

    const truth = segments.map(({ label }) => label);
    expect(macroF1(truth, named)).toBeGreaterThan(0.9);
    // Up for up: patterns are even when they rise; fluctuations go both ways.
    const directed = truth.flatMap((label, i) =>
      label === 10 || named[i] === 10 ? [] : [[label, named[i]]],
    );
    const same = directed.filter(([a, b]) => (a ?? 0) % 2 === (b ?? 0) % 2);
    expect(same.length / directed.length).toBeGreaterThan(0.97);
  });

  it("name the plain shapes", () => {
    expect(
      match(
        segment((i) => (i >= 12 ? 1 : 0)),
        "up",
      ),
    ).toBe("level shift up");
    expect(
      match(
        segment((i) => (i >= 12 ? 5 : 9)),
        "down",
      ),
    ).toBe("level shift down");
    expect(
      match(
        segment((i) => Math.max(0, i - 6)),
        "up",
      ),
    ).toBe("steady increase");
    expect(
      match(
        segment((i) => (i === 12 ? 100 : 3 + (i % 2))),
        "up",
      ),
    ).toBe("single spike");
    expect(
      match(
        segment((i) => (i >= 10 && i < 19 ? 4 : 1)),
        "up",
      ),
    ).toBe("transient level shift up");
  });

  it("survive being saved and read", () => {
    expect(parametersText(readParameters(patternWeights))).toBe(patternWeights);
    expect(() => readParameters(patternWeights.slice(0, 400))).toThrow(RangeError);
  });
});

describe("patternMatcher", () => {
  it("never names a pattern that goes the other way", () => {
    const segments = makeSegments(10, xoshiro(3, "either way"));
    for (const { values } of segments) {
      expect(patternNames.indexOf(match(values, "up") ?? "fluctuations") % 2).toBe(0);
      const down = patternNames.indexOf(match(values, "down") ?? "fluctuations");
      expect(down === 10 || down % 2 === 1).toBe(true);
    }
  });

  it("goes by the rules where it has less or more than 30 samples, or a gap", () => {
    const shift = segment((i) => (i >= 15 ? 1 : 0));
    const inputs = [
      shift.slice(5),
      [...shift, 1, 1],
      shift.map((value, i) => (i === 3 ? Number.NaN : value)),
    ];
    for (const input of inputs) expect(match(input, "up")).toBe(classifyPattern(input, "up"));
    expect(
      match(
        segment(() => 4),
        "up",
      ),
    ).toBeNull();
    expect(
      match(
        segment((i) => (i % 2 === 0 ? 1e308 : -1e308)),
        "up",
      ),
    ).not.toBeUndefined();
  });

  it("says the same whatever the unit and the zero are", () => {
    for (const { values } of makeSegments(5, xoshiro(4, "units"))) {
      const moved = values.map((value) => 1000 * value + 5);
      expect(match(moved, "up")).toBe(match(values, "up"));
    }
  });
});

describe("convolved", () => {
  it("leaves two steps of 64 channels of thirty samples (the published lengths)", () => {
    const features = convolved(newTape(), readParameters(patternWeights), tensor(60, 1));

    expect([features.rows, features.cols]).toEqual([2, 128]);
  });
});
