import { fileURLToPath } from "node:url";
import { askProcess } from "../jobs/ask-process.ts";
import { BotError } from "../pipeline/errors.ts";
import { type LabelledCase, readCases } from "./cases.ts";
import { DetectorAnswer, type DetectorInput, type DetectorWindow } from "./detector-message.ts";
import { detectorTables, type JudgedWindow } from "./detector-table.ts";
import { faultFreeWindows } from "./fault-free.ts";
import { checkMarks, writeInto } from "./into-document.ts";
import { readMachine } from "./machine.ts";

/**
 * What each detector finds, and what it adds to the diagnosis: `node dist/bench/detectors.js DOCUMENT FOLDER...` runs
 * them over labelled cases and over the time that their data declares fault-free, and writes the tables between
 * the document's marks `<!-- detectors: begin -->` and `<!-- detectors: end -->`.
 */
const entry = fileURLToPath(new URL("./detector-folder.js", import.meta.url));
const marks = "detectors";
const limitMs = 3_600_000;

type Question = DetectorInput["asked"][number];

async function run(document: string, folders: readonly string[]): Promise<void> {
  const { signal } = new AbortController();
  await checkMarks(document, marks);
  const cases = await readCases(folders);
  const faultFree = await faultFreeWindows(cases, signal);
  const judged: JudgedWindow[] = [];
  const labelled = cases.map((one) => ({ ...one, declares: [] }));
  const quiet = faultFree.map((one) => ({ ...one, truth: null }));
  for (const [telemetry, asked] of byTelemetry([...labelled, ...quiet])) {
    const windows = await windowsOf(
      telemetry,
      asked.map(({ question, truth }) => ({ ...question, isRanked: truth !== null })),
      signal,
    );
    asked.forEach(({ system, truth, declares }, index) => {
      const found = windows[index];
      if (found !== undefined) judged.push({ system, truth, declares, found });
    });
    process.stderr.write(`${judged.length} of ${cases.length + faultFree.length} windows\n`);
  }
  const tables = detectorTables(judged, await readMachine(), new Date().toISOString());
  await writeInto(document, tables, marks);
}

interface Asked extends Pick<LabelledCase, "system" | "telemetry" | "question"> {
  readonly truth: LabelledCase["truth"] | null;
  readonly declares: JudgedWindow["declares"];
}

function byTelemetry(asked: readonly Asked[]): Map<string, Asked[]> {
  const folders = new Map<string, Asked[]>();
  for (const one of asked) folders.set(one.telemetry, [...(folders.get(one.telemetry) ?? []), one]);
  return folders;
}

/** Throws: BotError "source-invalid" where the process that runs the detectors gave no answer. */
async function windowsOf(
  telemetry: string,
  asked: readonly Question[],
  signal: AbortSignal,
): Promise<readonly DetectorWindow[]> {
  const input: DetectorInput = {
    timeZone: "UTC",
    source: { type: "files", path: telemetry },
    asked: [...asked],
  };
  const { reply, how, words } = await askProcess(entry, input, signal, { limitMs });
  const read = DetectorAnswer.safeParse(reply);
  if (read.success) return read.data.windows;
  throw new BotError(
    "source-invalid",
    `The detectors could not be run over ${telemetry} (${how}). ${words}`.trim(),
  );
}

const [document = "", ...folders] = process.argv.slice(2);
await run(document, folders);
