import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { LabelledCase } from "../../../bench/cases.ts";
import { quietWindows } from "../../../bench/quiet.ts";

const minute = 60_000;
const start = Date.UTC(2026, 0, 5, 12);

/** A folder of telemetry that declares ten minutes of the hour fault-free, or nothing. */
async function telemetry(parent: string, name: string, declares: boolean): Promise<string> {
  const folder = join(parent, name);
  await mkdir(join(folder, "metrics"), { recursive: true });
  const rows = Array.from({ length: 60 }, (_, index) => `${start + index * minute},geo,cpu_usage,${index}`);
  await writeFile(join(folder, "metrics", "geo.csv"), `time,service,metric,value\n${rows.join("\n")}\n`);
  const period = {
    start: new Date(start).toISOString(),
    end: new Date(start + 10 * minute).toISOString(),
  };
  if (declares) await writeFile(join(folder, "reference.json"), JSON.stringify({ periods: [period] }));
  return folder;
}

const labelled = (folder: string, system = "hotel"): LabelledCase => ({
  id: folder,
  system,
  faultType: "cpu",
  question: { text: "What broke in the last 2 minutes?", askedAt: start + 50 * minute },
  lookbackMs: 2 * minute,
  telemetry: folder,
  truth: { services: ["geo"], instances: [], metrics: [] },
});

describe("quietWindows", () => {
  it("asks about fault-free time once for folders side by side, from the first that declares some", async () => {
    const parent = await mkdtemp(join(tmpdir(), "quiet-"));
    const none = await telemetry(parent, "a", false);
    const first = await telemetry(parent, "b", true);
    const second = await telemetry(parent, "c", true);

    const quiet = await quietWindows(
      [labelled(none), labelled(first), labelled(second), labelled(second, "shop")],
      2,
      new AbortController().signal,
    );

    expect(quiet.map(({ telemetry: folder, system }) => [folder, system])).toEqual([
      [first, "hotel"],
      [first, "hotel"],
    ]);
    expect(quiet.every(({ truth }) => truth.services.length === 0)).toBe(true);
  });
});
