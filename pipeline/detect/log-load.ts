import { median } from "../statistics/moments.ts";
import type { LogLine, TelemetrySlice, TimeWindow } from "../types.ts";

/** Fewer traces or lines than this do not measure load. */
const fewest = 20;
const fewestServices = 3;

/**
 * How many lines of the window one line of the reference period stands for: by the numbers of traces
 * where both have some, else by the median of the services' ratios (one service falling silent or
 * shouting does not move it), else by the lengths of the periods.
 */
export function windowLoad({ traces, logs, window, referencePeriods }: TelemetrySlice): number {
  if (
    traces.window.length >= fewest &&
    traces.reference.length >= fewest &&
    sameStretches(referencePeriods)
  ) {
    return traces.window.length / traces.reference.length;
  }
  const now = linesByService(logs.window);
  const ratios = [...linesByService(logs.reference)]
    .filter(([, count]) => count >= fewest)
    .map(([service, count]) => (now.get(service) ?? 0) / count);
  const typical = median(ratios);
  if (ratios.length >= fewestServices && typical > 0) return typical;
  return length([window]) / Math.max(1, length(referencePeriods.log));
}

/** Traces measure the load of the logs only where both were read for the same periods. */
function sameStretches({ log, trace }: TelemetrySlice["referencePeriods"]): boolean {
  return (
    log.length === trace.length &&
    log.every(({ start, end }, index) => start === trace[index]?.start && end === trace[index]?.end)
  );
}

function linesByService(lines: readonly LogLine[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { service } of lines) counts.set(service, (counts.get(service) ?? 0) + 1);
  return counts;
}

function length(windows: readonly TimeWindow[]): number {
  return windows.reduce((sum, { start, end }) => sum + end - start, 0);
}
