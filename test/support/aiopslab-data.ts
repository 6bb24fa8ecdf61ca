import { attributes, jsonLines, otlpSpan } from "./otlp.ts";
import type { Backfill } from "./prometheus.ts";

/** Some minutes of a cluster as AIOpsLab observes it: one application, and what else runs there. */
export const namespace = "test-hotel-reservation";
export const minutes = 10;
export const stepMs = 15_000;

/** Pods as Kubernetes names them, and the workload that each belongs to. */
const pods = [
  { service: "frontend", pod: "frontend-5d8c9b6f7d-k2x4z", namespace },
  { service: "geo", pod: "geo-7d4b9c6f5-x2x4z", namespace },
  { service: "mongodb-geo", pod: "mongodb-geo-6c9bdf8d7c-zq4kd", namespace },
  { service: "prometheus-server", pod: "prometheus-server-7f9c5b6d4f-jx2kl", namespace: "observe" },
] as const;
export const services = pods.filter((one) => one.namespace === namespace).map(({ service }) => service);

export function clusterMetrics(start: number): readonly Backfill[] {
  return pods.flatMap(({ service, pod, ...rest }) => {
    const labels = {
      job: "kubernetes-nodes-cadvisor",
      instance: "kind-worker",
      container: service,
      pod,
      ...rest,
    };
    const used = (t: number) => ((t - start) / 1000) * 0.2;
    return [
      { metric: "container_cpu_usage_seconds_total", labels, value: used },
      // The pause container, and the sum over the pod.
      { metric: "container_cpu_usage_seconds_total", labels: { ...labels, container: "" }, value: used },
      { metric: "container_memory_working_set_bytes", labels, value: () => 5e7 },
    ];
  });
}

async function post(url: string, type: string, body: string): Promise<void> {
  const answer = await fetch(url, { method: "POST", headers: { "content-type": type }, body });
  const text = await answer.text();
  if (!answer.ok || text.includes('"errors":true'))
    throw new Error(`${url}: ${answer.status} ${text.slice(0, 300)}`);
}

function times(start: number): number[] {
  return Array.from({ length: (minutes * 60_000) / stepMs }, (_, index) => start + index * stepMs);
}

/** Documents as Filebeat and Logstash write them there: an index for each hour, no level, no ids. */
export function pushLogs(url: string, start: number): Promise<void> {
  const documents = times(start).flatMap((t, index) =>
    pods.flatMap(({ service, pod, namespace }) => [
      { index: { _index: `logstash-${new Date(t).toISOString().slice(0, 13).replace(/[-T]/g, ".")}` } },
      {
        "@timestamp": new Date(t).toISOString(),
        message:
          service === "geo" && index >= 20 ? "panic: no reachable servers" : `${service} is well (${index})`,
        kubernetes: {
          namespace,
          pod: { name: pod },
          container: { name: `hotel-${service}` },
          node: { name: "kind-worker" },
          labels: { app: "hotel", io_kompose_service: service },
        },
      },
    ]),
  );
  return post(`${url}/_bulk?refresh=true`, "application/x-ndjson", jsonLines(documents));
}

/** As the application's own Jaeger has them, with the spans of Jaeger itself. */
export function pushTraces(url: string, start: number): Promise<void> {
  const chain = ["frontend", "geo"] as const;
  const id = (index: number) => (index + 1).toString(16).padStart(32, "a");
  const spans = (service: string, k: number) =>
    times(start).map((t, index) =>
      otlpSpan({
        traceId: id(index),
        spanId: `${k + 1}`,
        ...(k === 0 ? {} : { parentSpanId: `${k}` }),
        name: service === "geo" ? "/geo.Geo/Nearby" : "HTTP GET /hotels",
        start: t + k,
        durationMs: 20 - k,
        error: index >= 20,
      }),
    );
  const own = otlpSpan({
    traceId: id(999),
    spanId: "1",
    name: "/api/traces",
    start,
    durationMs: 3,
    error: false,
  });
  const of = (service: string, spans: readonly object[]) => ({
    resource: { attributes: attributes({ "service.name": service }) },
    scopeSpans: [{ scope: { name: "hotel" }, spans }],
  });
  const resourceSpans = [
    ...chain.map((service, k) => of(service, spans(service, k))),
    of("jaeger-all-in-one", [own]),
  ];
  return post(`${url}/v1/traces`, "application/json", JSON.stringify({ resourceSpans }));
}
