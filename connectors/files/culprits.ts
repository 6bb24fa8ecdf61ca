import { BotError } from "../../pipeline/errors.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";
import type { Database } from "./duckdb.ts";
import type { FileGroup } from "./row-source.ts";
import { holdsEndMark, type RowFilter, selectRows, selectToTheEnd, type Table } from "./table.ts";
import type { Unusable } from "./table-file.ts";

export interface Culprits {
  /** Files that can be split by line, and now will be. */
  readonly splittable: readonly string[];
  readonly unusable: readonly Unusable[];
}

/**
 * After a failed reading: which of the files cannot be read alone either, one after another. None where they
 * failed only together.
 *
 * Throws: BotError "source-unavailable" when a single file needs more memory than there is; "cancelled".
 */
export async function findCulprits(
  database: Database,
  group: FileGroup,
  table: Table,
  filter: RowFilter,
  quirky: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Culprits> {
  const splittable: string[] = [];
  const unusable: Unusable[] = [];
  for (const file of group.files) {
    if (await canBeRead(database, { ...group, files: [file] }, table, filter, signal)) continue;
    if (file.encoding === "csv" && !quirky.has(file.path)) splittable.push(file.path);
    else unusable.push({ name: file.name, found: "its content is damaged" });
  }
  return { splittable, unusable };
}

async function canBeRead(
  database: Database,
  group: FileGroup,
  table: Table,
  filter: RowFilter,
  signal: AbortSignal,
): Promise<boolean> {
  // Nothing else is read meanwhile: what other readings need must not count against this file.
  const session = await database.openAlone();
  try {
    let complete = false;
    await session.stream(selectToTheEnd(group, table, filter), signal, (chunk) => {
      complete = holdsEndMark(chunk);
    });
    // Reads it all, keeps nothing, and unlike a stream says why it failed.
    if (!complete)
      await session.query(`EXPLAIN ANALYZE ${selectRows(group, table, filter)}`, signal, () => {});
    return complete;
  } catch (error) {
    throwIfAborted(signal, error);
    const message = error instanceof Error ? error.message : String(error);
    if (!/out of memory/i.test(message)) return false;
    throw new BotError(
      "source-unavailable",
      `Reading ${group.files[0]?.name ?? "a file"} needs more memory than a query is given. Split the file, or ask about a shorter window.`,
      { cause: error },
    );
  } finally {
    session.close();
  }
}
