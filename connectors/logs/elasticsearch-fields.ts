import type { FieldNames } from "./log-fields.ts";

export interface ElasticFields extends FieldNames {
  readonly time: readonly string[];
  readonly body: readonly string[];
}

/** Beats and Logstash by the Elastic Common Schema, fluent-bit, and what the OpenTelemetry collector writes. */
export const elasticFields: ElasticFields = {
  time: ["@timestamp", "timestamp", "time"],
  body: ["message", "body.text", "body", "Body", "log", "msg"],
  service: [
    "service.name",
    "resource.attributes.service.name",
    "Resource.service.name",
    "kubernetes.labels.app_kubernetes_io/name",
    "kubernetes.labels.app",
    "kubernetes.deployment.name",
    "kubernetes.pod.name",
    "kubernetes.pod_name",
    "kubernetes.container.name",
    "kubernetes.container_name",
  ],
  instance: [
    "kubernetes.pod.name",
    "kubernetes.pod_name",
    "resource.attributes.k8s.pod.name",
    "service.instance.id",
    "service.node.name",
    "resource.attributes.service.instance.id",
    "host.name",
  ],
  level: ["log.level", "severity_text", "SeverityText", "level", "severity"],
  traceId: ["trace.id", "trace_id", "TraceId", "traceId"],
  spanId: ["span.id", "span_id", "SpanId", "spanId"],
};

/** A field of a document, whether its dots are levels or belong to a name; null where it is no plain value. */
export function fieldOf(source: unknown, path: string): string | null {
  const value = find(source, path);
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

function find(value: unknown, path: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  for (const [key, inner] of Object.entries(value)) {
    if (key === path) return inner;
    if (!path.startsWith(`${key}.`)) continue;
    const found = find(inner, path.slice(key.length + 1));
    if (found !== null && found !== undefined) return found;
  }
  return null;
}
