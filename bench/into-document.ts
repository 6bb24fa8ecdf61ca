import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { BotError } from "../pipeline/errors.ts";

/** Throws: BotError "source-invalid" when the document cannot be read or has no place for the tables. */
export async function checkMarks(file: string, name = "bench"): Promise<void> {
  await parts(file, marksOf(name));
}

interface Marks {
  readonly begin: string;
  readonly end: string;
}

function marksOf(name: string): Marks {
  return { begin: `<!-- ${name}: begin -->`, end: `<!-- ${name}: end -->` };
}

/**
 * Puts the tables between the marks of a document, in place of those that were there; headings become two
 * levels deeper. The rest stays as it is.
 *
 * Throws: BotError "source-invalid" as checkMarks.
 */
export async function writeInto(file: string, tables: string, name = "bench"): Promise<void> {
  const marks = marksOf(name);
  const { before, after } = await parts(file, marks);
  const deeper = tables.replace(/^(#+) /gm, "##$1 ").trim();
  await writeFile(file, `${before}${marks.begin}\n${deeper}\n${marks.end}${after}`);
}

async function parts(
  file: string,
  { begin, end }: Marks,
): Promise<{ readonly before: string; readonly after: string }> {
  const text = await readFile(file, "utf8").catch(() => "");
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) {
    throw new BotError(
      "source-invalid",
      `${basename(file)} has no place for the tables. Write the lines ${begin} and ${end} where they shall stand.`,
    );
  }
  return { before: text.slice(0, from), after: text.slice(to + end.length) };
}
