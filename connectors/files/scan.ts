import { BotError } from "../../pipeline/errors.ts";
import type { Gap } from "../../pipeline/types.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";
import { type BrokenRows, brokenGaps, damageGaps, note, readRejects, shortened } from "./broken-rows.ts";
import { findCulprits } from "./culprits.ts";
import { type Chunk, type Database, sqlPath } from "./duckdb.ts";
import { columnsOf, type FileGroup, keysOf, type WideSeries } from "./row-source.ts";
import { isEndMark, type RowFilter, selectToTheEnd, type Table, valuesFrom } from "./table.ts";
import { isUnusable, lookAt, type TableFile, type Unusable, unusableGap } from "./table-file.ts";

/** Takes rows. `begin` is called before the first row, and again when the reading has to start over. */
export interface RowSink {
  begin(): void;
  /** `t` and `service` of row i, and the layout's values, column by column. */
  rows(count: number, t: readonly number[], service: readonly string[], values: ColumnReader): void;
}

export interface ColumnReader {
  readonly series: readonly WideSeries[];
  readonly instances: readonly (string | null)[];
  numbers(index: number): readonly number[];
  texts(index: number): readonly (string | null)[];
}

/** What is known about files beyond one reading: which must be split line by line. */
type QuirkyFiles = Set<string>;

/** What every reading of one source shares. */
export interface Scanner {
  readonly database: Database;
  /** The source's name, for its gaps. */
  readonly from: string;
  readonly quirky: QuirkyFiles;
}

export interface ScanResult {
  readonly gaps: readonly Gap[];
  readonly usableFiles: number;
}

/** Which files of a table are what their names say. */
export async function lookAtAll(
  table: Table,
  signal: AbortSignal,
): Promise<{ files: TableFile[]; unusable: Unusable[] }> {
  const looked = await Promise.all(table.files.map(({ path, name }) => lookAt(path, name)));
  throwIfAborted(signal);
  return {
    files: looked.filter((file): file is TableFile => !isUnusable(file)),
    unusable: looked.filter(isUnusable),
  };
}

/** The readable files of a table, by what one query can read, and the others. */
export async function groupTable(
  { database, quirky }: Scanner,
  table: Table,
  signal: AbortSignal,
): Promise<{ groups: readonly FileGroup[]; unusable: readonly Unusable[] }> {
  const { files, unusable } = await lookAtAll(table, signal);
  const groups = await groupFiles(database, files, table, quirky, unusable, signal);
  return { groups, unusable };
}

/**
 * Streams the rows of a table that lie in the windows and belong to the services, in the order of the
 * files. Rows and files that cannot be read are counted and named in the gaps.
 *
 * Throws: BotError "source-unavailable" when a query needs more memory than it is given, or a reading fails
 * twice with nothing wrong in any file; "cancelled".
 */
export async function scan(
  scanner: Scanner,
  table: Table,
  filter: RowFilter,
  sink: RowSink,
  signal: AbortSignal,
): Promise<ScanResult> {
  const { database, from, quirky } = scanner;
  const { files: found, unusable } = await lookAtAll(table, signal);
  let files = found;
  let alone = false;
  for (;;) {
    const groups = await groupFiles(database, files, table, quirky, unusable, signal);
    const broken = new Map<string, BrokenRows>();
    sink.begin();
    const startOver = await readGroups(scanner, groups, table, filter, { sink, broken, alone }, signal);
    if (startOver === null) {
      const usable = groups.flatMap((group) => group.files);
      const damaged = await damageGaps(from, usable, broken, signal);
      const rows = await brokenGaps(database, from, groups, table.spec, broken, signal);
      const gaps = [...unusable.map((file) => unusableGap(from, file)), ...damaged, ...rows];
      return { gaps: shortened(from, gaps), usableFiles: usable.length };
    }
    const { without } = startOver;
    alone = startOver.alone;
    unusable.push(...without);
    files = files.filter((file) => !without.some(({ name }) => name === file.name));
  }
}

async function groupFiles(
  database: Database,
  files: readonly TableFile[],
  table: Table,
  quirky: QuirkyFiles,
  unusable: Unusable[],
  signal: AbortSignal,
): Promise<FileGroup[]> {
  const groups = new Map<
    string,
    { -readonly [K in keyof FileGroup]: FileGroup[K] } & { files: TableFile[] }
  >();
  for (const file of files) {
    if (unusable.some(({ name }) => name === file.name)) continue;
    const byLine = quirky.has(file.path) || (file.encoding === "csv" && file.mixedLineEnds);
    const parquet = file.encoding === "parquet" ? await describeParquet(database, file, signal) : [];
    const keys = file.encoding === "jsonl" ? keysOf(table.spec) : [];
    const candidate: FileGroup = { files: [file], byLine, parquet, skip: table.skip, keys };
    const columns = columnsOf(candidate);
    const missing = table.required.find((names) => !names.some((name) => columns.has(name)));
    if (file.encoding === "parquet" && parquet.length === 0) {
      unusable.push({ name: file.name, found: "its Parquet content is damaged" });
      continue;
    }
    if (missing !== undefined) {
      const found = `it has no column "${missing[0]}", only ${listed(file.columns.length > 0 ? file.columns : parquet.map(({ name }) => name))}`;
      unusable.push({ name: file.name, found });
      continue;
    }
    const header = [...file.columns, ...file.head.slice(1, table.skip)];
    const alike = [file.encoding, file.gzip, file.delimiter, byLine ? file.path : "", ...header];
    const key = JSON.stringify([...alike, ...parquet.map(({ name, type }) => `${name} ${type}`)]);
    const group = groups.get(key);
    // Line numbers are counted per file, so lines are numbered one file at a time.
    if (group === undefined) groups.set(key, { ...candidate, files: [file] });
    else group.files.push(file);
  }
  return [...groups.values()];
}

