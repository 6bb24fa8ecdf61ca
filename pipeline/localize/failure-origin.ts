import type { Localizer } from "../ports.ts";
import type { Anomaly, Candidate, TelemetrySlice, TraceAnomaly } from "../types.ts";
import { troubles } from "./passed-on.ts";
import { unansweredBlame } from "./silent-callees.ts";

/**
 * Ranks services by how many failed requests began to fail there, and tells which services only pass on
 * what a service below them does to them.
 *
 * Shape:  one candidate per service that failures begin at or that passes trouble on. The latter have no
 *         score, but `waitsFor`.
 * Units:  strength, 0 to about 6: how improbable so many failed traces are, times the root of the share
 *         of them that began here.
 * Throws: never. Ranks none without traces.
 * Source: how failures spread along calls is MicroScope's (Lin et al., ICSOC 2018), here request by request; the
 *         weights are ours.
 */
export const failureOrigin = {
  name: "failure-origin",
  level: "service",
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const found = anomalies.filter(
      (anomaly): anomaly is TraceAnomaly => anomaly.modality === "trace" && anomaly.kind !== "incomplete",
    );
    if (found.length === 0) return [];
    const failures = found.filter(({ kind }) => kind === "error");
    const failed = new Set(failures.flatMap(({ traceIds }) => traceIds));
    const candidates: Candidate[] = [];
    for (const [service, { origins, waitsFor }] of troubles(slice, unansweredBlame(slice, anomalies))) {
      const began = [...origins].filter((id) => failed.has(id));
      const own = failures.filter(({ traceIds }) => traceIds.some((id) => origins.has(id)));
      const severity = Math.max(0, ...own.map((failure) => failure.severity));
      const passing = found.filter(({ callPath }) => callPath.includes(service));
      if (waitsFor === null && began.length === 0) continue;
      candidates.push({
        service,
        instance: null,
        metric: null,
        symptom: true,
        score: waitsFor === null ? severity * Math.sqrt(began.length / failed.size) : 0,
        evidence: (own.length > 0 ? own : passing).map(({ id }) => id),
        waitsFor: waitsFor ?? undefined,
        why:
          waitsFor === null
            ? `${began.length} of ${failed.size} failed requests began to fail there.`
            : `What is wrong with it comes from ${waitsFor}.`,
      });
    }
    return candidates;
  },
} as const satisfies Localizer;
