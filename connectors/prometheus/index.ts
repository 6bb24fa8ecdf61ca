import { BotError } from "../../pipeline/errors.ts";
import type { Inventory, MetricSource } from "../../pipeline/ports.ts";
import type { EpochMs, TimeWindow } from "../../pipeline/types.ts";
import type { Connector, Surroundings } from "../connector.ts";
import { httpClient } from "../http/client.ts";
import { clockGaps } from "../http/clock-gap.ts";
import { type PrometheusApi, prometheusApi } from "./api.ts";
import { type Catalogue, readCatalogue } from "./catalogue.ts";
import type { PrometheusOptions } from "./options.ts";
import { presets } from "./presets.ts";
import { labelIs } from "./promql.ts";
import { readMetrics } from "./read-metrics.ts";
import { scrapeIntervals } from "./scrape-interval.ts";
import { readServiceGraph } from "./service-graph.ts";

const hour = 3_600_000;
/** How long it is believed which services there are; new ones are found a minute late. */
const catalogueAgeMs = 60_000;
/** How far back the first sample is looked for, in how many points. */
const extentMs = 31 * 24 * hour;
const extentPoints = 120;
/**
 * A Prometheus, or what answers like one: Mimir, Thanos, VictoriaMetrics. Nothing is asked until it is used.
 *
 * Throws: BotError "config-invalid" when a secret or a certificate is not there.
 */
export function openPrometheus(
  options: PrometheusOptions,
  { readSecret, names, clock }: Surroundings,
): Connector {
  const name = options.name ?? new URL(options.url).host;
  const client = httpClient(name, options, readSecret);
  const api = prometheusApi(client, options.timeoutSeconds);
  const matchers = Object.entries(options.selector).map(([label, value]) =>
    labelIs(label, typeof value === "string" ? [value] : value),
  );
  const serviceLabels = options.serviceLabel === undefined ? [] : [options.serviceLabel];
  // Operators' entries first: they win over a preset of the same name.
  const entries = [...options.metrics, ...options.presets.flatMap((preset) => presets[preset])];
  const from = `${name} metrics`;
  const catalogue = keptCatalogue(clock, (window, signal) =>
    readCatalogue({ api, names, entries, matchers, serviceLabels }, window, signal),
  );

  const scrapes = scrapeIntervals(api, options, matchers);

  const source: MetricSource = {
    name: from,
    modality: "metric",
    async fetch(query, signal) {
      throwIfAborted(signal);
      const windows = query.windows.filter(({ start, end }) => start < end);
      if (windows.length === 0 || query.services?.length === 0) return { items: [], gaps: [] };
      const known = await catalogue(hullOf(windows), signal);
      const scrapeMsOf = await scrapes(known, query, signal);
      const reading = { from, api, names, matchers, serviceLabels, scrapeMsOf };
      return readMetrics(reading, known, { ...query, windows }, signal);
    },
    async probe(signal) {
      throwIfAborted(signal);
      await api.instant("vector(1)", clock(), signal);
    },
  };

  async function inventory(signal: AbortSignal, askedAt: EpochMs = clock()): Promise<Inventory> {
    throwIfAborted(signal);
    const known = await catalogue({ start: askedAt - options.lookbackHours * hour, end: askedAt }, signal);
    const { lookbackHours } = options;
    const edges = await readServiceGraph(api, names, known.metricNames, matchers, askedAt, signal);
    const services = new Set(known.entries.flatMap((entry) => [...entry.services.keys()]));
    for (const { caller, callee } of edges) services.add(caller).add(callee);
    const list = [...services].sort();
    return {
      services: list,
      instances: known.instances,
      extent: {
        metric: await readExtent(api, known, matchers, { askedAt, lookbackHours }, signal),
        log: null,
        trace: null,
      },
      declaredReference: { metric: [], log: [], trace: [] },
      topology: edges.length === 0 ? null : { services: list, edges },
      gaps: [
        ...known.partial.map((words) => ({
          from,
          reason: "missing" as const,
          detail: `${client.target}: ${words}.`,
        })),
        ...clockGaps(name, client),
      ],
    };
  }

  return {
    name,
    inventory: { name, inventory },
    sources: [source],
    about: (signal) => api.version(signal),
    close: () => client.close(),
  };
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new BotError("cancelled", "Reading the telemetry was stopped.");
}

function hullOf(windows: readonly TimeWindow[]): TimeWindow {
  return {
    start: Math.min(...windows.map(({ start }) => start)),
    end: Math.max(...windows.map(({ end }) => end)),
  };
}

/** Asked twice per question; the last ones are kept for a minute. A failed reading is not. */
function keptCatalogue(
  clock: () => EpochMs,
  read: (window: TimeWindow, signal: AbortSignal) => Promise<Catalogue>,
): (window: TimeWindow, signal: AbortSignal) => Promise<Catalogue> {
  let kept: { catalogue: Catalogue; at: EpochMs }[] = [];
  return async (window, signal) => {
    kept = kept.filter(({ at }) => clock() - at < catalogueAgeMs).slice(-3);
    const known = kept.find(
      ({ catalogue }) => catalogue.window.start <= window.start && window.end <= catalogue.window.end,
    );
    if (known !== undefined) return known.catalogue;
    const catalogue = await read(window, signal);
    kept.push({ catalogue, at: clock() });
    return catalogue;
  };
}

/** First sample to within six hours, of at most 31 days; the last one as it is. */
async function readExtent(
  api: PrometheusApi,
  { entries }: Catalogue,
  matchers: readonly string[],
  { askedAt, lookbackHours }: { askedAt: EpochMs; lookbackHours: number },
  signal: AbortSignal,
): Promise<TimeWindow | null> {
  const [first] = entries.filter(({ instances }) => instances > 0);
  if (first === undefined) return null;
  const select = `${first.entry.metric}{${matchers.join(",")}}`;
  const stepMs = extentMs / extentPoints;
  const count = { start: askedAt - extentMs, end: askedAt, stepMs };
  const [coarse, newest] = await Promise.all([
    api.range(`count(${select})`, count, signal),
    api.instant(`max(timestamp(${select}))`, askedAt, signal),
  ]);
  const times = timesIn(coarse.data[0]?.values ?? []);
  const [last] =
    newest.length > 0 ? newest : await api.instant(lastSample(select, lookbackHours), askedAt, signal);
  const end = last === undefined ? times.at(-1) : last.value * 1_000;
  if (end === undefined) return null;
  return { start: Math.min(times[0] ?? end, end), end };
}

/** For collection that has stopped: what is older than five minutes is no answer of its own. */
function lastSample(select: string, lookbackHours: number): string {
  return `max(max_over_time(timestamp(${select})[${Math.ceil(lookbackHours)}h:5m]))`;
}

function timesIn(values: readonly unknown[]): EpochMs[] {
  return values.flatMap((pair) =>
    Array.isArray(pair) && typeof pair[0] === "number" ? [pair[0] * 1_000] : [],
  );
}
