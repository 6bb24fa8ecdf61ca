import type { TimeWindow } from "../../pipeline/types.ts";
import { type Chunk, sqlText } from "./duckdb.ts";
import {
  type Columns,
  columnsOf,
  derived,
  type FileGroup,
  parquetFilter,
  problemOf,
  type RowSpec,
  rowsOf,
  withinWindows,
} from "./row-source.ts";

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

/** Columns before the layout's own values: the row's problem, its file where it has one, time, service, instance. */
export const valuesFrom = 5;
/** In the place of a row's problem; no problem of a row reads like this. */
const endMark = "\u0003 end of the reading";

/** The rows of a group that pass the filter, or are broken. */
export function selectRows(group: FileGroup, table: Table, filter: RowFilter): string {
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

/** The rows, and one more behind the last, to know that all were read. */
export function selectToTheEnd(group: FileGroup, table: Table, filter: RowFilter): string {
  const { values } = table.spec(columnsOf(group));
  return `${selectRows(group, table, filter)}
    UNION ALL SELECT ${sqlText(endMark)}, NULL, NULL, NULL, NULL${", NULL".repeat(values.length)}`;
}

export function isEndMark(problem: unknown): boolean {
  return problem === endMark;
}

export function holdsEndMark(chunk: Chunk): boolean {
  return chunk.column(0).some(isEndMark);
}
