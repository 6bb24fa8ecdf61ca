import type { AnomalyDetector } from "../ports.ts";
import { quantileOfSorted, robustSpread, sorted } from "../statistics/quantiles.ts";
import type { MetricAnomaly, TelemetrySlice, Trace } from "../types.ts";
import { childrenOf } from "./event-sequences.ts";
import { anomalyScore } from "./metric-events.ts";

/** Metric name of what is derived here: the same call, one after the other, inside one span. */
export const repeatedCalls = "CallsInARow";

const fewestRuns = 5;
/** Three more and three times as many as usual; a second try is neither. */
const leastMore = 3;
const leastRatio = 3;
const spreadShare = 0.5;
const smallestSpread = 1;
/** With fewer clearly longer runs than this, a rise counts in proportion. */
const enoughRuns = 5;
const shifted = 3;
const referenceShown = 10;
const windowShown = 20;

/**
 * Finds services that ask for the same again and again where once was enough: the query in a loop that a
 * new version brought. Whoever is asked has more to do, and is not to blame.
 *
 * Shape:  at most one anomaly per service, for the call that is repeated most.
 * Units:  calls in a row, 90th percentile over the spans that make the call at all; failed calls do not
 *         count, since what fails is tried again.
 * Throws: never. With fewer than 5 such spans on either side, finds nothing. Linear in the spans.
 * Source: the "N+1 queries" of application monitoring; a row in place of a count, because a cache that is
 *         empty makes its user ask the store and the cache by turns.
 */
export const callRepeats = {
  name: "repeated-calls",
  modality: "trace",
  detect(slice: TelemetrySlice): MetricAnomaly[] {
    const usual = runsOf(slice.traces.reference);
    const worst = new Map<string, MetricAnomaly>();
    for (const [call, runs] of runsOf(slice.traces.window)) {
      const anomaly = anomalyOf(runs, usual.get(call) ?? []);
      if (anomaly === null || anomaly.zPeak <= (worst.get(anomaly.service)?.zPeak ?? 0)) continue;
      worst.set(anomaly.service, anomaly);
    }
    return [...worst.values()];
  },
} as const satisfies AnomalyDetector;

/** The longest row of one call inside one span. */
interface Run {
  readonly service: string;
  readonly instance: string | null;
  readonly at: number;
  readonly length: number;
}

/** By the calling operation and the call. */
function runsOf(traces: readonly Trace[]): Map<string, Run[]> {
  const runs = new Map<string, Run[]>();
  for (const trace of traces) {
    childrenOf(trace).forEach((children, index) => {
      const span = trace.spans[index];
      if (span === undefined || children.length === 0) return;
      const { service, instance, start } = span;
      for (const [call, length] of longestRows(trace, children)) {
        const key = `${service}\n${span.operation}\n${call}`;
        const known = runs.get(key);
        const run = { service, instance, at: start, length };
        if (known === undefined) runs.set(key, [run]);
        else known.push(run);
      }
    });
  }
  return runs;
}

function longestRows({ spans }: Trace, children: readonly number[]): Map<string, number> {
  const longest = new Map<string, number>();
  let [last, length] = ["", 0];
  for (const child of children) {
    const span = spans[child];
    if (span === undefined || span.status === "error") continue;
    const call = `${span.service}\n${span.operation}`;
    length = call === last ? length + 1 : 1;
    last = call;
    if (length > (longest.get(call) ?? 0)) longest.set(call, length);
  }
  return longest;
}

function anomalyOf(runs: readonly Run[], before: readonly Run[]): MetricAnomaly | null {
  const [first] = runs;
  if (first === undefined || runs.length < fewestRuns || before.length < fewestRuns) return null;
  const normal = sorted(before.map(({ length }) => length));
  const usual = quantileOfSorted(normal, 0.9);
  const now = quantileOfSorted(sorted(runs.map(({ length }) => length)), 0.9);
  if (now < usual + leastMore || now < leastRatio * usual) return null;
  const long = runs.filter(({ length }) => length > (usual + now) / 2);
  const std = Math.max(robustSpread(normal), spreadShare * usual, smallestSpread);
  const z = (Math.min(1, long.length / enoughRuns) * (now - usual)) / std;
  if (z < shifted) return null;
  const instances = new Set(long.map(({ instance }) => instance));
  const instance = instances.size === 1 ? ([...instances][0] ?? null) : null;
  return {
    id: "",
    modality: "metric",
    service: first.service,
    instance,
    start: long.reduce((earliest, { at }) => Math.min(earliest, at), Number.POSITIVE_INFINITY),
    end: long.reduce((latest, { at }) => Math.max(latest, at), Number.NEGATIVE_INFINITY),
    severity: z,
    key: { service: first.service, instance, metric: repeatedCalls },
    unit: "calls",
    class: "resource",
    direction: "up",
    peak: now,
    previous: usual,
    mean: usual,
    std,
    zPeak: z,
    ...anomalyScore(now, usual, std),
    segment: [
      ...before.slice(-referenceShown).map(({ length }) => length),
      ...runs.slice(0, windowShown).map(({ length }) => length),
    ],
    detector: "repeated-calls",
  };
}
