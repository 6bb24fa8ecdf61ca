import { describe } from "../../pipeline/describe/index.ts";
import type { CaseFile } from "../../pipeline/experts/case-file.ts";
import type { Anomaly } from "../../pipeline/types.ts";
import { caseFile } from "./case-file.ts";
import {
  candidate,
  line,
  logAnomaly,
  metricAnomaly,
  minute,
  series,
  slice,
  span,
  traceAnomaly,
  window,
} from "./telemetry.ts";

export const traceId = "5f3a9c0e11223344";

const anomalies: Anomaly[] = [
  metricAnomaly({
    id: "metric-1",
    service: "geo",
    instance: "geo-7f",
    key: { service: "geo", instance: "geo-7f", metric: "cpu_usage" },
    unit: "percent",
    peak: 78,
    previous: 12,
    mean: 12,
    std: 2,
    start: window.start + minute,
    end: window.start + 2 * minute,
  }),
  metricAnomaly({
    id: "metric-2",
    service: "search",
    key: { service: "search", instance: null, metric: "latency_p95" },
    unit: "ms",
    peak: 1_522,
    previous: 10,
    mean: 10,
    std: 1,
    start: window.start + 2 * minute,
    end: window.start + 2 * minute,
  }),
  traceAnomaly({
    id: "trace-1",
    service: "geo",
    kind: "error",
    traceId,
    traceIds: [traceId],
    traceCount: 90,
    callPath: ["frontend", "search", "geo"],
  }),
  logAnomaly({
    id: "log-1",
    service: "geo",
    kind: "new",
    template: "panic: no reachable servers",
    examples: ["panic: no reachable servers"],
    count: 41,
    expected: 0,
    level: "FATAL",
  }),
];

/** An incident in geo, with everything the experts look at; the traces name geo. */
export function geoCase(parts: Partial<CaseFile> = {}): CaseFile {
  const services = [
    candidate({
      service: "geo",
      instance: "geo-7f",
      score: 6,
      evidence: ["log-1", "metric-1", "trace-1"],
      why: '41 error lines, such as "panic: no reachable servers".',
    }),
    candidate({ service: "search", score: 3, evidence: ["metric-2"], why: "Its latency_p95 is abnormal." }),
  ];
  return caseFile({
    slice: slice({
      metrics: [series({ service: "rate", metric: "memory", reference: [1, 1], window: [1, 1] })],
      logs: [line({ service: "geo", body: "panic" })],
      spans: [span({ traceId, spanId: "1", service: "geo" })],
      services: ["frontend", "search", "geo", "rate", "mongodb-geo"],
      edges: [
        { caller: "frontend", callee: "search", calls: 9 },
        { caller: "search", callee: "geo", calls: 9 },
        { caller: "search", callee: "rate", calls: 9 },
      ],
    }),
    anomalies,
    descriptions: describe(anomalies, "UTC"),
    rankings: [{ localizer: "robust-scorer", level: "service", candidates: services }],
    fused: {
      services,
      metrics: [
        candidate({
          service: "geo",
          metric: "cpu_usage",
          score: 5,
          evidence: ["metric-1"],
          why: "It rose to 78.",
        }),
      ],
    },
    narrowed: { services: ["geo"], by: "trace" },
    isNamed: true,
    ...parts,
  });
}
