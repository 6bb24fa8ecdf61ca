import { jsonLines, otlpSpan, spansOf } from "./otlp.ts";

/** A name that means something to every query language there is. */
export const oddService = 'odd "{name}"\n|= `x` \\ or 1=1';
/** Some minutes of these services: a trace, and a log line of each of them, every ten seconds. */
export const demoServices = ["frontend", "geo", "mongodb-geo", oddService] as const;
const everyMs = 10_000;
const traces = 40;

export function demoWindows(start: number) {
  return {
    window: { start: start + 50_000, end: start + 90_000 },
    other: { start: start + 300_000, end: start + 330_000 },
  };
}

function times(start: number): number[] {
  return Array.from({ length: traces }, (_, index) => start + index * everyMs);
}

function traceId(t: number): string {
  return (t / everyMs).toString(16).padStart(32, "f");
}

export function demoSpans(start: number) {
  const spans = times(start).flatMap((t, index) =>
    demoServices.map((service, k) => ({
      service,
      span: otlpSpan({
        traceId: traceId(t),
        spanId: `${k + 1}`,
        ...(k === 0 ? {} : { parentSpanId: `${k}` }),
        name: `call ${service}`,
        start: t + k,
        durationMs: 40 - k * 10,
        error: index === 7,
      }),
    })),
  );
  return {
    resourceSpans: demoServices.flatMap(
      (service) =>
        spansOf(
          service,
          spans.filter((one) => one.service === service).map(({ span }) => span),
        ).resourceSpans,
    ),
  };
}

export interface DemoLine {
  readonly t: number;
  readonly service: string;
  readonly pod: string;
  readonly level: string;
  readonly body: string;
  readonly traceId: string;
}

/** Bodies with what a query or a terminal might stumble over. */
export function demoLines(start: number): DemoLine[] {
  return times(start).flatMap((t, index) =>
    demoServices.map((service, k) => ({
      t: t + k,
      service,
      pod: `pod${k}-7f9c5b6d4f-x2k4z`,
      level: index === 7 ? "error" : "info",
      body:
        index === 7
          ? `panic: "no" {reachable}\nservers \u001b[31m${service}`
          : `request ${index} of ${service} done`,
      traceId: traceId(t),
    })),
  );
}

async function post(url: string, body: string, type = "application/json"): Promise<void> {
  const answer = await fetch(url, { method: "POST", body, headers: { "content-type": type } });
  const text = await answer.text();
  if (!answer.ok || text.includes('"errors":true'))
    throw new Error(`${url} ${answer.status} ${text.slice(0, 400)}`);
}

export function pushToLoki(
  url: string,
  lines: readonly DemoLine[],
  labels: Readonly<Record<string, string>>,
) {
  const streams = lines.map(({ t, service, pod, level, body, traceId }) => ({
    stream: { ...labels, service_name: service, pod, level },
    values: [[`${Math.round(t * 1000)}000`, body, { trace_id: traceId }]],
  }));
  return post(`${url}/loki/api/v1/push`, JSON.stringify({ streams }));
}

export async function pushToElasticsearch(url: string, index: string, lines: readonly DemoLine[]) {
  const documents = lines.flatMap(({ t, service, pod, level, body, traceId }) => [
    { index: {} },
    {
      "@timestamp": new Date(t).toISOString(),
      message: body,
      log: { level },
      service: { name: service },
      kubernetes: { pod: { name: pod } },
      trace: { id: traceId },
    },
  ]);
  await post(`${url}/${index}/_bulk?refresh=true`, jsonLines(documents), "application/x-ndjson");
}

export function pushOtlpTraces(url: string, start: number) {
  return post(`${url}/v1/traces`, JSON.stringify(demoSpans(start)));
}
