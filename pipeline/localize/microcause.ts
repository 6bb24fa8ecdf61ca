import { rootCauseWalk, type WalkOptions, type WalkResult } from "../causal/root-cause-walk.ts";
import type { Localizer } from "../ports.ts";
import { spot } from "../statistics/spot.ts";
import type { Anomaly, Candidate, TelemetrySlice } from "../types.ts";
import { metricEvidence } from "./metric-evidence.ts";
import { isCause, type MetricKind, metricKind } from "./metric-kinds.ts";
import { type Matrix, type MatrixColumn, microcauseMatrix } from "./microcause-columns.ts";
import { strengthOf } from "./strength.ts";

interface Preset extends Omit<WalkOptions, "longestLag"> {
  /** How abnormal a metric is: its distance from normal, its excess over DSPOT's threshold, or all alike. */
  readonly degree: "distance" | "dspot" | "none";
  /** Whether earlier metrics and kinds that cause failures come first. */
  readonly prefers: boolean;
}

const ours: Preset = { lambda: 0.3, steps: 15, walkTo: "causes", degree: "distance", prefers: true };
const paper: Preset = { ...ours, lambda: 0.5, degree: "dspot" };
/** As the public re-implementations run it, direction error included. */
const rcaeval: Preset = { lambda: 0.5, steps: 1000, walkTo: "effects", degree: "none", prefers: false };

/** Lags beyond a few samples cost the tests more than they find. */
const shortLag = 3;
const longLag = 5;
const longMatrix = 200;
/** Fewer samples than this hold no graph. */
const fewestPoints = 60;
const clearZ = 3;
const largestDegree = 10;
const dspotDepth = 10;
const earlyBonus = 0.2;
const disconnectedShare = 0.6;

/** What a metric's kind says about causing rather than showing a failure. */
const priorities: Readonly<Record<MetricKind["kind"], number>> = {
  cpu: 1,
  memory: 1,
  node: 1,
  saturation: 0.9,
  process: 0.9,
  workload: 0.8,
  traffic: 0.8,
  latency: 0.7,
  errors: 0.7,
};
const largestScore = 1 + earlyBonus;

/** MicroCause with the right direction. */
export const microcause = microcauseAs("microcause", ours);
/** With the paper's weights and DSPOT. */
export const microcausePaper = microcauseAs("microcause-paper", paper);
/** With the public codes' direction error, for comparison only. */
export const microcauseRcaeval = microcauseAs("microcause-rcaeval", rcaeval);

/**
 * Learns from the metrics' past which of them move before which, and walks from the symptom to what moved
 * first.
 *
 * Shape:  one candidate per metric that is three spreads out, the front metric itself left out.
 * Units:  strength of the metric's own distance, times how often the walk came by, how early it moved and
 *         whether its kind causes failures. Three fifths where nothing is linked to the front metric.
 * Throws: never. Ranks none with fewer than 60 samples without a gap, and says so.
 * Source: MicroCause (Meng et al., IWQoS 2020). Ours are the weights of order and kind, the smaller share
 *         of the visits (0.3), distances in robust spreads, and the direction: both public
 *         implementations take effects for causes.
 */
