import type { TimeWindow } from "../../pipeline/types.ts";
import { sqlName, sqlPath, sqlText } from "./duckdb.ts";
import type { TableFile } from "./table-file.ts";

const bufferBytes = 4 * 1024 * 1024;
const longestLineBytes = 1024 * 1024;
/** More rejected rows than this are not counted one by one: their text is kept in memory. */
export const rejectsLimit = 10_000;
/** In no text; makes a whole line one field. */
const noDelimiter = "\u0001";
const plainCsv = [
  "auto_detect=false",
  "hive_partitioning=false",
  "filename=true",
  `buffer_size=${bufferBytes}`,
  `max_line_size=${longestLineBytes}`,
  "store_rejects=true",
  `rejects_limit=${rejectsLimit}`,
].join(", ");

/** The columns of some files, for the SQL of a layout. `text` is NULL where there is no such column. */
export interface Columns {
  readonly names: readonly string[];
  /** CSV: the header lines as text. */
  readonly head: readonly string[];
  has(name: string): boolean;
  /** SQL for a column's text; the first of `names` that is there. Upper and lower case are alike. */
  text(...names: readonly string[]): string;
  /** SQL for a column's time in epoch milliseconds; Parquet's own time types are not turned into text. */
  time(...names: readonly string[]): string;
  /** CSV: SQL for the text of the column at a position. */
  at(index: number): string;
}

/** A column of samples. `service` null: the row's. */
export interface WideSeries {
  readonly service: string | null;
  readonly metric: string;
  readonly unit: string | null;
}

/** How a layout reads a row, in SQL over the text of its columns. */
export interface RowSpec {
  /** Epoch milliseconds as DOUBLE, NULL where there is none. */
  readonly time: string;
  readonly service: string;
  /** NULL where the source knows none. */
  readonly instance: string;
  /** What else is selected, in order. */
  readonly values: readonly string[];
  /** What is wrong with a row, as text; NULL when nothing is. May use `_t`, `_service`, `_instance`, `_v0`, … */
  readonly problem: string;
  /** Where each value is a sample of another series: which one, in the order of `values`. */
  readonly series?: readonly WideSeries[];
  /** Names of the column that `time` is read from, for Parquet's own index of times. */
  readonly timeColumns: readonly string[];
}

/** Files that one SELECT can read: same encoding, separator and columns. */
export interface FileGroup {
  readonly files: readonly TableFile[];
  /** Split each line on its own, whatever its quotes say: for files whose quoting is broken. */
  readonly byLine: boolean;
  /** Parquet only: name and type, in order. */
  readonly parquet: readonly { readonly name: string; readonly type: string }[];
  /** JSON lines only: the keys that are read (`keysOf`). */
  readonly keys: readonly string[];
  /** Header lines before the first row. */
  readonly skip: number;
}

export function columnsOf(group: FileGroup): Columns {
  const columns = textColumnsOf(group);
  return {
    ...columns,
    time: (...names) => parquetTime(group, names) ?? `epoch_ms_of(${columns.text(...names)})`,
  };
}

/** The keys that a layout reads of a JSON line. */
export function keysOf(specOf: (columns: Columns) => RowSpec): readonly string[] {
  const keys = new Set<string>();
  const text = (...names: readonly string[]) => {
    for (const name of names) keys.add(name);
    return "NULL::VARCHAR";
  };
  specOf({ names: [], head: [], has: () => true, text, time: text, at: () => "NULL::VARCHAR" });
  return [...keys];
}

const timestampType = /^TIMESTAMP(_NS|_MS|_S)?( WITH TIME ZONE)?$/;

function parquetTime(group: FileGroup, names: readonly string[]): string | null {
  const lower = names.map((name) => name.toLowerCase());
  const column = group.parquet.find(({ name }) => lower.includes(name.toLowerCase()));
  if (column === undefined || !timestampType.test(column.type)) return null;
  const name = sqlName(column.name);
  return `CASE WHEN isfinite(${name}) THEN epoch_us(${name})::DOUBLE / 1e3 END`;
}

