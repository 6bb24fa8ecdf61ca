import { quantileOfSorted, sorted } from "../statistics/quantiles.ts";
import { calleesOf } from "../topology.ts";
import type { EpochMs, MetricSeries, TelemetrySlice } from "../types.ts";
import { metricKind } from "./metric-kinds.ts";

/** Less than this of the usual work is hardly any. */
const idleShare = 0.5;
const fewestReference = 10;

export interface Stretch {
  readonly from: EpochMs;
  /** Time of its last sample. */
  readonly to: EpochMs;
}

/**
 * Tells whether a service had hardly anything to do for a stretch of the window: by what it measures of its own
 * work, else by the work of all who call it.
 *
 * Shape:  false where nobody measures it. A cache whose entries expire while nobody asks it is idle; one that is
 *         emptied while it is asked as always is not.
 */
export function idleServices({
  metrics,
  topology,
}: Pick<TelemetrySlice, "metrics" | "topology">): (service: string, stretch: Stretch) => boolean {
  const work = new Map<string, MetricSeries[]>();
  for (const series of metrics) {
    const { service, metric } = series.key;
    if (metricKind(metric, series.unit).kind !== "workload") continue;
    const known = work.get(service);
    if (known === undefined) work.set(service, [series]);
    else known.push(series);
  }
  const callers = calleesOf(
    topology.edges.map(({ caller, callee, calls }) => ({ caller: callee, callee: caller, calls })),
  );
  const isIdle = (service: string, stretch: Stretch): boolean | null => {
    const shares = (work.get(service) ?? []).flatMap((series) => shareOf(series, stretch) ?? []);
    return shares.length === 0 ? null : shares.every((share) => share < idleShare);
  };
  return (service, stretch) => {
    const own = isIdle(service, stretch);
    if (own !== null) return own;
    const above = (callers.get(service) ?? []).map((caller) => isIdle(caller, stretch));
    return above.length > 0 && above.every((idle) => idle === true);
  };
}

/** What a series comes to in the stretch, of what is usual; null where too little is known. */
function shareOf({ reference, window }: MetricSeries, { from, to }: Stretch): number | null {
  const past = sorted(reference.v);
  if (past.length < fewestReference) return null;
  const now = sorted(window.v.filter((_, index) => isWithin(window.t[index], from, to)));
  const usual = quantileOfSorted(past, 0.5);
  return now.length === 0 || usual <= 0 ? null : quantileOfSorted(now, 0.5) / usual;
}

function isWithin(t: number | undefined, from: EpochMs, to: EpochMs): boolean {
  return t !== undefined && t >= from && t <= to;
}
