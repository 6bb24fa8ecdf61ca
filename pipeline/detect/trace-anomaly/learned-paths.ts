import type { EpochMs, Trace } from "../../types.ts";
import { callPaths } from "../call-path.ts";
import { shapeOf } from "../trace-shape.ts";
import { timesByPath } from "./service-vectors.ts";

const hourMs = 3_600_000;
const minuteMs = 60_000;
const fewestTraces = 3;
const fewestMinutes = 2;

/**
 * From when on each call path counts as normal though no reference has it: an hour after it appeared,
 * if by then three traces on two different minutes had it without an error. So what a deployment adds
 * stops being told.
 *
 * Source: ALGORITHMS 4.4.
 */
export function learnedPaths(traces: readonly Trace[]): ReadonlyMap<string, EpochMs> {
  const paths = callPaths();
  const seen = new Map<string, { first: EpochMs; count: number; minutes: Set<number> }>();
  for (const trace of traces) {
    const failed = trace.spans.some(({ status }) => status === "error");
    for (const path of timesByPath(shapeOf(trace, paths), paths).keys()) {
      const known = seen.get(path) ?? { first: trace.start, count: 0, minutes: new Set<number>() };
      seen.set(path, known);
      if (failed || trace.start >= known.first + hourMs) continue;
      known.count++;
      known.minutes.add(Math.floor(trace.start / minuteMs));
    }
  }
  const learned = new Map<string, EpochMs>();
  for (const [path, { first, count, minutes }] of seen) {
    if (count >= fewestTraces && minutes.size >= fewestMinutes) learned.set(path, first + hourMs);
  }
  return learned;
}
