import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { BotError } from "../../pipeline/errors.ts";
import { encodingOf, reasonOf } from "./table-file.ts";

const deepest = 8;
const mostEntries = 100_000;

/** Below the source's folder, with `/` between the parts. */
export interface ListedFile {
  readonly path: string;
  readonly name: string;
}

/**
 * All files below a folder, sorted by name; hidden ones are left out. A folder whose name ends like a
 * table's (`x.csv`) is listed as if it were one, so that it is named and not passed over.
 *
 * Throws: BotError "source-invalid" when the folder is missing, unreadable, no folder, or holds far more
 * than telemetry.
 */
export async function listFiles(folder: string): Promise<readonly ListedFile[]> {
  const files: ListedFile[] = [];
  const open: { path: string; name: string; depth: number }[] = [{ path: folder, name: "", depth: 0 }];
  let seen = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const entry of await entriesOf(next.path, next.name === "" ? folder : null)) {
      if (entry.name.startsWith(".")) continue;
      if (++seen > mostEntries) {
        const message = `The folder ${folder} holds more than ${mostEntries.toLocaleString("en")} files. Name the folder of the telemetry itself.`;
        throw new BotError("source-invalid", message);
      }
      const path = join(next.path, entry.name);
      const name = next.name === "" ? entry.name : `${next.name}/${entry.name}`;
      if (!(await isFolder(entry, path))) files.push({ path, name });
      else if (encodingOf(entry.name) !== null) files.push({ path, name });
      else if (next.depth < deepest) open.push({ path, name, depth: next.depth + 1 });
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** An unreadable sub-folder holds nothing; an unreadable top folder is an error. */
async function entriesOf(path: string, top: string | null): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (top === null) return [];
    const message = `The folder ${top} cannot be read: ${reasonOf(error)}. Name a folder with telemetry; docs/telemetry-files.md says what it may hold.`;
    throw new BotError("source-invalid", message, { cause: error });
  }
}

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
