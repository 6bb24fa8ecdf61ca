import { describe } from "../../pipeline/describe/index.ts";
import type { CaseFile } from "../../pipeline/experts/case-file.ts";
import type { Anomaly } from "../../pipeline/types.ts";
import { geoCase } from "./geo-case.ts";
import { candidate, metricAnomaly, minute, series, slice, window } from "./telemetry.ts";

/** geo's incident with what order, direction and counts are told by: four services abnormal, one after another. */
export function claimCase(): CaseFile {
  const base = geoCase();
  const metric = (id: string, service: string, name: string, parts: Partial<Anomaly>) =>
    metricAnomaly({ id, service, key: { service, instance: null, metric: name }, ...parts } as never);
  const anomalies: Anomaly[] = [
    ...base.anomalies.map((one) => ({
      ...one,
      severity: one.service === "geo" ? 9 : 6,
      start: window.start + (one.service === "geo" ? 1 : 2) * minute,
      ...(one.id === "metric-2" ? { previous: 152, mean: 152 } : {}),
    })),
    metric("metric-3", "frontend", "latency_p95", {
      unit: "ms",
      peak: 900,
      previous: 200,
      mean: 200,
      severity: 4,
      start: window.start + 2.5 * minute,
    } as never),
    metric("metric-4", "rate", "requests_total", {
      direction: "down",
      peak: 2,
      previous: 50,
      mean: 50,
      severity: 3,
      start: window.start + 2.2 * minute,
    } as never),
  ];
  const services = [
    ...base.fused.services,
    candidate({ service: "frontend", score: 2, evidence: ["metric-3"], why: "Its latency_p95 is abnormal." }),
    candidate({ service: "rate", score: 1, evidence: ["metric-4"], why: "Its requests_total is abnormal." }),
  ];
  const known = (service: string, instance: string | null, name: string) =>
    series({ service, instance, metric: name, reference: [1, 1], window: [1, 1] });
  return {
    ...base,
    slice: slice({
      metrics: [
        known("geo", "geo-7f", "memory"),
        known("geo", "geo-8a", "memory"),
        known("rate", null, "memory"),
      ],
      services: ["frontend", "search", "geo", "rate", "mongodb-geo"],
      edges: [
        { caller: "frontend", callee: "search", calls: 9 },
        { caller: "search", callee: "geo", calls: 9 },
        { caller: "search", callee: "rate", calls: 9 },
        { caller: "geo", callee: "mongodb-geo", calls: 9 },
      ],
    }),
    anomalies,
    descriptions: describe(anomalies, "UTC"),
    rankings: ["robust-scorer", "simple-rca"].map((localizer) => ({
      localizer,
      level: "service" as const,
      candidates: services,
    })),
    fused: { ...base.fused, services },
    earlier: [
      {
        questionId: "q0",
        start: window.start - 86_400_000,
        end: window.end - 86_400_000,
        service: "geo",
        instance: null,
        metric: null,
        why: "It was slow.",
        likeness: 0.9,
        confirmed: "rate",
      },
    ],
  };
}
