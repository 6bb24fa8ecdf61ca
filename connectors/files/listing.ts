import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { BotError } from "../../pipeline/errors.ts";
import { encodingOf, reasonOf } from "./table-file.ts";

const deepest = 8;
const mostEntries = 100_000;

/** Below the source's folder, with `/` between the parts. */
export interface ListedFile {
  /** Where it really lies, links followed. */
  readonly path: string;
  readonly name: string;
}

export interface Listing {
  /** Sorted by name. */
  readonly files: readonly ListedFile[];
  /** The folder itself and what links in it lead to, in truth: all that may be read. */
  readonly roots: { readonly folders: readonly string[]; readonly files: readonly string[] };
}

interface Found {
  readonly path: string;
  readonly name: string;
  readonly depth: number;
}

/**
 * All files below a folder; hidden ones are left out. A folder whose name ends like a table's (`x.csv`) is
 * listed as if it were one, so that it is named and not passed over. Links are followed, wherever they lead,
 * but for those to what is listed already: a circle ends, and nothing is read twice.
 *
 * Throws: BotError "source-invalid" when the folder is missing, unreadable, no folder, or holds far more
 * than telemetry.
 */
export async function listFiles(folder: string): Promise<Listing> {
  const files: ListedFile[] = [];
  const top = await realpath(folder).catch(() => folder);
  const roots = { folders: [top], files: [] as string[] };
  const known = new Set([top]);
  const folders: Found[] = [{ path: top, name: "", depth: 0 }];
  const links: Found[] = [];
  let seen = 0;
  const take = (found: Found, isFolder: boolean) => {
    known.add(found.path);
    if (!isFolder || encodingOf(found.name) !== null) files.push({ path: found.path, name: found.name });
    else if (found.depth < deepest) folders.push({ ...found, depth: found.depth + 1 });
  };
  for (;;) {
    const next = folders.pop();
    if (next !== undefined) {
      for (const entry of await entriesOf(next.path, next.name === "" ? folder : null)) {
        if (entry.name.startsWith(".")) continue;
        if (++seen > mostEntries) throw tooMany(folder);
        const name = next.name === "" ? entry.name : `${next.name}/${entry.name}`;
        const found = { path: join(next.path, entry.name), name, depth: next.depth };
        if (entry.isSymbolicLink()) links.push(found);
        else take(found, entry.isDirectory());
      }
      continue;
    }
    // After everything that is really there, so that a link to it adds nothing.
    const link = links.shift();
    if (link === undefined) break;
    const target = await followed(link.path);
    if (known.has(target.path)) continue;
    (target.isFolder ? roots.folders : roots.files).push(target.path);
    take({ ...link, path: target.path }, target.isFolder);
  }
  return { files: files.sort((a, b) => (a.name < b.name ? -1 : 1)), roots };
}

function tooMany(folder: string): BotError {
  const message = `The folder ${folder} holds more than ${mostEntries.toLocaleString("en")} files. Name the folder of the telemetry itself.`;
  return new BotError("source-invalid", message);
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

/** A link that leads nowhere stays what it is: looked at as a file, it says so. */
async function followed(path: string): Promise<{ path: string; isFolder: boolean }> {
  try {
    const target = await realpath(path);
    return { path: target, isFolder: (await stat(target)).isDirectory() };
  } catch {
    return { path, isFolder: false };
  }
}
