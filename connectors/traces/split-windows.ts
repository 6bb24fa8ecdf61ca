import type { TimeWindow } from "../../pipeline/types.ts";

/** What one search gave: how many traces, and whether that was all it may give. */
export interface Searched<Found> {
  readonly found: Found;
  readonly isFull: boolean;
}

/** Backends do not page through traces: below this, what a search leaves out is left out. */
const shortestMs = 1_000;

/**
 * Searches a window; where an answer is full, both halves of the window in its place, down to a second.
 * Returns whether anything was left out, after at most `mostSearches` searches.
 */
export async function searchSplit<Found>(
  window: TimeWindow,
  mostSearches: number,
  search: (window: TimeWindow) => Promise<Searched<Found>>,
  take: (found: Found) => void,
): Promise<{ complete: boolean; searches: number }> {
  const open: TimeWindow[] = [window];
  let complete = true;
  let searches = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (searches++ >= mostSearches) return { complete: false, searches };
    const { found, isFull } = await search(next);
    const middle = Math.floor((next.start + next.end) / 2);
    if (isFull && next.end - next.start > shortestMs && middle > next.start) {
      open.push({ start: middle, end: next.end }, { start: next.start, end: middle });
      continue;
    }
    if (isFull) complete = false;
    take(found);
  }
  return { complete, searches };
}
