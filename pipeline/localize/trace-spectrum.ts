import type { Localizer } from "../ports.ts";
import type { Anomaly, Candidate, TelemetrySlice, Trace } from "../types.ts";
import { fullStrength } from "./strength.ts";

/** Fewer abnormal traces than this are chance. */
const fewestAbnormal = 3;
const fewestNormal = 5;
/** Own times count from one standard deviation on and in full from this many. */
const fullZ = 8;
/** What the spectrum says about a service that is no slower by itself than usual. */
const bareShare = 0.25;

/**
 * Suspects the services that abnormal traces pass through and normal ones do not, and that are slower
 * by themselves than usual.
 *
 * Shape:  every service in an abnormal trace.
 * Units:  Ochiai's coefficient (0 to 1) times how far own times rose, on the common strength scale.
 * Throws: never. Ranks none without abnormal traces.
 * Source: spectrum-based localization: Abreu et al., PRDC 2006; its weighting by own times is ours.
 */
export const traceSpectrum = {
  name: "trace-spectrum",
  level: "service",
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const found = anomalies.filter(
      (anomaly) => anomaly.modality === "trace" && anomaly.kind !== "incomplete",
    );
    const abnormal = new Set(
      found.flatMap((anomaly) => (anomaly.modality === "trace" ? anomaly.traceIds : [])),
    );
    if (abnormal.size < fewestAbnormal) return [];
    const spectrum = new Map<string, { failed: number; passed: number }>();
    for (const { traceId, spans } of slice.traces.window) {
      for (const service of new Set(spans.map((span) => span.service))) {
        const counts = spectrum.get(service) ?? { failed: 0, passed: 0 };
        if (abnormal.has(traceId)) counts.failed++;
        else counts.passed++;
        spectrum.set(service, counts);
      }
    }
    const usual = ownTimeStatistics(slice.traces.reference);
    const rise = ownTimeRise(
      slice.traces.window.filter(({ traceId }) => abnormal.has(traceId)),
      usual,
    );
    const candidates: Candidate[] = [];
    for (const [service, { failed, passed }] of spectrum) {
      const similarity = ochiai(failed, passed, abnormal.size - failed);
      const slower = Math.min(1, (rise.get(service) ?? 0) / fullZ);
      const score = fullStrength * similarity * (bareShare + (1 - bareShare) * slower);
      if (failed === 0) continue;
      candidates.push({
        service,
        instance: null,
        metric: null,
        symptom: true,
        score,
        evidence: found.filter((anomaly) => anomaly.service === service).map(({ id }) => id),
        why: `${failed} of ${abnormal.size} abnormal traces pass through it, and ${passed} normal ones.`,
      });
    }
    return candidates;
  },
} as const satisfies Localizer;

/** failed / √((failed + passed)(failed + missed)), the cosine of the two sets. */
export function ochiai(failed: number, passed: number, missed: number): number {
  return failed === 0 ? 0 : failed / Math.sqrt((failed + passed) * (failed + missed));
}

interface Statistics {
  count: number;
  mean: number;
  squares: number;
}

/** Mean and spread of log own times per service and operation. */
function ownTimeStatistics(traces: readonly Trace[]): Map<string, Statistics> {
  const statistics = new Map<string, Statistics>();
  for (const trace of traces) {
    eachOwnTime(trace, (key, ms) => {
      const known = statistics.get(key) ?? { count: 0, mean: 0, squares: 0 };
      const value = Math.log1p(ms);
      known.count++;
      const away = value - known.mean;
      known.mean += away / known.count;
      known.squares += away * (value - known.mean);
      statistics.set(key, known);
    });
  }
  return statistics;
}

/** Mean positive distance of own times from usual, in standard deviations, per service. */
function ownTimeRise(traces: readonly Trace[], usual: ReadonlyMap<string, Statistics>): Map<string, number> {
  const rise = new Map<string, { sum: number; count: number }>();
  for (const trace of traces) {
    eachOwnTime(trace, (key, ms, service) => {
      const known = usual.get(key);
      if (known === undefined || known.count < fewestNormal) return;
      const deviation = Math.max(0.1, Math.sqrt(known.squares / (known.count - 1)));
      const total = rise.get(service) ?? { sum: 0, count: 0 };
      total.sum += Math.max(0, (Math.log1p(ms) - known.mean) / deviation - 1);
      total.count++;
      rise.set(service, total);
    });
  }
  return new Map([...rise].map(([service, { sum, count }]) => [service, sum / count]));
}

/** A span's time less its children's, as far as they run one after the other. */
function eachOwnTime(
  { spans, parents }: Trace,
  visit: (key: string, ms: number, service: string) => void,
): void {
  const children = new Float64Array(spans.length);
  spans.forEach((span, index) => {
    const parent = parents[index] ?? -1;
    if (parent >= 0) children[parent] = (children[parent] ?? 0) + span.durationMs;
  });
  spans.forEach(({ service, operation, durationMs }, index) => {
    visit(`${service}\n${operation}`, Math.max(0, durationMs - (children[index] ?? 0)), service);
  });
}
