import { demoSpans } from "../support/backend-data.ts";
import { type LocalServer, listen } from "../support/local-server.ts";

interface FakeSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly startTimeUnixNano: string;
}

/**
 * Tempo's search and trace API over the demo's spans, written after its documentation: ids in base64 (its
 * JSON is protobuf's), the newest traces first, no more than the limit, times in seconds.
 */
export function tempoServer(start: number): Promise<LocalServer> {
  const { resourceSpans } = demoSpans(start);
  const found = resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      (spans as readonly FakeSpan[]).map((span) => ({ resource, scope, span })),
    ),
  );
  const serviceOf = (one: (typeof found)[number]) => String(one.resource.attributes[0]?.value.stringValue);

  function search(query: URLSearchParams) {
    const q = query.get("q") ?? "";
    const names = [...q.matchAll(/resource\.service\.name=("(?:[^"\\]|\\.)*")/g)].map((match): unknown =>
      JSON.parse(match[1] ?? '""'),
    );
    if (q !== "{}" && names.length === 0) return { status: 400, body: "invalid TraceQL query" };
    const [from, to] = [Number(query.get("start")) * 1e9, Number(query.get("end")) * 1e9];
    const starts = new Map<string, string>();
    for (const one of found) {
      const { traceId, startTimeUnixNano } = one.span;
      const at = Number(startTimeUnixNano);
      if (at < from || at > to || (names.length > 0 && !names.includes(serviceOf(one)))) continue;
      const known = starts.get(traceId);
      if (known === undefined || startTimeUnixNano < known) starts.set(traceId, startTimeUnixNano);
    }
    const traces = [...starts]
      .sort(([, a], [, b]) => (a < b ? 1 : -1))
      .slice(0, Number(query.get("limit") ?? 20))
      .map(([traceID, startTimeUnixNano]) => ({
        traceID: traceID.replace(/^0+/, ""),
        rootServiceName: "frontend",
        rootTraceName: "call frontend",
        startTimeUnixNano,
        durationMs: 30,
        spanSets: [{ spans: [], matched: 1 }],
      }));
    return { status: 200, body: { traces, metrics: { inspectedTraces: starts.size, completedJobs: 1 } } };
  }

  function trace(id: string) {
    const own = found.filter(({ span }) => span.traceId.replace(/^0+/, "") === id);
    if (own.length === 0) return { status: 404, body: "trace not found" };
    const spans = own.map(({ resource, scope, span }) => ({
      resource,
      scopeSpans: [
        {
          scope,
          spans: [
            {
              ...span,
              traceId: base64(span.traceId),
              spanId: base64(span.spanId),
              parentSpanId: base64(span.parentSpanId),
              kind: "SPAN_KIND_SERVER",
            },
          ],
        },
      ],
    }));
    return { status: 200, body: { trace: { resourceSpans: spans }, metrics: { inspectedBytes: "1" } } };
  }

  return listen(async ({ url }) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    if (pathname === "/api/search") return search(searchParams);
    const id = /^\/api\/v2\/traces\/([0-9a-f]+)$/.exec(pathname)?.[1];
    if (id !== undefined) return trace(id);
    if (pathname === "/api/v2/search/tag/resource.service.name/values") {
      const tagValues = [...new Set(found.map(serviceOf))].map((value) => ({ type: "string", value }));
      return { status: 200, body: { tagValues } };
    }
    if (pathname === "/api/v2/search/tags") {
      return { status: 200, body: { scopes: [{ name: "resource", tags: ["service.name"] }] } };
    }
    if (pathname === "/api/status/buildinfo") return { status: 200, body: { version: "2.7.1" } };
    return { status: 404, body: "not found" };
  });
}

function base64(hex: string): string {
  return Buffer.from(hex, "hex").toString("base64");
}
