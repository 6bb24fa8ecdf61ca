import { xoshiro } from "../../learn/xoshiro.ts";
import type { AnomalyDetector, Course, Lessons } from "../../ports.ts";
import type { TelemetrySlice, Trace, TraceAnomaly } from "../../types.ts";
import { callPaths } from "../call-path.ts";
import { type Finding, groupFindings, lookedAt } from "../trace-groups.ts";
import { traceRules } from "../trace-rules.ts";
import { shapeOf } from "../trace-shape.ts";
import { defaultFit, type FittedTraces, fitTraces, scoreSamples } from "./fit.ts";
import { learnedPaths } from "./learned-paths.ts";
import { timesByPath, vectorOf } from "./service-vectors.ts";
import { restoredTraces, savedTraces, TraceModel } from "./trace-model.ts";
import { columnSurprise, logLikelihoods } from "./variational.ts";

/** Enough to tell which traces are not abnormal; the others are looked at with all samples. */
const firstSamples = 8;
/** Half a case in five hundred: one normal trace in a thousand is flagged. */
const normalRuns = 499;
const scoreSeed = 7;

/**
 * The rules of `trace-rules`, and beside them what a network finds that has learnt normal traces: a
 * combination of times and call paths as improbable as one normal trace in a thousand, though no path of
 * it is over its limit (`unclassified`). Call paths that the model knows are no structural anomalies, nor
 * are paths that have been seen for an hour since they appeared.
 *
 * Throws: never. Without a model, or one of fewer than 200 traces, the rules alone. Same slice and model,
 *         same numbers: the seed of the samples is fixed.
 * Source: TraceAnomaly (Liu et al., ISSRE 2020); order of the checks after ALGORITHMS 4.4.
 */
export const traceAnomaly = {
  name: "trace-anomaly",
  modality: "trace",
  learner: {
    version: 1,
    features: ["longest milliseconds per call path", "absent -1", "two hidden layers", "real-nvp"],
    model: TraceModel,
    fit({ normal }: Lessons, seed: number, course?: Course<TraceModel>): TraceModel {
      const paths = callPaths();
      // Periods may overlap, and a window may be part of its own reference.
      const traces = new Map<string, Trace>();
      for (const { traces: parts } of normal) {
        for (const trace of [...parts.reference, ...parts.window]) traces.set(trace.traceId, trace);
      }
      const whole = [...traces.values()]
        .map((trace) => shapeOf(trace, paths))
        .filter(({ root }) => root !== null);
      const fitted = fitTraces(
        whole.map((shape) => timesByPath(shape, paths)),
        seed,
        defaultFit,
        course === undefined
          ? undefined
          : {
              previous: course.previous === null ? null : restoredTraces(course.previous),
              tell: (learnt) => course.tell(learnt),
            },
      );
      return fitted === null ? null : savedTraces(fitted);
    },
    isEmpty: (model: TraceModel) => model === null,
  },
  detect(slice: TelemetrySlice, model: TraceModel): TraceAnomaly[] {
    const fitted = model === null ? null : restoredTraces(model);
    const known = new Set(fitted?.knownPaths ?? []);
    const learned = learnedPaths(slice.traces.window);
    const ruled = traceRules
      .detect(slice)
      .flatMap((anomaly) => stillStructural(anomaly, known, learned, slice.traces.window));
    if (fitted === null) return ruled;
    const told = new Set(ruled.flatMap(({ traceIds }) => traceIds));
    return [...ruled, ...unclassified(slice.traces.window, fitted, told)];
  },
} as const satisfies AnomalyDetector<TraceModel>;

/** What is left of a structural anomaly without the traces whose new paths are known by now. */
function stillStructural(
  anomaly: TraceAnomaly,
  known: ReadonlySet<string>,
  learned: ReadonlyMap<string, number>,
  traces: readonly Trace[],
): TraceAnomaly[] {
  if (anomaly.kind !== "structural" || anomaly.removed.length > 0) return [anomaly];
  const isKnownAt = (start: number) =>
    anomaly.added.every(
      (path) => known.has(path) || (learned.get(path) ?? Number.POSITIVE_INFINITY) <= start,
    );
  const ids = new Set(anomaly.traceIds);
  const left = traces.filter(({ traceId, start }) => ids.has(traceId) && !isKnownAt(start));
  const [first] = left;
  if (first === undefined) return [];
  if (left.length === anomaly.traceCount) return [anomaly];
  return [
    {
      ...anomaly,
      start: first.start,
      end: left.reduce((end, trace) => Math.max(end, trace.end), first.end),
      traceId: first.traceId,
      traceIds: left.map(({ traceId }) => traceId),
      traceCount: left.length,
    },
  ];
}

function unclassified(
  traces: readonly Trace[],
  fitted: FittedTraces,
  told: ReadonlySet<string>,
): TraceAnomaly[] {
  const paths = callPaths();
  const shapes = traces.map((trace) => shapeOf(trace, paths)).filter(({ root }) => root !== null);
  const rows = shapes.map((shape) => vectorOf(timesByPath(shape, paths), fitted.columns));
  const findings = improbable(fitted, rows).flatMap((index): Finding[] => {
    const [shape, row] = [shapes[index], rows[index]];
    if (shape === undefined || row === undefined || told.has(shape.trace.traceId)) return [];
    const callPath = (fitted.columns.paths[strangest(fitted, row)] ?? "").split(" -> ");
    const service = callPath[callPath.length - 1] ?? "";
    return [
      {
        kind: "unclassified",
        trace: shape.trace,
        key: callPath.join("\n"),
        service,
        instance: shape.trace.spans.find((span) => span.service === service)?.instance ?? null,
        z: null,
        callPath,
        added: [],
        removed: [],
        slowNodes: [],
      },
    ];
  });
  return groupFindings(findings, {
    ...lookedAt(shapes.map(({ trace }) => trace)),
    normalRuns,
    // Where none of the normal ones was found, it matters little in how many seconds they began.
    normalSeconds: normalRuns,
    normal: [],
    by: "any",
    fewest: 1,
  });
}

/**
 * Positions of the rows that are as improbable as one in a thousand. Few samples judge too hard, never too
 * softly, on average: only what they find improbable is looked at with many.
 */
export function improbable({ network, threshold }: FittedTraces, rows: readonly Float64Array[]): number[] {
  const random = xoshiro(scoreSeed, "trace-score");
  const first = logLikelihoods(network, rows, firstSamples, random);
  const doubtful = rows.flatMap((_, index) => ((first[index] ?? 0) < threshold ? [index] : []));
  const second = logLikelihoods(
    network,
    doubtful.map((index) => rows[index] ?? new Float64Array(0)),
    scoreSamples,
    random,
  );
  return doubtful.filter((_, place) => (second[place] ?? 0) < threshold);
}

/** The column that the network expects least. */
function strangest({ network }: FittedTraces, row: Float64Array): number {
  const surprise = columnSurprise(network, row, xoshiro(scoreSeed, "trace-column"));
  return surprise.indexOf(surprise.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY));
}
