import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { BotError } from "../pipeline/errors.ts";
import { CaseRun } from "./case-message.ts";
import type { LabelledCase } from "./cases.ts";
import type { Outcome } from "./methods.ts";

const KeptRuns = z.array(z.object({ id: z.string(), run: CaseRun }));

/** Keeps what came of each case, harder forms too, so that it can be scored again. No truth is in it. */
export async function keepRuns(file: string, outcomes: readonly Outcome[]): Promise<void> {
  const kept: z.input<typeof KeptRuns> = outcomes.map(({ labelled: { id }, run }) => ({ id, run }));
  await writeFile(file, `${JSON.stringify(kept)}\n`);
}

/**
 * What came of these cases when they were diagnosed before; cases that no file has are left out.
 *
 * Throws: BotError "source-invalid" when a file is not one of `keepRuns`, or none of the cases is there.
 */
export async function keptOutcomes(
  files: readonly string[],
  cases: readonly LabelledCase[],
): Promise<Outcome[]> {
  const runs = new Map<string, CaseRun>();
  for (const file of files) for (const { id, run } of await readRuns(file)) runs.set(id, run);
  const outcomes = cases.flatMap((labelled) => {
    const run = runs.get(labelled.id);
    return run === undefined ? [] : [{ labelled, run }];
  });
  if (outcomes.length > 0) return outcomes;
  throw new BotError(
    "source-invalid",
    `None of the ${cases.length} cases is in ${files.join(", ")}. Name files that --keep wrote for these cases.`,
  );
}

async function readRuns(file: string): Promise<z.infer<typeof KeptRuns>> {
  try {
    return KeptRuns.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new BotError(
      "source-invalid",
      `${file} cannot be read as kept runs. Name a file that localexpert bench --keep has written with this version.`,
      { cause },
    );
  }
}