async function describeParquet(
  database: Database,
  file: TableFile,
  signal: AbortSignal,
): Promise<{ name: string; type: string }[]> {
  const columns: { name: string; type: string }[] = [];
  const session = await database.open();
  try {
    const sql = `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(${sqlPath(file.path)}, hive_partitioning=false))`;
    await session.query(sql, signal, (chunk) => {
      const types = chunk.column(1);
      chunk.column(0).forEach((name, row) => {
        columns.push({ name: String(name), type: String(types[row]) });
      });
    });
  } catch {
    throwIfAborted(signal);
  } finally {
    session.close();
  }
  return columns;
}

/** Null when all went well; otherwise how to start over. */
async function readGroups(
  { database, from, quirky }: Scanner,
  groups: readonly FileGroup[],
  table: Table,
  filter: RowFilter,
  { sink, broken, alone }: Reading,
  signal: AbortSignal,
): Promise<StartOver | null> {
  for (const group of groups) {
    const outcome = await readGroup(database, group, table, filter, { sink, broken, alone }, signal);
    if (outcome.complete) {
      const again = outcome.misquoted.filter((path) => !quirky.has(path));
      for (const path of again) quirky.add(path);
      if (again.length > 0) return { without: [], alone };
      continue;
    }
    const { splittable, unusable } = await findCulprits(database, group, table, filter, quirky, signal);
    for (const path of splittable) quirky.add(path);
    if (splittable.length > 0 || unusable.length > 0) return { without: unusable, alone };
    // Together with everything else that is being read they may have needed more memory than there is.
    if (!alone) return { without: [], alone: true };
    const count = group.files.length === 1 ? "its file" : `${group.files.length.toLocaleString("en")} files`;
    const message = `${from}: reading ${count} ended half way, twice, with nothing wrong in any of them. Ask about a shorter window or fewer services, or join small files to larger ones.`;
    throw new BotError("source-unavailable", message, { cause: outcome.cause });
  }
  return null;
}

/** Where the rows go, and whether nothing else may be read meanwhile. */
interface Reading {
  readonly sink: RowSink;
  readonly broken: Map<string, BrokenRows>;
  readonly alone: boolean;
}

interface StartOver {
  readonly without: readonly Unusable[];
  readonly alone: boolean;
}

type GroupRead =
  | { readonly complete: true; readonly misquoted: readonly string[] }
  | { readonly complete: false; readonly cause: unknown };

async function readGroup(
  database: Database,
  group: FileGroup,
  table: Table,
  filter: RowFilter,
  { sink, broken, alone }: Reading,
  signal: AbortSignal,
): Promise<GroupRead> {
  const series = table.spec(columnsOf(group)).series ?? [];
  const session = await (alone ? database.openAlone() : database.open());
  try {
    let complete = false;
    await session.stream(selectToTheEnd(group, table, filter), signal, (chunk) => {
      complete = deliver(chunk, series, sink, broken);
    });
    if (!complete) return { complete, cause: new Error("The reading ended before its last row.") };
    return { complete, misquoted: await readRejects(session, broken, signal) };
  } catch (error) {
    throwIfAborted(signal, error);
    return { complete: false, cause: error };
  } finally {
    session.close();
  }
}

/** True when the chunk held the end mark. */
function deliver(
  chunk: Chunk,
  series: readonly WideSeries[],
  sink: RowSink,
  broken: Map<string, BrokenRows>,
): boolean {
  const problems = chunk.column(0);
  const good: number[] = [];
  let paths: readonly unknown[] | null = null;
  let ended = false;
  for (let row = 0; row < chunk.rowCount; row++) {
    if (problems[row] === null) good.push(row);
    else if (isEndMark(problems[row])) ended = true;
    else {
      paths ??= chunk.column(1);
      note(broken, String(paths[row]), 1, Number.POSITIVE_INFINITY, String(problems[row]));
    }
  }
  if (good.length === 0) return ended;
  const column = (index: number) => {
    const all = chunk.column(index);
    return good.length === chunk.rowCount ? all : good.map((row) => all[row]);
  };
  sink.rows(good.length, numbersOf(column(2)), column(3).map(String), {
    series,
    instances: column(4).map((value) => (value === null ? null : String(value))),
    numbers: (index) => numbersOf(column(valuesFrom + index)),
    texts: (index) => column(valuesFrom + index).map((value) => (value === null ? null : String(value))),
  });
  return ended;
}

function numbersOf(values: readonly unknown[]): number[] {
  return values.map((value) => (typeof value === "number" ? value : Number.NaN));
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => `"${name.slice(0, 40)}"`);
  return names.length > 8 ? `${shown.join(", ")}, …` : shown.join(", ");
}
