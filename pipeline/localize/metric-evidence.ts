import type { Anomaly, SeriesKey } from "../types.ts";

/** The anomalies of each series, by its key. */
export function metricEvidence(anomalies: readonly Anomaly[]): (key: SeriesKey) => readonly string[] {
  const evidence = new Map<string, string[]>();
  for (const anomaly of anomalies) {
    if (anomaly.modality !== "metric") continue;
    const name = seriesName(anomaly.key);
    const known = evidence.get(name);
    if (known === undefined) evidence.set(name, [anomaly.id]);
    else known.push(anomaly.id);
  }
  return (key) => evidence.get(seriesName(key)) ?? [];
}

export function seriesName({ service, instance, metric }: SeriesKey): string {
  return `${service}\u0000${instance ?? ""}\u0000${metric}`;
}

/** Four digits are what a sentence needs. */
export function shortNumber(value: number): string {
  return Number(value.toPrecision(4)).toString();
}
