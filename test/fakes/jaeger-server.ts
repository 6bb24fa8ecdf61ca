import type { Span } from "../../pipeline/types.ts";
import { type LocalServer, listen } from "../support/local-server.ts";

/** The API of Jaeger's page over these spans, in the form of what a real 1.57 answered. */
export function jaegerServer(spans: readonly Span[]): Promise<LocalServer> {
  const traces = new Map<string, Span[]>();
  for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  const services = [...new Set(spans.map(({ service }) => service))].sort();
  const ok = (data: unknown) => ({
    status: 200,
    body: { data, total: 0, limit: 0, offset: 0, errors: null },
  });

  function search(query: URLSearchParams) {
    const [start, end] = [Number(query.get("start")) / 1000, Number(query.get("end")) / 1000];
    const service = query.get("service");
    const found = [...traces.values()].filter((trace) =>
      trace.some((span) => span.service === service && span.start >= start && span.start < end),
    );
    // The newest first.
    const byTime = found.sort((a, b) => (b[0]?.start ?? 0) - (a[0]?.start ?? 0));
    return ok(byTime.slice(0, Number(query.get("limit") ?? 20)).map(traceOf));
  }

  return listen(async ({ url }) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    switch (pathname) {
      case "/api/services":
        return ok(services);
      case "/api/traces":
        return search(searchParams);
      case "/api/dependencies":
        return ok([]);
      default:
        return { status: 404, body: "not found" };
    }
  });
}

function traceOf(spans: readonly Span[]) {
  const processes = new Map<string, string>();
  const processOf = ({ service, instance }: Span) => {
    const key = `${service}\u0000${instance ?? ""}`;
    const known = processes.get(key) ?? `p${processes.size + 1}`;
    processes.set(key, known);
    return known;
  };
  const told = spans.map((span) => ({
    traceID: span.traceId,
    spanID: span.spanId,
    operationName: span.operation,
    references:
      span.parentId === null ? [] : [{ refType: "CHILD_OF", traceID: span.traceId, spanID: span.parentId }],
    startTime: Math.round(span.start * 1000),
    duration: Math.round(span.durationMs * 1000),
    tags: span.status === "error" ? [{ key: "error", type: "bool", value: true }] : [],
    processID: processOf(span),
  }));
  const named = [...processes].map(([key, id]) => {
    const [serviceName = "", instance = ""] = key.split("\u0000");
    return [id, { serviceName, tags: [{ key: "service.instance.id", type: "string", value: instance }] }];
  });
  return { traceID: spans[0]?.traceId ?? "", spans: told, processes: Object.fromEntries(named) };
}
