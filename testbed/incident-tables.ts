/** One kind of telemetry as the recorder writes it: which files, and where a row has its time. */
export interface IncidentTable {
  readonly folder: string;
  readonly file: string;
  readonly hasHeader: boolean;
  /** Group 2 is the time, in milliseconds or microseconds since 1970; 1 and 3 are what is around it. */
  readonly time: RegExp;
}

export const tables: readonly IncidentTable[] = [
  { folder: "metrics", file: "metrics.csv", hasHeader: true, time: /^()(\d+)(,.*)$/ },
  { folder: "logs", file: "logs.jsonl", hasHeader: false, time: /^(\{"time":)(\d+)(,.*)$/ },
  { folder: "spans", file: "spans.csv", hasHeader: true, time: /^((?:[^,]*,){6})(\d+)(,.*)$/ },
];

/** Numbers from here on are microseconds, as docs/telemetry-files.md tells them apart. */
const smallestMicros = 1e14;

/** Microseconds since 1970; null for a row that was cut off. */
export function recordedAt({ time }: IncidentTable, line: string): number | null {
  const found = time.exec(line)?.[2];
  if (found === undefined) return null;
  const value = Number(found);
  return value < smallestMicros ? value * 1_000 : value;
}

/** The same row, later by so many milliseconds. */
export function shifted({ time }: IncidentTable, line: string, byMs: number): string {
  const [, before, found, after] = time.exec(line) ?? [];
  if (found === undefined) return line;
  const value = Number(found);
  return `${before}${value < smallestMicros ? value + byMs : value + byMs * 1_000}${after}`;
}
