import { type Random, xoshiro } from "../pipeline/learn/xoshiro.ts";
import type { Inventory, Source, TelemetryQuery, Toolbox } from "../pipeline/ports.ts";
import type { EpochMs, RawSeries, Span } from "../pipeline/types.ts";

export interface GeneratedSize {
  readonly services: number;
  readonly spans: number;
  readonly seed: number;
}

/** When generated telemetry ends, and what is asked then. */
export const generatedQuestion = {
  text: "What broke in the last 15 minutes?",
  askedAt: Date.UTC(2026, 0, 5, 12, 0, 0),
  timeZone: "UTC",
};

const stepMs = 15_000;
const samplesPerSeries = 240;
const windowMs = 15 * 60_000;
/** Services that a request passes through. */
const spansPerTrace = 12;
/** How many services each one calls. */
const fanOut = 4;
const endpointsPerService = 2;
const metricNames = [
  "CpuUsageRate(%)",
  "MemoryUsageRate(%)",
  "LatencyP90(ms)",
  "ErrorRate(%)",
  "Requests",
  ...Array.from({ length: 15 }, (_, index) => `pool_${index}_in_use`),
] as const;
const usualSpanMs = 8;
const delayMs = 900;

/**
 * An hour of telemetry of a made-up system: a call graph in which each service calls up to four, 20
 * metrics of 240 samples a service, and requests of a dozen spans. In the last quarter of the hour one
 * service, in the middle of the graph, answers 900 ms late and uses up its processor.
 *
 * Shape:  the same for the same size and seed.
 */
export function generate(size: GeneratedSize): Pick<Toolbox, "inventories" | "sources"> {
  const random = xoshiro(size.seed, `generated ${size.services}`);
  const names = Array.from({ length: size.services }, (_, index) => `service-${index}`);
  const culprit = culpritOf(size);
  const series = names.flatMap((service) => seriesOf(service, service === culprit, random));
  const spans = spansOf(names, culprit, size.spans, random);
  const { askedAt } = generatedQuestion;
  const extent = { start: askedAt - samplesPerSeries * stepMs, end: askedAt };
  const known: Inventory = {
    services: names,
    instances: names.map((service) => ({ service, instance: `${service}-0` })),
    extent: { metric: extent, log: null, trace: extent },
    declaredReference: { metric: [], log: [], trace: [] },
    topology: null,
    gaps: [],
  };
  return {
    inventories: [{ name: "generated", inventory: async () => known }],
    sources: [metricSource(series), traceSource(spans)],
  };
}

/** The service that is at fault. */
export function culpritOf({ services }: GeneratedSize): string {
  return `service-${Math.floor(services / 3)}`;
}

function metricSource(series: readonly RawSeries[]): Source {
  return {
    name: "generated metrics",
    modality: "metric",
    probe: async () => {},
    fetch: async (query) => ({
      items: series.map((one) => ({ ...one, samples: clipped(one.samples, query) })),
      gaps: [],
    }),
  };
}

function traceSource(spans: readonly Span[]): Source {
  return {
    name: "generated traces",
    modality: "trace",
    probe: async () => {},
    fetch: async (query) => ({ items: spans.filter(({ start }) => isWanted(start, query)), gaps: [] }),
  };
}

function clipped({ t, v }: RawSeries["samples"], query: TelemetryQuery): RawSeries["samples"] {
  const wanted = [...t.keys()].filter((index) => isWanted(t[index] ?? 0, query));
  return {
    t: Float64Array.from(wanted, (index) => t[index] ?? 0),
    v: Float64Array.from(wanted, (index) => v[index] ?? 0),
  };
}

function isWanted(at: EpochMs, { windows }: TelemetryQuery): boolean {
  return windows.some(({ start, end }) => at >= start && at < end);
}

function seriesOf(service: string, isCulprit: boolean, random: Random): RawSeries[] {
  const start = generatedQuestion.askedAt - samplesPerSeries * stepMs;
  const t = Float64Array.from({ length: samplesPerSeries }, (_, index) => start + index * stepMs);
  return metricNames.map((metric) => {
    const usual = 10 + 40 * random();
    const isHit = isCulprit && metric === "CpuUsageRate(%)";
    const v = t.map((at) => {
      const noise = (random() - 0.5) * 0.2 * usual;
      return isHit && at >= generatedQuestion.askedAt - windowMs ? 95 + random() : usual + noise;
    });
    return { key: { service, instance: `${service}-0`, metric }, unit: null, samples: { t, v } };
  });
}

function spansOf(names: readonly string[], culprit: string, count: number, random: Random): Span[] {
  const spans: Span[] = [];
  const traces = Math.ceil(count / spansPerTrace);
  const from = generatedQuestion.askedAt - samplesPerSeries * stepMs;
  for (let i = 0; i < traces; i++) {
    const start = from + (i / traces) * samplesPerSeries * stepMs;
    addTrace(spans, `trace-${i}`, start, names, culprit, random);
  }
  return spans;
}

/** The services that a request to one endpoint passes through, always the same. */
function pathOf(endpoint: number, names: readonly string[]): string[] {
  const path: string[] = [];
  let at = endpoint % Math.min(fanOut, names.length);
  let choices = endpoint;
  for (let depth = 0; depth < spansPerTrace; depth++) {
    path.push(names[at] ?? "");
    at = (at * fanOut + 1 + (choices % fanOut)) % names.length;
    choices = Math.floor(choices / fanOut) || endpoint + depth;
  }
  return path;
}

/** Every span ends a little before the one that called it. */
function addTrace(
  spans: Span[],
  traceId: string,
  start: EpochMs,
  names: readonly string[],
  culprit: string,
  random: Random,
): void {
  const path = pathOf(Math.floor(random() * names.length * endpointsPerService), names);
  const isLate = start >= generatedQuestion.askedAt - windowMs;
  let duration = usualSpanMs * (0.8 + 0.4 * random());
  const durations = path.map(() => 0);
  for (let depth = path.length - 1; depth >= 0; depth--) {
    if (isLate && path[depth] === culprit) duration += delayMs;
    durations[depth] = duration;
    duration += usualSpanMs * (0.8 + 0.4 * random());
  }
  path.forEach((service, depth) => {
    spans.push({
      traceId,
      spanId: `${traceId}-${depth}`,
      parentId: depth === 0 ? null : `${traceId}-${depth - 1}`,
      service,
      instance: `${service}-0`,
      operation: `GET /${service}`,
      start: start + depth,
      durationMs: durations[depth] ?? 0,
      status: "ok",
    });
  });
}
