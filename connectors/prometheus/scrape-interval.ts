import type { TelemetryQuery } from "../../pipeline/ports.ts";
import type { PrometheusApi } from "./api.ts";
import type { Catalogue } from "./catalogue.ts";
import type { MetricEntry, PrometheusOptions } from "./options.ts";

const defaultMs = 15_000;
/** What people set, and what a measured interval is rounded to. */
const usualMs = [5, 10, 15, 20, 30, 60, 120, 300].map((seconds) => seconds * 1_000);
const probe = "10m";
const probeMs = 600_000;

type ScrapeOf = (entry: MetricEntry) => number;

/**
 * The interval between the samples of each exporter, by counting those of one of its metrics in the last ten
 * minutes of the latest window that has some; 15 s where there are none. What was measured is kept: an
 * interval hardly ever changes, and a rate over too short a range is empty.
 */
export function scrapeIntervals(
  api: PrometheusApi,
  { scrapeSeconds }: PrometheusOptions,
  matchers: readonly string[],
): (catalogue: Catalogue, query: TelemetryQuery, signal: AbortSignal) => Promise<ScrapeOf> {
  const known = new Map<string, number>();

  async function measure(
    { metric, where }: MetricEntry,
    windows: TelemetryQuery["windows"],
    signal: AbortSignal,
  ): Promise<void> {
    const select = [where ?? "", ...matchers].filter((one) => one !== "").join(",");
    const query = `quantile(0.5, count_over_time(${metric}{${select}}[${probe}]))`;
    for (const { end } of [...windows].sort((a, b) => b.end - a.end)) {
      const [counted] = await api.instant(query, end, signal);
      if (counted === undefined || !(counted.value >= 2)) continue;
      const interval = probeMs / counted.value;
      const nearest = (best: number, usual: number) =>
        Math.abs(usual - interval) < Math.abs(best - interval) ? usual : best;
      known.set(exporterOf(metric), usualMs.reduce(nearest));
      return;
    }
  }

  return async ({ entries }, { windows }, signal) => {
    if (scrapeSeconds !== undefined) return () => scrapeSeconds * 1_000;
    const first = new Map<string, MetricEntry>();
    for (const { entry, instances } of entries) {
      const exporter = exporterOf(entry.metric);
      if (instances > 0 && !known.has(exporter) && !first.has(exporter)) first.set(exporter, entry);
    }
    await Promise.all([...first.values()].map((entry) => measure(entry, windows, signal)));
    return ({ metric }) => known.get(exporterOf(metric)) ?? defaultMs;
  };
}

/** "container" of container_cpu_usage_seconds_total. */
function exporterOf(metric: string): string {
  return metric.split("_", 1)[0] ?? metric;
}
