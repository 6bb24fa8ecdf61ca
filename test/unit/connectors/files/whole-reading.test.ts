import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFiles } from "../../../../connectors/files/index.ts";

const rows = 40_000;
const start = Date.UTC(2026, 10, 23, 12);
const end = start + rows * 1000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "localexpert-whole-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Samples a second apart; from row `from` on, lines end in CR LF instead of LF. */
function metricsWithLineEnds(from: number): string {
  const lines = ["time,service,instance,metric,value,unit\n"];
  for (let row = 0; row < rows; row++) {
    lines.push(`${start + row * 1000},geo,geo-1,threads,${row % 7},1${row >= from ? "\r\n" : "\n"}`);
  }
  return lines.join("");
}

async function samplesRead(): Promise<{ samples: number; gaps: readonly unknown[] }> {
  const files = await openFiles({ type: "files", path: folder });
  try {
    const source = files.sources.find(({ modality }) => modality === "metric");
    if (source?.modality !== "metric") throw new Error("no metrics");
    const query = { windows: [{ start, end }], services: null, limit: 1_000_000 };
    const { items, gaps } = await source.fetch(query, new AbortController().signal);
    return { samples: items.reduce((sum, { samples }) => sum + samples.v.length, 0), gaps };
  } finally {
    await files.close();
  }
}

describe("a reading that fails half way", () => {
  it.each([
    ["from the second line on", 1],
    ["after more than what is looked at when opening", 20_000],
    ["in the last line", rows - 1],
  ])("never loses rows without a word: line ends change %s", async (_, from) => {
    await writeFile(join(folder, "metrics.csv"), metricsWithLineEnds(from));

    const { samples, gaps } = await samplesRead();

    expect({ samples, gaps }).toEqual({ samples: rows, gaps: [] });
  });
});
