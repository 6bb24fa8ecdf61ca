/** OTLP messages as the collector's file exporter writes them, for tests. */

type Attributes = Readonly<Record<string, string | number | boolean>>;

export function attributes(of: Attributes) {
  return Object.entries(of).map(([key, value]) => ({
    key,
    value:
      typeof value === "string"
        ? { stringValue: value }
        : typeof value === "boolean"
          ? { boolValue: value }
          : Number.isInteger(value)
            ? { intValue: String(value) }
            : { doubleValue: value },
  }));
}

export function nanos(t: number): string {
  return `${Math.round(t * 1000)}000`;
}

export function resource(service: string, instance = `${service}-0`) {
  return { attributes: attributes({ "service.name": service, "service.instance.id": instance }) };
}

export interface SpanParts {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly start: number;
  readonly durationMs?: number;
  readonly error?: boolean;
}

export function otlpSpan({ traceId, spanId, parentSpanId, name, start, durationMs, error }: SpanParts) {
  return {
    traceId: traceId.padStart(32, "0"),
    spanId: spanId.padStart(16, "0"),
    parentSpanId: parentSpanId?.padStart(16, "0") ?? "",
    flags: 256,
    name: name ?? "GET /hotels",
    kind: 2,
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(start + (durationMs ?? 1.5)),
    attributes: attributes({ "http.route": "/hotels" }),
    status: error ? { message: "boom", code: 2 } : {},
  };
}

export function spansOf(service: string, spans: readonly unknown[]) {
  return {
    resourceSpans: [{ resource: resource(service), scopeSpans: [{ scope: { name: "test" }, spans }] }],
  };
}

export function otlpLog(t: number, body: unknown, more: object = {}) {
  return {
    timeUnixNano: nanos(t),
    observedTimeUnixNano: nanos(t + 5),
    body: typeof body === "string" ? { stringValue: body } : body,
    traceId: "",
    spanId: "",
    ...more,
  };
}

export function logsOf(service: string, logRecords: readonly unknown[]) {
  return { resourceLogs: [{ resource: resource(service), scopeLogs: [{ scope: {}, logRecords }] }] };
}

export function metricsOf(service: string, metrics: readonly unknown[]) {
  return { resourceMetrics: [{ resource: resource(service), scopeMetrics: [{ scope: {}, metrics }] }] };
}

export function gauge(name: string, unit: string, t: number, value: number, of: Attributes = {}) {
  const point = { attributes: attributes(of), timeUnixNano: nanos(t), asDouble: value };
  return { name, unit, gauge: { dataPoints: [point] } };
}

export function jsonLines(messages: readonly unknown[]): string {
  return messages.map((message) => `${JSON.stringify(message)}\n`).join("");
}
