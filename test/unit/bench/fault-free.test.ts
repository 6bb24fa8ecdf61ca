import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { LabelledCase } from "../../../bench/cases.ts";
import { faultFreeWindows } from "../../../bench/fault-free.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";
import { readQuestion } from "../../../pipeline/question/index.ts";

const minute = 60_000;
const start = Date.UTC(2026, 0, 5, 12);
const { signal } = new AbortController();

/** An hour of telemetry of which the named minutes are declared fault-free. */
async function telemetry(parent: string, name: string, lengths: readonly number[]): Promise<string> {
  const folder = join(parent, name);
  await mkdir(join(folder, "metrics"), { recursive: true });
  const rows = Array.from({ length: 60 }, (_, index) => `${start + index * minute},geo,cpu_usage,${index}`);
  await writeFile(join(folder, "metrics", "geo.csv"), `time,service,metric,value\n${rows.join("\n")}\n`);
  const periods = lengths.map((length, index) => ({
    start: new Date(start + index * 10 * minute).toISOString(),
    end: new Date(start + index * 10 * minute + length * minute).toISOString(),
  }));
  if (lengths.length > 0) await writeFile(join(folder, "reference.json"), JSON.stringify({ periods }));
  return folder;
}

const asked = (folder: string, afterMinutes: number): LabelledCase => ({
  id: folder,
  system: "hotel",
  faultType: "cpu",
  question: { text: "What broke in the last 2 minutes?", askedAt: start + afterMinutes * minute },
  lookbackMs: 2 * minute,
  telemetry: folder,
  truth: { services: ["geo"], instances: [], metrics: [] },
});

describe("faultFreeWindows", () => {
  it("cuts the time declared in the folder that was asked about last, and asks in words that are understood", async () => {
    const parent = await mkdtemp(join(tmpdir(), "fault-free-"));
    const early = await telemetry(parent, "a", [3]);
    const late = await telemetry(parent, "b", [3, 0.5]);
    const none = await telemetry(parent, "c", []);

    const windows = await faultFreeWindows([asked(early, 20), asked(none, 50), asked(late, 40)], signal);

    expect(windows.map(({ telemetry: folder }) => folder)).toEqual([late, late, late, late]);
    expect(windows.map(({ declares }) => declares)).toEqual(windows.map(() => ["metric", "trace"]));
    const read = windows.map(({ question }) =>
      readQuestion(
        { ...question, id: "q", timeZone: "UTC", askedWindow: null },
        [],
        PipelineOptions.parse({}),
      ),
    );
    expect(read.map(({ window }) => window)).toEqual([
      { start, end: start + minute },
      { start: start + minute, end: start + 2 * minute },
      { start: start + 2 * minute, end: start + 3 * minute },
      { start: start + 10 * minute, end: start + 10.5 * minute },
    ]);
  });
});