function microcauseAs<Name extends string>(name: Name, preset: Preset) {
  return {
    name,
    level: "metric",
    localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
      const matrix = microcauseMatrix(slice);
      if (matrix === null || usablePoints(matrix) < fewestPoints) return [];
      const { columns, front } = matrix;
      const degrees = columns.map((column) => degreeOf(column, matrix.windowRow, preset.degree));
      const longestLag = lagFor(matrix);
      const walk = rootCauseWalk(
        columns.map(({ values }) => values),
        front,
        degrees,
        { ...preset, longestLag },
      );
      const evidence = metricEvidence(anomalies);
      return columns.flatMap((column, index) => {
        if (index === front || column.z < clearZ) return [];
        const { service, instance, metric } = column.series.key;
        const score = (walk.scores[index] ?? 0) * (preset.prefers ? preferenceOf(column, columns) : 1);
        const trust = walk.isConnected ? 1 : disconnectedShare;
        return {
          service,
          instance,
          metric,
          symptom: !isCause(metricKind(metric, column.series.unit)),
          score: (trust * strengthOf(column.z) * score) / largestScore,
          evidence: evidence(column.series.key),
          why: whyOf(index, walk, matrix),
        };
      });
    },
    whyNone(slice: TelemetrySlice): string | null {
      const matrix = microcauseMatrix(slice);
      if (matrix === null) return null;
      const points = usablePoints(matrix);
      if (points >= fewestPoints) return null;
      return `Causal links between metrics were not looked for: that takes ${fewestPoints} samples without a gap, and there are ${points}.`;
    },
  } as const satisfies Localizer;
}

function lagFor({ columns }: Matrix): number {
  return (columns[0]?.values.length ?? 0) < longMatrix ? shortLag : longLag;
}

/** Rows with all columns known back to twice the longest lag: the samples that every test rests on. */
function usablePoints(matrix: Matrix): number {
  const reach = 2 * lagFor(matrix);
  let points = 0;
  let known = 0;
  for (let row = 0; row < (matrix.columns[0]?.values.length ?? 0); row++) {
    known = matrix.columns.every(({ values }) => !Number.isNaN(values[row] ?? Number.NaN)) ? known + 1 : 0;
    if (known > reach) points++;
  }
  return points;
}

function degreeOf({ values, z, spread }: MatrixColumn, windowRow: number, by: Preset["degree"]): number {
  switch (by) {
    case "none":
      return 1;
    case "distance":
      return Math.log1p(Math.min(largestDegree, z / clearZ));
    case "dspot": {
      const [past, now] = [values.subarray(0, windowRow), values.subarray(windowRow)];
      const turned = (part: Float64Array) => part.map((value) => -value);
      return Math.max(excess(past, now, spread), excess(turned(past), turned(now), spread));
    }
  }
}

/** The largest excess over DSPOT's threshold, in thresholds; a threshold near zero is no measure. */
function excess(past: Float64Array, now: Float64Array, spread: number): number {
  const { thresholds, alarms } = spot(past, now, { depth: dspotDepth });
  return alarms.reduce((most, at) => {
    const threshold = thresholds[at] ?? 0;
    return Math.max(most, ((now[at] ?? 0) - threshold) / Math.max(Math.abs(threshold), spread));
  }, 0);
}

function preferenceOf(column: MatrixColumn, columns: readonly MatrixColumn[]): number {
  const onsets = columns.flatMap(({ onsetRow }) => onsetRow ?? []);
  const [first, last] = [Math.min(...onsets), Math.max(...onsets)];
  const lateness =
    column.onsetRow === null ? 1 : last > first ? (column.onsetRow - first) / (last - first) : 0;
  const { key, unit } = column.series;
  return (1 + earlyBonus * (1 - lateness)) * priorities[metricKind(key.metric, unit).kind];
}

function whyOf(index: number, { edges }: WalkResult, { columns, front, stepMs }: Matrix): string {
  const named = (at: number) => {
    const key = columns[at]?.series.key;
    return `${key?.service ?? ""}'s ${key?.metric ?? ""}`;
  };
  const own = columns[index]?.series.key.metric ?? "";
  const links = edges.filter(({ cause }) => cause === index).sort((a, b) => a.p - b.p || a.effect - b.effect);
  const link = links.find(({ effect }) => effect === front) ?? links[0];
  if (link === undefined) return `Its ${own} is far out, with no link found from it to ${named(front)}.`;
  const seconds = Math.round((link.lag * stepMs) / 1000);
  return `Its ${own} moves ${seconds} s before ${named(link.effect)} (partial correlation ${link.r.toFixed(2)}, p ${link.p < 1e-9 ? "below 1e-9" : link.p.toPrecision(1)}).`;
}
