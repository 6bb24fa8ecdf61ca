import { basename, resolve } from "node:path";
import { z } from "zod";
import { BotError } from "../../pipeline/errors.ts";
import type { Inventory, InventorySource, Source } from "../../pipeline/ports.ts";
import type { LogLine, RawSeries, Span } from "../../pipeline/types.ts";
import type { Connector } from "../connector.ts";
import { type Names, openNames } from "../names/names.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";
import { aiopslab } from "./aiopslab.ts";
import { openDatabase } from "./duckdb.ts";
import { gaia } from "./gaia.ts";
import type { Layout, OpenLayout, Read } from "./layout.ts";
import { type ListedFile, listFiles } from "./listing.ts";
import { localExpert } from "./local-expert.ts";
import { nezha } from "./nezha.ts";
import { otlp } from "./otlp.ts";
import { petshop } from "./petshop.ts";
import { renamed } from "./renamed.ts";
import type { Scanner } from "./scan.ts";
import { isUnusable, lookAt } from "./table-file.ts";

/** In the order in which they are looked for: the published ones first, because their names are stricter. */
const layouts = { petshop, nezha, aiopslab, gaia, otlp, localexpert: localExpert } as const satisfies Record<
  string,
  Layout
>;
type Format = keyof typeof layouts;
const formats = [
  "aiopslab",
  "gaia",
  "localexpert",
  "nezha",
  "otlp",
  "petshop",
] as const satisfies readonly Format[];
const description = "docs/telemetry-files.md";

export const FilesOptions = z.strictObject({
  type: z.literal("files"),
  /** The folder; relative to where the program runs. */
  path: z.string().min(1),
  /** Detected where it is not named. */
  format: z.enum(formats).optional(),
  /** What the source is called in replies; the folder's name where it is not given. */
  name: z.string().min(1).optional(),
});
export type FilesOptions = z.infer<typeof FilesOptions>;

/** One folder of telemetry, open. */
export interface FilesConnector extends Connector {
  readonly format: Format;
}

/**
 * Opens a folder of telemetry files. Files are listed now and read when asked; nothing is written.
 *
 * Throws: BotError "source-invalid" when the folder is missing, unreadable or empty, when no layout fits,
 * or when not one of its files can be read.
 */
export async function openFiles(
  options: FilesOptions,
  names: Names = openNames({ map: {}, aliases: {} }),
): Promise<FilesConnector> {
  const folder = resolve(options.path);
  const name = options.name ?? basename(folder);
  const { files, roots } = await listFiles(folder);
  const format = await chooseFormat(folder, files, options.format);
  const database = openDatabase(roots);
  try {
    const scanner = (modality: string): Scanner => ({
      database,
      from: `${name} ${modality}`,
      quirky: new Set(),
    });
    const opened = await layouts[format].open(files, { ...scanner("files"), from: name });
    const layout = renamed(opened, names);
    await refuseUnusable(folder, layout.files);
    return {
      name,
      format,
      inventory: inventoryOf(name, layout),
      about: async () => `files, layout ${format}`,
      sources: sourcesOf(name, folder, layout),
      close: () => database.close(),
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function chooseFormat(
  folder: string,
  files: readonly ListedFile[],
  named: Format | undefined,
): Promise<Format> {
  if (files.length === 0) {
    throw new BotError(
      "source-invalid",
      `The folder ${folder} is empty. Put telemetry into it as ${description} says.`,
    );
  }
  const candidates = named === undefined ? (Object.keys(layouts) as Format[]) : [named];
  for (const format of candidates) if (await layouts[format].recognize(files)) return format;
  const wanted = candidates.map((format) => layouts[format].looksFor).join("; ");
  const message = `The folder ${folder} holds ${files.length} files, but none of what was looked for: ${wanted}. ${description} describes the layouts.`;
  throw new BotError("source-invalid", message);
}

/** Stops at the first file that is what its name says; with none, there is nothing to diagnose from. */
async function refuseUnusable(folder: string, files: readonly ListedFile[]): Promise<void> {
  if (files.length === 0) return;
  const problems: string[] = [];
  for (const { path, name } of files) {
    const file = await lookAt(path, name);
    if (!isUnusable(file)) return;
    problems.push(`${name}: ${file.found}`);
  }
  const shown = problems.slice(0, 3).join("; ");
  const more = problems.length > 3 ? `; and ${problems.length - 3} more` : "";
  const message = `No file in ${folder} can be read (${shown}${more}). ${description} says what they must hold.`;
  throw new BotError("source-invalid", message);
}

/** Asked on every question, so it is kept. A failed reading is not. */
function inventoryOf(name: string, layout: OpenLayout): InventorySource {
  let known: Inventory | null = null;
  return {
    name,
    inventory: async (signal) => {
      throwIfAborted(signal);
      known ??= await layout.inventory(signal);
      return known;
    },
  };
}

function sourcesOf(name: string, folder: string, layout: OpenLayout): Source[] {
  const sources: Source[] = [];
  const shared = { probe: (signal: AbortSignal) => probe(folder, signal) };
  const { metric, log, trace } = layout;
  if (metric !== null) {
    sources.push({
      ...shared,
      name: `${name} metrics`,
      modality: "metric",
      fetch: checked<RawSeries>(metric),
    });
  }
  if (log !== null)
    sources.push({ ...shared, name: `${name} logs`, modality: "log", fetch: checked<LogLine>(log) });
  if (trace !== null) {
    sources.push({ ...shared, name: `${name} traces`, modality: "trace", fetch: checked<Span>(trace) });
  }
  return sources;
}

/** No window and no service mean that nothing is asked for. */
function checked<Item>(read: Read<Item>): Read<Item> {
  return async (query, signal) => {
    throwIfAborted(signal);
    const windows = query.windows.filter(({ start, end }) => start < end);
    if (windows.length === 0 || query.services?.length === 0) return { items: [], gaps: [] };
    return read({ ...query, windows }, signal);
  };
}

async function probe(folder: string, signal: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  await listFiles(folder);
}