function textColumnsOf(group: FileGroup): Omit<Columns, "time"> {
  const first = group.files[0];
  if (first?.encoding === "jsonl") {
    return {
      names: [],
      head: [],
      at: () => "NULL::VARCHAR",
      has: () => true,
      text: (...names) => `coalesce(${names.map((name) => `fields.${sqlName(name)}`).join(", ")})`,
    };
  }
  const names =
    (first?.encoding === "parquet" ? group.parquet.map(({ name }) => name) : first?.columns) ?? [];
  const lower = names.map((name) => name.trim().toLowerCase());
  const position = (name: string) => lower.indexOf(name.toLowerCase());
  return {
    names,
    head: first?.head ?? [],
    at: (index) => (first?.encoding === "csv" ? `c${index}` : "NULL::VARCHAR"),
    has: (name) => position(name) >= 0,
    text: (...wanted) => {
      const found = wanted.map(position).find((index) => index >= 0);
      if (found === undefined) return "NULL::VARCHAR";
      return first?.encoding === "parquet" ? `CAST(${sqlName(names[found] ?? "")} AS VARCHAR)` : `c${found}`;
    },
  };
}

/**
 * SQL for the rows of a group: columns c0, c1, … (CSV), `json` and `fields` (JSON lines) or the file's own
 * (Parquet), and `filename`. With `line`, the number of each row's first line as well (one file only).
 */
export function rowsOf(group: FileGroup, withLine: boolean): string {
  const first = group.files[0];
  const paths = `[${group.files.map(({ path }) => sqlPath(path)).join(", ")}]`;
  switch (first?.encoding) {
    case undefined:
    case "parquet": {
      const number = withLine ? ", file_row_number + 1 AS line" : "";
      return `SELECT *${number} FROM read_parquet(${paths}, filename=true, hive_partitioning=false, file_row_number=${withLine})`;
    }
    case "jsonl":
      return jsonRows(linesOf(first, paths, withLine), group.keys);
    case "csv":
      return group.byLine
        ? splitLines(first, linesOf(first, paths, true), group.skip)
        : csvRows(first, paths, group.skip, withLine);
  }
}

/**
 * All keys of a line in one reading. Each `json ->> key` would parse the line again, into memory of its own
 * that is kept until the query ends: five times as much in all, and half as fast again.
 */
function jsonRows(lines: string, keys: readonly string[]): string {
  const shape = JSON.stringify(Object.fromEntries(keys.map((key) => [key, "VARCHAR"])));
  return `SELECT *, json_transform(json, ${sqlText(shape)}) AS fields FROM (
    SELECT * EXCLUDE (content), TRY_CAST(content AS JSON) AS json FROM (${lines})
      WHERE content IS NOT NULL AND trim(content) <> '')`;
}

function csvRows(file: TableFile, paths: string, skip: number, withLine: boolean): string {
  const names = file.columns.map((_, index) => `c${index}`);
  const columns = names.map((name) => `'${name}': 'VARCHAR'`).join(", ");
  const header = skip === 1 ? "header=true" : `header=false, skip=${skip}`;
  const compression = file.gzip ? "gzip" : "none";
  const rows = `SELECT * FROM read_csv(${paths}, columns={${columns}}, ${header}, delim=${sqlText(file.delimiter)},
    quote='"', escape='"', compression='${compression}', ${plainCsv})`;
  if (!withLine) return rows;
  const text = `concat_ws(' ', ${names.join(", ")})`;
  const breaks = `length(${text}) - length(replace(${text}, chr(10), ''))`;
  return `SELECT *, ${skip} + sum(1 + ${breaks}) OVER (ROWS UNBOUNDED PRECEDING) - (${breaks}) AS line FROM (${rows})`;
}

/** Physical lines as `content`. Line ends of both kinds may be mixed. */
function linesOf(file: TableFile, paths: string, withLine: boolean): string {
  return `SELECT content, filename${withLine ? ", row_number() OVER () AS line" : ""}
    FROM read_csv(${paths}, columns={'content': 'VARCHAR'}, header=false, delim='${noDelimiter}', quote='', escape='',
      strict_mode=false, compression='${file.gzip ? "gzip" : "none"}', ${plainCsv})`;
}

