import type { AnomalyDetector } from "../ports.ts";
import { mean, standardDeviation } from "../statistics/moments.ts";
import { quantile, sorted } from "../statistics/quantiles.ts";
import type { MetricAnomaly, MetricSeries, TelemetrySlice } from "../types.ts";
import { eventsOf, type Normal, type Verdict } from "./metric-events.ts";
import { referenceValues } from "./reference-values.ts";
import { floored } from "./three-sigma.ts";

const fewestNeighbours = 5;
/** A neighbourhood reaches at least this many standard deviations of the reference. */
const smallestReach = 0.3;
const reachFactor = 2;
const reachQuantile = 0.95;
/** A cluster of which fewer samples than this share are from the reference is not normal. */
const normalShare = 0.05;
const limitZ = 3;

/**
 * Flags samples that lie in no cluster of the reference: for metrics with several usual levels, between
 * which mean and standard deviation see nothing unusual.
 *
 * Units:  neighbourhoods reach twice the 95 % quantile of the distance to the fifth neighbour within the
 *         reference, at least 0.3 of its standard deviations. `mean` and `std` are those of the normal
 *         cluster that is nearest to the sample, `std` at least a third of the reach.
 * Throws: never. Too few samples: as three-sigma. O(n log n).
 * Source: DBSCAN (Ester et al., KDD 1996) with ALGORITHMS 3.2's parameters.
 */
export const dbscan = {
  name: "dbscan",
  modality: "metric",
  detect(slice: TelemetrySlice): MetricAnomaly[] {
    const referenceOf = referenceValues(slice.metrics);
    return slice.metrics.flatMap((series) => {
      const reference = referenceOf(series);
      const verdict = reference === null ? null : dbscanVerdict(series, sorted(reference));
      return verdict === null ? [] : eventsOf(series, verdict);
    });
  },
} as const satisfies AnomalyDetector;

/** null where no stretch of the reference is dense enough to call it normal. */
function dbscanVerdict(series: MetricSeries, reference: Float64Array): Verdict | null {
  const { v } = series.window;
  const reach = reachOf(reference);
  const values = new Float64Array(reference.length + v.length);
  values.set(reference);
  values.set(v, reference.length);
  const labels = dbscanLabels(values, reach, fewestNeighbours);
  const normal = normalClusters(reference, labels, reach);
  if (normal.size === 0) return null;
  const clusters = [...normal.values()];
  const nearest = (index: number) => nearestOf(v[index] ?? Number.NaN, clusters);
  const isAway = (index: number) => !normal.has(labels[reference.length + index] ?? noise);
  const z = v.map((value, index) => {
    if (Number.isNaN(value) || !isAway(index)) return Number.isNaN(value) ? value : 0;
    const { mean, std } = nearest(index);
    return (value - mean) / std;
  });
  return {
    detector: "dbscan",
    z,
    isFlagged: (index) => Math.abs(z[index] ?? 0) > 0,
    normalOf: nearest,
  };
}

/** In the metric's unit. */
function reachOf(reference: Float64Array): number {
  const distances = new Float64Array(reference.length);
  for (let i = 0; i < distances.length; i++)
    distances[i] = neighbourDistance(reference, i, reference[i] ?? 0);
  const scale = floored(standardDeviation(reference), mean(reference));
  return Math.max(smallestReach * scale, reachFactor * quantile(distances, reachQuantile));
}

/** Distance to the fifth nearest other value: the best of the windows of six in a row around it. */
function neighbourDistance(ascending: Float64Array, index: number, value: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let low = Math.max(0, index - fewestNeighbours); low <= index; low++) {
    const high = low + fewestNeighbours;
    if (high >= ascending.length) break;
    const farthest = Math.max(value - (ascending[low] ?? value), (ascending[high] ?? value) - value);
    nearest = Math.min(nearest, farthest);
  }
  return nearest;
}

interface Cluster extends Normal {
  readonly from: number;
  readonly to: number;
}

