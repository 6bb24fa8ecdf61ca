import { BotError } from "../../pipeline/errors.ts";
import type { Gap, TimeWindow } from "../../pipeline/types.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";
import { type BrokenRows, brokenGaps, damageGaps, note, readRejects, shortened } from "./broken-rows.ts";
import { type Chunk, type Database, sqlPath, sqlText } from "./duckdb.ts";
import {
  type Columns,
  columnsOf,
  derived,
  type FileGroup,
  parquetFilter,
  problemOf,
  type RowSpec,
  rowsOf,
  type WideSeries,
  withinWindows,
} from "./row-source.ts";
import { isUnusable, lookAt, type TableFile, type Unusable, unusableGap } from "./table-file.ts";

/** Columns before the layout's own values. */
const valuesFrom = 5;
/** In the place of a row's problem; no problem of a row reads like this. */
const endMark = "\u0003 end of the reading";

/** A table to read: which files, and how a row of them is read. */
export interface Table {
  /** Paths below the source's folder. */
  readonly files: readonly { readonly path: string; readonly name: string }[];
  readonly spec: (columns: Columns) => RowSpec;
  /** Columns a file must have, each by any of its names; a file without is named in a gap. */
  readonly required: readonly (readonly string[])[];
  /** Header lines before the first row. */
  readonly skip: number;
}

export interface RowFilter {
  readonly windows: readonly TimeWindow[];
  readonly services: readonly string[] | null;
}

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
 * Throws: BotError "source-unavailable" when a query needs more memory than it is given; "cancelled".
 */
export async function scan(
  { database, from, quirky }: Scanner,
  table: Table,
  filter: RowFilter,
  sink: RowSink,
  signal: AbortSignal,
): Promise<ScanResult> {
  const { files: found, unusable } = await lookAtAll(table, signal);
  let files = found;
  for (;;) {
    const groups = await groupFiles(database, files, table, quirky, unusable, signal);
    const broken = new Map<string, BrokenRows>();
    sink.begin();
    const failed = await readGroups(database, groups, table, filter, sink, quirky, broken, signal);
    if (failed === null) {
      const usable = groups.flatMap((group) => group.files);
      const damaged = await damageGaps(from, usable, broken, signal);
      const rows = await brokenGaps(database, from, groups, table.spec, broken, signal);
      const gaps = [...unusable.map((file) => unusableGap(from, file)), ...damaged, ...rows];
      return { gaps: shortened(from, gaps), usableFiles: usable.length };
    }
    unusable.push(...failed);
    files = files.filter((file) => !failed.some(({ name }) => name === file.name));
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
    const candidate: FileGroup = { files: [file], byLine, parquet, skip: table.skip };
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

/** Null when all went well; otherwise what must be left out (perhaps nothing) before starting over. */
async function readGroups(
  database: Database,
  groups: readonly FileGroup[],
  table: Table,
  filter: RowFilter,
  sink: RowSink,
  quirky: QuirkyFiles,
  broken: Map<string, BrokenRows>,
  signal: AbortSignal,
): Promise<Unusable[] | null> {
  for (const group of groups) {
    const spec = table.spec(columnsOf(group));
    const session = await database.open();
    try {
      let complete = false;
      await session.stream(marked(selectOf(group, table, filter), spec), signal, (chunk) => {
        complete = deliver(chunk, spec.series ?? [], sink, broken);
      });
      // Some file made the query fail half way; read one by one, they say which and why.
      if (!complete) throw new Error("The reading ended before its last row.");
      const misquoted = await readRejects(session, broken, signal);
      const again = misquoted.filter((path) => !quirky.has(path));
      if (again.length > 0) {
        for (const path of again) quirky.add(path);
        return [];
      }
    } catch (error) {
      throwIfAborted(signal, error);
      return await findCulprits(database, group, table, filter, quirky, error, signal);
    } finally {
      session.close();
    }
  }
  return null;
}

function selectOf(group: FileGroup, table: Table, filter: RowFilter): string {
  const spec = table.spec(columnsOf(group));
  // A zero byte ends the SQL in the middle; no name in a file holds one.
  const services = filter.services?.filter((name) => !name.includes("\u0000"));
  const ofServices =
    services === undefined
      ? "true"
      : services.length === 0
        ? "false"
        : `_service IN (${services.map(sqlText).join(", ")})`;
  const parquet = group.parquet.length > 0 && filter.windows.length > 0;
  const source = `${rowsOf(group, false)}${parquet ? ` WHERE ${parquetFilter(group, spec, filter.windows)}` : ""}`;
  const values = spec.values.map((_, index) => `, _v${index}`).join("");
  return `SELECT _problem, CASE WHEN _problem IS NOT NULL THEN filename END, _t, _service, _instance${values}
    FROM (SELECT *, ${problemOf(group, spec)} AS _problem FROM (${derived(source, spec)}))
    WHERE _problem IS NOT NULL OR (${withinWindows(filter.windows)} AND ${ofServices})`;
}

/** The query with one more row behind its last, to know that it was read to the end. */
function marked(sql: string, spec: RowSpec): string {
  return `${sql} UNION ALL SELECT ${sqlText(endMark)}, NULL, NULL, NULL, NULL${", NULL".repeat(spec.values.length)}`;
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
    else if (problems[row] === endMark) ended = true;
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

/** After a failed query: files that can be split by line are marked so, the others are named. */
async function findCulprits(
  database: Database,
  group: FileGroup,
  table: Table,
  filter: RowFilter,
  quirky: QuirkyFiles,
  cause: unknown,
  signal: AbortSignal,
): Promise<Unusable[]> {
  const failed: Unusable[] = [];
  let marked = false;
  for (const file of group.files) {
    const message = await tryAlone(database, { ...group, files: [file] }, table, filter, signal);
    if (message === null) continue;
    if (file.encoding === "csv" && !quirky.has(file.path)) {
      quirky.add(file.path);
      marked = true;
    } else failed.push({ name: file.name, found: message });
  }
  if (!marked && failed.length === 0) throw cause;
  return failed;
}

async function tryAlone(
  database: Database,
  group: FileGroup,
  table: Table,
  filter: RowFilter,
  signal: AbortSignal,
): Promise<string | null> {
  const session = await database.open();
  try {
    const sql = selectOf(group, table, filter);
    let complete = false;
    await session.stream(marked(sql, table.spec(columnsOf(group))), signal, (chunk) => {
      complete = chunk.column(0).includes(endMark);
    });
    if (complete) return null;
    await session.query(sql, signal, () => {});
    return "its content is damaged";
  } catch (error) {
    throwIfAborted(signal, error);
    const message = error instanceof Error ? error.message : String(error);
    if (/out of memory/i.test(message)) {
      const name = group.files[0]?.name ?? "";
      throw new BotError(
        "source-unavailable",
        `Reading ${name} needs more memory than a query is given. Split the file, or ask about a shorter window.`,
        { cause: error },
      );
    }
    return "its content is damaged";
  } finally {
    session.close();
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => `"${name.slice(0, 40)}"`);
  return names.length > 8 ? `${shown.join(", ")}, …` : shown.join(", ");
}