/** Rows of lines that were read elsewhere, as `rowsOf` gives them; lines that are no row are left out. */
export function rowsOfText(file: TableFile, keys: readonly string[], lines: string): string {
  const content = `SELECT unnest(string_split(${sqlText(lines)}, chr(10))) AS content, '' AS filename, 1 AS line`;
  if (file.encoding === "jsonl") return jsonRows(content, keys);
  return `SELECT * FROM (${splitLines(file, content, 0)}) WHERE whole`;
}

/** Each line split on its own, so that a quote left open costs its line and not the rest of the file. */
function splitLines(file: TableFile, lines: string, skip: number): string {
  const separator = file.delimiter;
  const fields = `regexp_extract_all(${sqlText(separator)} || content, ${sqlText(
    `${separator}("(?:[^"]|"")*"|[^"${separator}][^${separator}]*|)`,
  )}, 1)`;
  const plain = (position: number) => {
    const field = `fields[${position + 1}]`;
    return `nullif(CASE WHEN ${field} LIKE '"%"' AND length(${field}) > 1
      THEN replace(${field}[2:-2], '""', '"') ELSE ${field} END, '') AS c${position}`;
  };
  const whole = `len(fields) = ${file.columns.length}
    AND list_sum(list_transform(fields, lambda field: length(field) + 1)) = length(content) + 1`;
  return `SELECT ${file.columns.map((_, position) => plain(position)).join(", ")}, filename, line, (${whole}) AS whole
    FROM (SELECT ${fields} AS fields, content, filename, line FROM (${lines})
      WHERE line > ${skip} AND content IS NOT NULL AND content <> '')`;
}

/** The rows of `source` with what the spec makes of them, each computed once. */
export function derived(source: string, spec: RowSpec): string {
  const values = spec.values.map((sql, index) => `, ${sql} AS _v${index}`).join("");
  return `SELECT *, ${spec.time} AS _t, ${spec.service} AS _service, ${spec.instance} AS _instance${values} FROM (${source})`;
}

/** What is wrong with a row, the reader's own checks first. */
export function problemOf(group: FileGroup, spec: RowSpec): string {
  const first = group.files[0];
  if (first?.encoding === "jsonl") {
    return `CASE WHEN json IS NULL OR json_type(json) <> 'OBJECT' THEN 'it is no JSON object' ELSE ${spec.problem} END`;
  }
  if (group.byLine)
    return `CASE WHEN NOT whole THEN 'its fields or quotes do not match the header' ELSE ${spec.problem} END`;
  return spec.problem;
}

/** Times of the windows, as SQL over `_t`. */
export function withinWindows(windows: readonly TimeWindow[]): string {
  if (windows.length === 0) return "false";
  return `(${windows.map(({ start, end }) => `(_t >= ${Number(start)} AND _t < ${Number(end)})`).join(" OR ")})`;
}

/**
 * Parquet keeps the smallest and largest value of each block: a comparison on the bare column lets whole
 * blocks be skipped. Times as numbers are left to the exact test, because their unit is not known.
 */
export function parquetFilter(group: FileGroup, spec: RowSpec, windows: readonly TimeWindow[]): string {
  const wanted = spec.timeColumns.map((name) => name.toLowerCase());
  const column = group.parquet.find(({ name }) => wanted.includes(name.toLowerCase()));
  if (column === undefined || !timestampType.test(column.type)) return "true";
  const start = Math.floor(Math.min(...windows.map((window) => window.start)) * 1000);
  const end = Math.ceil(Math.max(...windows.map((window) => window.end)) * 1000);
  const literal = (micros: number) => `CAST(make_timestamp(${micros}) AS ${column.type})`;
  const name = sqlName(column.name);
  return `(${name} IS NULL OR (${name} >= ${literal(start)} AND ${name} < ${literal(end)}))`;
}
