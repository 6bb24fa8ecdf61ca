import { presentCount } from "../statistics/moments.ts";
import type { MetricSeries, SeriesKey } from "../types.ts";

/** Fewer reference samples say too little about what is normal. */
export const fewestReference = 30;

/** The normal samples of a series; null where neither it nor its peers have 30. */
export type ReferenceOf = (series: MetricSeries) => ArrayLike<number> | null;

/**
 * Finds what a series is compared with: its own reference samples, or, where those are fewer than 30,
 * the same metric of the service's other instances, or nothing.
 *
 * Source: ALGORITHMS 2, cold start.
 */
export function referenceValues(metrics: readonly MetricSeries[]): ReferenceOf {
  const peers = byMetric(metrics);
  return (series) => {
    const own = series.reference.v;
    if (presentCount(own) >= fewestReference) return own;
    const others = (peers.get(metricId(series.key)) ?? []).filter((peer) => peer !== series);
    const pooled = others.flatMap(({ reference }) => Array.from(reference.v));
    return presentCount(pooled) >= fewestReference ? pooled : null;
  };
}

function byMetric(metrics: readonly MetricSeries[]): Map<string, MetricSeries[]> {
  const groups = new Map<string, MetricSeries[]>();
  for (const series of metrics) {
    const id = metricId(series.key);
    const known = groups.get(id);
    if (known === undefined) groups.set(id, [series]);
    else known.push(series);
  }
  return groups;
}

function metricId(key: SeriesKey): string {
  return `${key.service}\n${key.metric}`;
}
