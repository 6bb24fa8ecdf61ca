import type { Gap } from "../../pipeline/types.ts";
import type { Database, Session } from "./duckdb.ts";
import {
  type Columns,
  columnsOf,
  derived,
  type FileGroup,
  problemOf,
  type RowSpec,
  rejectsLimit,
  rowsOf,
} from "./row-source.ts";
import { findGzipDamage, type TableFile } from "./table-file.ts";

/** Broken files beyond this many are only counted in the gaps. */
const filesNamed = 5;

/** What could not be read of one file so far; `firstLine` is infinite until it is looked for. */
export interface BrokenRows {
  rows: number;
  firstLine: number;
  problem: string;
}

export function note(
  broken: Map<string, BrokenRows>,
  path: string,
  rows: number,
  line: number,
  problem: string,
): void {
  const known = broken.get(path);
  if (known === undefined) broken.set(path, { rows, firstLine: line, problem });
  else {
    known.rows += rows;
    if (line < known.firstLine) {
      known.firstLine = line;
      known.problem = problem;
    }
  }
}

const rejectWords: Readonly<Record<string, string>> = {
  "MISSING COLUMNS": "it has too few fields",
  "TOO MANY COLUMNS": "it has too many fields",
  "INVALID ENCODING": "it is not UTF-8",
  "LINE SIZE OVER MAXIMUM": "it is longer than 1 MB",
};

/** Rows that are no CSV. Returns the files whose quotes swallow rows, which must be split by line. */
export async function readRejects(
  session: Session,
  broken: Map<string, BrokenRows>,
  signal: AbortSignal,
): Promise<string[]> {
  const misquoted: string[] = [];
  const sql = `SELECT file_path, line::DOUBLE, max(error_type::VARCHAR), bool_or(error_type::VARCHAR = 'UNQUOTED VALUE')
    FROM reject_errors JOIN reject_scans USING (scan_id, file_id) GROUP BY ALL`;
  let known = false;
  await session.query("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'", signal, () => {
    known = true;
  });
  if (!known) return misquoted;
  await session.query(sql, signal, (chunk) => {
    const [paths, lines, types, unquoted] = [0, 1, 2, 3].map((index) => chunk.column(index));
    for (let row = 0; row < chunk.rowCount; row++) {
      const path = String(paths?.[row]);
      const type = String(types?.[row]);
      if (unquoted?.[row] === true && !misquoted.includes(path)) misquoted.push(path);
      note(broken, path, 1, Number(lines?.[row]), rejectWords[type] ?? "it is no row of this file");
    }
  });
  return misquoted;
}

/** A cut-off gzip file shows by its trailer, or by the broken row that it ends in. */
export async function damageGaps(
  from: string,
  files: readonly TableFile[],
  broken: ReadonlyMap<string, BrokenRows>,
  signal: AbortSignal,
): Promise<Gap[]> {
  const gaps: Gap[] = [];
  for (const file of files) {
    if (!file.gzip || !(file.suspect || broken.has(file.path))) continue;
    const damage = await findGzipDamage(file, signal);
    if (damage === null) continue;
    const detail = `${file.name} could be read only in part: ${damage}.`;
    gaps.push({ from, reason: "broken-rows", detail });
  }
  return gaps;
}

export async function brokenGaps(
  database: Database,
  from: string,
  groups: readonly FileGroup[],
  specOf: (columns: Columns) => RowSpec,
  broken: ReadonlyMap<string, BrokenRows>,
  signal: AbortSignal,
): Promise<Gap[]> {
  const gaps: Gap[] = [];
  for (const group of groups) {
    for (const file of group.files) {
      const found = broken.get(file.path);
      if (found === undefined) continue;
      const detail =
        gaps.length < filesNamed
          ? await locate(database, { ...group, files: [file] }, specOf, found, signal)
          : `${file.name}: ${found.rows.toLocaleString("en")} rows could not be read.`;
      gaps.push({ from, reason: "broken-rows", detail });
    }
  }
  return gaps;
}

/** Reads one file again, counting its rows, to say where the first broken one is. */
async function locate(
  database: Database,
  group: FileGroup,
  specOf: (columns: Columns) => RowSpec,
  broken: BrokenRows,
  signal: AbortSignal,
): Promise<string> {
  const spec = specOf(columnsOf(group));
  const sql = `SELECT count(*)::DOUBLE, min(line) FILTER (problem IS NOT NULL)::DOUBLE, arg_min(problem, line) FILTER (problem IS NOT NULL)
    FROM (SELECT line, ${problemOf(group, spec)} AS problem FROM (${derived(rowsOf(group, true), spec)}))`;
  const first = { line: broken.firstLine, problem: broken.problem };
  const rejected = Number.isFinite(broken.firstLine);
  let total = 0;
  const session = await database.open();
  try {
    await session.query(sql, signal, (chunk) => {
      total = Number(chunk.column(0)[0]);
      const line = chunk.column(1)[0];
      if (typeof line === "number" && line < first.line) {
        first.line = line;
        first.problem = String(chunk.column(2)[0]);
      }
    });
    const rejects = new Map<string, BrokenRows>();
    if (rejected) await readRejects(session, rejects, signal);
    for (const { rows } of rejects.values()) total += rows;
  } finally {
    session.close();
  }
  const file = group.files[0];
  const atLeast = broken.rows >= rejectsLimit ? "At least " : "";
  const place = file?.encoding === "parquet" ? "row" : "line";
  const rows = `${atLeast}${broken.rows.toLocaleString("en")} of ${Math.max(total, broken.rows).toLocaleString("en")}`;
  return `${rows} rows of ${file?.name} could not be read: first at ${place} ${first.line}: ${first.problem}.`;
}

export function shortened(from: string, gaps: readonly Gap[]): Gap[] {
  const shown = filesNamed * 2;
  if (gaps.length <= shown) return [...gaps];
  const more = (gaps.length - shown).toLocaleString("en");
  const detail = `${more} more files of this kind have broken rows or could not be read.`;
  return [...gaps.slice(0, shown), { from, reason: "broken-rows", detail }];
}
