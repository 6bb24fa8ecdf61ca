import type { TimeWindow } from "./types.ts";

/** Sorted and without overlaps. */
export function mergedWindows(windows: readonly TimeWindow[]): TimeWindow[] {
  const result: TimeWindow[] = [];
  for (const next of [...windows].sort((a, b) => a.start - b.start)) {
    const last = result[result.length - 1];
    if (last !== undefined && next.start <= last.end) {
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, next.end) };
    } else result.push(next);
  }
  return result;
}
