import type { Trace } from "../../types.ts";
import { callPaths } from "../call-path.ts";
import { shapeOf } from "../trace-shape.ts";
import { timesByPath } from "./service-vectors.ts";
import type { TraceModel } from "./trace-model.ts";

/** A path must be in so many good traces, on so many different minutes. */
const fewestTraces = 10;
const fewestMinutes = 5;
/** And most of the traces that have it must be good: retries and fallbacks come with failures. */
const goodShare = 0.9;
const sigmas = 3;
const minuteMs = 60_000;

/**
 * The call paths of fault-free traces that a fitted model does not know yet, where they are safe to call
 * normal: so that what a deployment adds is known before the next fit.
 *
 * Shape:  sorted. A trace is good without a failed call, with a root, and with no path that the model knows
 *         slower than three standard deviations above its mean. Whether an incident was open meanwhile, who
 *         calls this must know.
 * Source: ALGORITHMS 4.4 (three traces on two minutes), made stricter: what is learnt here stays.
 */
export function newPaths(model: NonNullable<TraceModel>, traces: readonly Trace[]): string[] {
  const paths = callPaths();
  const known = new Set(model.knownPaths);
  const limits = new Map(
    model.columns.paths.map((path, column) => [
      path,
      (model.columns.mean[column] ?? 0) + sigmas * (model.columns.std[column] ?? 0),
    ]),
  );
  const seen = new Map<string, { all: number; good: number; minutes: Set<number> }>();
  for (const trace of traces) {
    const shape = shapeOf(trace, paths);
    const times = timesByPath(shape, paths);
    const isGood =
      shape.root !== null &&
      trace.spans.every(({ status }) => status !== "error") &&
      [...times].every(([path, ms]) => ms <= (limits.get(path) ?? Number.POSITIVE_INFINITY));
    for (const path of times.keys()) {
      if (known.has(path)) continue;
      const counts = seen.get(path) ?? { all: 0, good: 0, minutes: new Set<number>() };
      seen.set(path, counts);
      counts.all++;
      if (!isGood) continue;
      counts.good++;
      counts.minutes.add(Math.floor(trace.start / minuteMs));
    }
  }
  return [...seen]
    .filter(
      ([, { all, good, minutes }]) =>
        good >= fewestTraces && minutes.size >= fewestMinutes && good >= goodShare * all,
    )
    .map(([path]) => path)
    .sort();
}
