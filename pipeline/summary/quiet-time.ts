import type { Inventory } from "../ports.ts";
import type { TimeWindow } from "../types.ts";

/** As collect.ts keeps it before a window: an incident may have begun a little before it was seen. */
const guardMs = 5 * 60_000;

/**
 * The newest `referenceMs` before `window` in which nothing was found: what a step of a sweep is
 * compared with. An incident of hours would otherwise become its own normal.
 *
 * Shape:  `abnormal` in any order; the result ascending, without overlaps.
 */
export function quietTime(
  window: TimeWindow,
  abnormal: readonly TimeWindow[],
  referenceMs: number,
): TimeWindow[] {
  const quiet: TimeWindow[] = [];
  let wanted = referenceMs;
  let end = window.start - guardMs;
  const latestFirst = [...abnormal].sort((a, b) => b.end - a.end);
  for (const { start: loud, end: loudEnd } of latestFirst) {
    if (wanted <= 0) break;
    if (loudEnd < end) {
      const start = Math.max(loudEnd, end - wanted);
      quiet.unshift({ start, end });
      wanted -= end - start;
    }
    end = Math.min(end, loud);
  }
  if (wanted > 0) quiet.unshift({ start: end - wanted, end });
  return quiet;
}

/** The inventory with these periods as its normal ones; periods that an operator declared stand. */
export function withQuietTime(inventory: Inventory, quiet: readonly TimeWindow[]): Inventory {
  const { metric, log, trace } = inventory.declaredReference;
  return {
    ...inventory,
    declaredReference: {
      metric: metric.length > 0 ? metric : quiet,
      log: log.length > 0 ? log : quiet,
      trace: trace.length > 0 ? trace : quiet,
    },
  };
}
