import { openFiles } from "../../connectors/files/index.ts";
import type { MetricEntry } from "../../connectors/prometheus/options.ts";
import type { LogLine, RawSeries, Span, TimeWindow } from "../../pipeline/types.ts";
import { recordedIncidents } from "../../testbed/incidents.ts";
import { pushToElasticsearch } from "./backend-data.ts";
import { attributes, nanos, otlpSpan } from "./otlp.ts";
import type { Backfill } from "./prometheus.ts";

/** What the testbed recorded of an incident, to be told through backends. */
export interface IncidentTelemetry {
  readonly folder: string;
  readonly askedAt: number;
  readonly faultFree: readonly TimeWindow[];
  readonly series: readonly RawSeries[];
  readonly lines: readonly LogLine[];
  readonly spans: readonly Span[];
}

export async function readIncident(name: string): Promise<IncidentTelemetry> {
  const incident = (await recordedIncidents()).find((one) => one.name === name);
  if (incident === undefined) throw new Error(`no incident ${name}`);
  const { folder, askedAt } = incident;
  const files = await openFiles({ type: "files", path: folder });
  const signal = new AbortController().signal;
  const query = { windows: [{ start: 0, end: askedAt }], services: null, limit: 10_000_000 };
  let [series, lines, spans]: [readonly RawSeries[], readonly LogLine[], readonly Span[]] = [[], [], []];
  try {
    for (const source of files.sources) {
      if (source.modality === "metric") series = (await source.fetch(query, signal)).items;
      else if (source.modality === "log") lines = (await source.fetch(query, signal)).items;
      else spans = (await source.fetch(query, signal)).items;
    }
    const { declaredReference } = await files.inventory.inventory(signal);
    return { folder, askedAt, faultFree: declaredReference.metric, series, lines, spans };
  } finally {
    await files.close();
  }
}

/** The same, as if it had happened so much later. */
export function movedBy(told: IncidentTelemetry, ms: number): IncidentTelemetry {
  return {
    ...told,
    askedAt: told.askedAt + ms,
    faultFree: told.faultFree.map(({ start, end }) => ({ start: start + ms, end: end + ms })),
    series: told.series.map((one) => ({
      ...one,
      samples: { ...one.samples, t: one.samples.t.map((t) => t + ms) },
    })),
    lines: told.lines.map((line) => ({ ...line, t: line.t + ms })),
    spans: told.spans.map((span) => ({ ...span, start: span.start + ms })),
  };
}

/** Prometheus allows no dash in a name. */
function promName(metric: string): string {
  return metric.replaceAll("-", "_");
}

export function incidentMetrics({ series }: IncidentTelemetry): readonly Backfill[] {
  return series.map(({ key, samples }) => ({
    metric: promName(key.metric),
    labels: { job: key.service, instance: key.instance ?? key.service },
    samples: Array.from(samples.t, (t, index) => [t, samples.v[index] ?? Number.NaN] as const),
  }));
}

/** The testbed's own metrics, as an operator would name his. */
export function metricEntries({ series }: IncidentTelemetry): readonly Partial<MetricEntry>[] {
  const units = new Map(series.map(({ key, unit }) => [key.metric, unit]));
  return [...units].map(([name, unit]) => ({
    name,
    metric: promName(name),
    kind: name.endsWith("_total") ? "counter" : "gauge",
    unit,
  }));
}

const batch = 5000;

function batches<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / batch) }, (_, index) =>
    items.slice(index * batch, (index + 1) * batch),
  );
}

async function post(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
}

/** A stream for each service, instance and level, with `run` to find it by; ids as structured metadata. */
export async function pushLines(url: string, { lines }: IncidentTelemetry, run: string): Promise<void> {
  for (const some of batches(lines)) {
    const streams = new Map<string, { stream: object; values: unknown[] }>();
    for (const line of some) {
      const stream = streamOf(line, run);
      const key = JSON.stringify(stream);
      const known = streams.get(key) ?? { stream, values: [] };
      known.values.push([nanos(line.t), line.body, idsOf(line)]);
      streams.set(key, known);
    }
    await post(`${url}/loki/api/v1/push`, { streams: [...streams.values()] });
  }
}

export function streamOf(line: LogLine, run: string): Readonly<Record<string, string>> {
  return {
    run,
    service_name: line.service,
    pod: line.instance ?? line.service,
    level: (line.level ?? "unknown").toLowerCase(),
  };
}

export function idsOf({ traceId, spanId }: LogLine): Readonly<Record<string, string>> {
  return {
    ...(traceId === null ? {} : { trace_id: traceId }),
    ...(spanId === null ? {} : { span_id: spanId }),
  };
}

/** As the Elastic Common Schema has them. */
export async function pushDocuments(url: string, index: string, { lines }: IncidentTelemetry): Promise<void> {
  for (const some of batches(lines)) {
    await pushToElasticsearch(
      url,
      index,
      some.map(({ t, service, instance, level, body, traceId }) => ({
        t,
        service,
        pod: instance ?? service,
        level: level ?? "",
        body,
        traceId: traceId ?? "",
      })),
    );
  }
}

export async function pushSpans(url: string, { spans }: IncidentTelemetry): Promise<void> {
  for (const some of batches(spans)) {
    const resourceSpans = some.map((span) => ({
      resource: {
        attributes: attributes({ "service.name": span.service, "service.instance.id": span.instance ?? "" }),
      },
      scopeSpans: [
        {
          scope: { name: "testbed" },
          spans: [
            otlpSpan({
              traceId: span.traceId,
              spanId: span.spanId,
              ...(span.parentId === null ? {} : { parentSpanId: span.parentId }),
              name: span.operation,
              start: span.start,
              durationMs: span.durationMs,
              error: span.status === "error",
            }),
          ],
        },
      ],
    }));
    await post(`${url}/v1/traces`, { resourceSpans });
  }
}
