import type { CallEdge, EpochMs } from "../../pipeline/types.ts";
import type { Names } from "../names/names.ts";
import type { PrometheusApi } from "./api.ts";

/** Metrics that count calls between two services: Tempo's and the collector's service graph, Istio's. */
const graphs = [
  { metric: "traces_service_graph_request_total", client: "client", server: "server" },
  { metric: "istio_requests_total", client: "source_workload", server: "destination_workload" },
] as const;
const graphMs = 6 * 3_600_000;
/** What they write where they do not know the caller or callee. */
const nobody = new Set(["", "unknown", "user"]);

export async function readServiceGraph(
  api: PrometheusApi,
  names: Names,
  metricNames: ReadonlySet<string>,
  matchers: readonly string[],
  at: EpochMs,
  signal: AbortSignal,
): Promise<CallEdge[]> {
  const calls = new Map<string, CallEdge>();
  for (const { metric, client, server } of graphs) {
    if (!metricNames.has(metric)) continue;
    const range = `${graphMs / 3_600_000}h`;
    const query = `sum by (${client}, ${server}) (increase(${metric}{${matchers.join(",")}}[${range}]))`;
    for (const { metric: labels, value } of await api.instant(query, at, signal)) {
      const [from, to] = [labels[client] ?? "", labels[server] ?? ""];
      if (nobody.has(from) || nobody.has(to) || !(value > 0)) continue;
      const [caller, callee] = [names.serviceOf(from), names.serviceOf(to)];
      if (caller === callee) continue;
      const key = JSON.stringify([caller, callee]);
      calls.set(key, { caller, callee, calls: (calls.get(key)?.calls ?? 0) + Math.round(value) });
    }
  }
  return [...calls.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, edge]) => edge);
}
