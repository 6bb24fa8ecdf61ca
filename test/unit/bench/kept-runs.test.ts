import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LabelledCase } from "../../../bench/cases.ts";
import { keepRuns, keptOutcomes } from "../../../bench/kept-runs.ts";
import type { Outcome } from "../../../bench/methods.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kept-runs-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const labelled = (id: string): LabelledCase => ({
  id,
  system: "shop",
  faultType: "cpu",
  question: { text: "What broke?", askedAt: 0 },
  lookbackMs: null,
  telemetry: "/telemetry",
  truth: { services: ["the-culprit"], instances: [], metrics: [] },
});

const outcome = (id: string): Outcome => ({
  labelled: labelled(id),
  run: { seconds: 1, peakMb: 2, answer: null, error: "no answer", perturbed: [] },
});

describe("kept runs", () => {
  it("are read again for the cases that are asked about, and hold no truth", async () => {
    const file = join(folder, "kept.json");
    await keepRuns(file, [outcome("one"), outcome("two")]);

    expect(await keptOutcomes([file], [labelled("two"), labelled("three")])).toEqual([outcome("two")]);
    expect(await readFile(file, "utf8")).not.toContain("the-culprit");
  });

  it("are refused where a file is something else, or has none of the cases", async () => {
    const file = join(folder, "kept.json");
    await writeFile(file, "[{}]");
    await expect(keptOutcomes([file], [labelled("one")])).rejects.toThrow("cannot be read as kept runs");

    await keepRuns(file, [outcome("one")]);
    await expect(keptOutcomes([file], [labelled("two")])).rejects.toThrow("None of the 1 cases is in");
  });
});