/** The clusters that reference samples make up a fair share of, by label. */
function normalClusters(
  reference: Float64Array,
  labels: Int32Array,
  reach: number,
): ReadonlyMap<number, Cluster> {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const members = new Map<number, number[]>();
  reference.forEach((value, index) => {
    const label = labels[index] ?? noise;
    const known = members.get(label);
    if (known === undefined) members.set(label, [value]);
    else known.push(value);
  });
  members.delete(noise);
  const clusters = new Map<number, Cluster>();
  for (const [label, values] of members) {
    if (values.length < normalShare * (sizes.get(label) ?? 0)) continue;
    const centre = mean(values);
    const std = Math.max(floored(standardDeviation(values), centre), reach / limitZ);
    clusters.set(label, {
      mean: centre,
      std,
      from: values[0] ?? centre,
      to: values[values.length - 1] ?? centre,
    });
  }
  return clusters;
}

function nearestOf(value: number, clusters: readonly Cluster[]): Normal {
  const away = ({ from, to }: Cluster) => Math.max(from - value, value - to);
  return clusters.reduce((best, cluster) => (away(cluster) < away(best) ? cluster : best));
}

/** The label of values that belong to no cluster. */
export const noise = -1;

/**
 * DBSCAN on a line: a cluster for each value, numbered in the order of the input, or -1 for noise.
 *
 * Shape:  a value is dense when at least `fewest` values, itself included, lie within `reach`; dense
 *         values within reach of one another share a cluster, and others join the nearest dense value
 *         in reach (the lower of two as near). Missing values are noise.
 * Throws: never. O(n log n).
 */
export function dbscanLabels(values: ArrayLike<number>, reach: number, fewest: number): Int32Array {
  const order: number[] = [];
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) order.push(i);
  order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
  const x = Float64Array.from(order, (index) => values[index] ?? 0);
  const dense = denseOf(x, reach, fewest);
  const clusters = clusterDense(x, dense, reach);
  joinBorders(x, dense, clusters, reach);
  const labels = new Int32Array(values.length).fill(noise);
  order.forEach((index, place) => {
    labels[index] = clusters[place] ?? noise;
  });
  return renumbered(labels);
}

function denseOf(x: Float64Array, reach: number, fewest: number): Uint8Array {
  const dense = new Uint8Array(x.length);
  let low = 0;
  let high = 0;
  for (let i = 0; i < x.length; i++) {
    const value = x[i] ?? 0;
    while (value - (x[low] ?? 0) > reach) low++;
    while (high < x.length && (x[high] ?? 0) - value <= reach) high++;
    dense[i] = high - low >= fewest ? 1 : 0;
  }
  return dense;
}

function clusterDense(x: Float64Array, dense: Uint8Array, reach: number): Int32Array {
  const clusters = new Int32Array(x.length).fill(noise);
  let cluster = -1;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < x.length; i++) {
    if (dense[i] === 0) continue;
    const value = x[i] ?? 0;
    if (value - last > reach) cluster++;
    clusters[i] = cluster;
    last = value;
  }
  return clusters;
}

function joinBorders(x: Float64Array, dense: Uint8Array, clusters: Int32Array, reach: number): void {
  const nearest = new Float64Array(x.length).fill(reach);
  for (const step of [1, -1]) {
    let last = -1;
    for (let i = step > 0 ? 0 : x.length - 1; i >= 0 && i < x.length; i += step) {
      if (dense[i] === 1) last = i;
      else if (last >= 0) {
        const away = Math.abs((x[i] ?? 0) - (x[last] ?? 0));
        const isNearer = step > 0 ? away <= reach : away < (nearest[i] ?? 0) || clusters[i] === noise;
        if (!isNearer || away > reach) continue;
        nearest[i] = away;
        clusters[i] = clusters[last] ?? noise;
      }
    }
  }
}

function renumbered(labels: Int32Array): Int32Array {
  const numbers = new Map<number, number>([[noise, noise]]);
  return labels.map((label) => {
    const known = numbers.get(label) ?? numbers.size - 1;
    numbers.set(label, known);
    return known;
  });
}
