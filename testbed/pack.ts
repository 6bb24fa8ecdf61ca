import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { recordedAt, tables } from "./incident-tables.ts";
import type { RecordPlan } from "./record-plan.ts";
import { TestbedError } from "./testbed-error.ts";

const Cases = z.array(z.looseObject({ query: z.looseObject({ at: z.iso.datetime() }) })).length(1);
const Reference = z.object({ periods: z.array(z.object({ start: z.iso.datetime() })).min(1) });
const compression = { level: 9 };

/**
 * Makes a recorded incident of the repository from a whole recording: one compressed file for each kind of
 * telemetry, ordered by time, from the first fault-free moment (everything starts before it) to the moment
 * of asking.
 *
 * Throws: TestbedError when the recording is not whole.
 */
export async function packIncident(recording: string, plan: RecordPlan, to: string): Promise<void> {
  const state = z
    .object({ complete: z.boolean() })
    .parse(JSON.parse(await readFile(join(recording, "recording.json"), "utf8")));
  if (!state.complete)
    throw new TestbedError(`${recording} is not a whole recording; its recording.json says why.`);
  const cases = Cases.parse(JSON.parse(await readFile(join(recording, "cases.json"), "utf8")));
  const at = cases[0]?.query.at ?? "";
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  const { periods } = Reference.parse(
    JSON.parse(await readFile(join(recording, "telemetry", "reference.json"), "utf8")),
  );
  const span = { start: Date.parse(periods[0]?.start ?? "") * 1_000, end: Date.parse(at) * 1_000 };
  for (const table of tables) {
    const text = await joined(join(recording, "telemetry", table.folder), table, span);
    if (text !== null) await writeFile(join(to, `${table.file}.gz`), gzipSync(text, compression));
  }
  for (const name of ["topology.csv", "reference.json"]) {
    await writeFile(join(to, name), await readFile(join(recording, "telemetry", name)));
  }
  const { name, description, question } = plan;
  await writeJson(join(to, "incident.json"), { name, description, question, askedAt: at });
  const query = { at, text: question };
  await writeJson(join(to, "cases.json"), [{ ...cases[0], telemetry: ".", query }]);
}

async function joined(
  folder: string,
  table: (typeof tables)[number],
  span: { readonly start: number; readonly end: number },
): Promise<string | null> {
  const rows: { readonly at: number; readonly line: string }[] = [];
  let header = "";
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    const [first = "", ...rest] = (await readFile(join(folder, name), "utf8")).trimEnd().split("\n");
    if (table.hasHeader) header = `${first}\n`;
    for (const line of table.hasHeader ? rest : [first, ...rest]) {
      const at = recordedAt(table, line);
      if (at !== null && at >= span.start && at < span.end) rows.push({ at, line });
    }
  }
  if (rows.length === 0) return null;
  rows.sort((a, b) => a.at - b.at || (a.line < b.line ? -1 : 1));
  return `${header}${rows.map(({ line }) => line).join("\n")}\n`;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
