import type { TimeWindow } from "../../pipeline/types.ts";
import { identityLabels, type Names } from "../names/names.ts";
import type { PrometheusApi } from "./api.ts";
import type { MetricEntry } from "./options.ts";

/** What an entry has series of. */
export interface Catalogued {
  readonly entry: MetricEntry;
  /** By service: the labels that name it there, and their values. */
  readonly services: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
  readonly instances: number;
  /** Those labels of its series that can name a service or instance: grouping by more of them is slow. */
  readonly labels: readonly string[];
}

/** Who has which metrics within `window`. */
export interface Catalogue {
  readonly window: TimeWindow;
  readonly metricNames: ReadonlySet<string>;
  readonly entries: readonly Catalogued[];
  readonly instances: readonly { readonly service: string; readonly instance: string }[];
  readonly partial: readonly string[];
}

export interface CatalogueOptions {
  readonly api: PrometheusApi;
  readonly names: Names;
  readonly entries: readonly MetricEntry[];
  readonly matchers: readonly string[];
  readonly serviceLabels: readonly string[];
}

/** Looks only for what exists: which metrics there are, then which services have them. */
export async function readCatalogue(
  { api, names, entries, matchers, serviceLabels }: CatalogueOptions,
  window: TimeWindow,
  signal: AbortSignal,
): Promise<Catalogue> {
  const metricNames = new Set(await api.metricNames(window, matchers, signal));
  const present = entries.filter(({ metric }) => metricNames.has(metric));
  const seen = new Map<string, { service: string; instance: string }>();
  const partial = new Set<string>();
  const read = async (entry: MetricEntry): Promise<Catalogued> => {
    const where = [entry.where ?? "", ...matchers].filter((one) => one !== "").join(",");
    const selector = `${countOf(entry.metric, metricNames)}{${where}}`;
    const answered = await api.series(window, [selector], signal);
    for (const words of answered.partial) partial.add(words);
    const services = new Map<string, Map<string, Set<string>>>();
    const instances = new Set<string>();
    const present = new Set<string>();
    for (const labels of answered.data) {
      for (const label of Object.keys(labels)) present.add(label);
      const named = names.resolve(labels, entry.subject, serviceLabels);
      if (named === null) continue;
      const { service, instance, label } = named;
      // A label that the scrape has moved out of the way is matched where it lies now.
      const at = labels[`exported_${label}`] === undefined ? label : `exported_${label}`;
      const value = labels[at];
      if (value === undefined) continue;
      const places = services.get(service) ?? new Map<string, Set<string>>();
      places.set(at, (places.get(at) ?? new Set()).add(value));
      services.set(service, places);
      instances.add(`${service}\u0000${instance}`);
      if (instance !== null) seen.set(`${service}\u0000${instance}`, { service, instance });
    }
    const naming = [...new Set([...identityLabels(entry.subject), ...serviceLabels])];
    const labels = naming.filter((label) => present.has(label));
    return { entry, services, instances: instances.size, labels };
  };
  return {
    window,
    metricNames,
    entries: await Promise.all(present.map(read)),
    instances: [...seen.values()],
    partial: [...partial],
  };
}

/** A histogram has one count for a dozen buckets. */
function countOf(metric: string, metricNames: ReadonlySet<string>): string {
  const count = metric.replace(/_bucket$/, "_count");
  return metricNames.has(count) ? count : metric;
}
