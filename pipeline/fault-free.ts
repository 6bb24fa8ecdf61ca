import type { TimeWindow } from "./types.ts";

/** A time that is not normal, and why, in words that go on after "left out:". */
export interface Exclusion extends TimeWindow {
  readonly why: string;
}

/** An incident is felt before its first sign and after its last. */
const guardMs = 5 * 60_000;
/** Less than this between two incidents is hardly normal, and teaches little. */
const shortestMs = 10 * 60_000;

/** What is left of periods without incidents and five minutes around each; stretches under ten minutes go too. */
export function withoutIncidents(
  periods: readonly TimeWindow[],
  exclusions: readonly TimeWindow[],
): TimeWindow[] {
  const gone = [...exclusions].sort((a, b) => a.start - b.start);
  return periods.flatMap((period) => {
    if (!exclusions.some((one) => touches(one, period))) return [period];
    const left: TimeWindow[] = [];
    let { start } = period;
    for (const exclusion of gone) {
      if (!touches(exclusion, period)) continue;
      left.push({ start, end: Math.min(period.end, exclusion.start - guardMs) });
      start = Math.max(start, exclusion.end + guardMs);
    }
    left.push({ start, end: period.end });
    return left.filter((one) => one.end - one.start >= shortestMs);
  });
}

/** Those of the exclusions that a period had to be cut for. */
export function excludedFrom(
  periods: readonly TimeWindow[],
  exclusions: readonly Exclusion[],
): readonly Exclusion[] {
  return exclusions.filter((one) => periods.some((period) => touches(one, period)));
}

/** The first half of a period, to compare with, and the second. */
export function halves({ start, end }: TimeWindow): {
  readonly reference: TimeWindow;
  readonly window: TimeWindow;
} {
  const middle = Math.floor((start + end) / 2);
  return { reference: { start, end: middle }, window: { start: middle, end } };
}

function touches(exclusion: TimeWindow, period: TimeWindow): boolean {
  return exclusion.start - guardMs < period.end && exclusion.end + guardMs > period.start;
}
