import { clearZ, type Deviation, worstDeviation } from "../metric-deviation.ts";
import type { Localizer } from "../ports.ts";
import type { Anomaly, Candidate, MetricSeries, TelemetrySlice } from "../types.ts";
import { idleServices } from "./idle-services.ts";
import { metricEvidence, shortNumber } from "./metric-evidence.ts";
import { isCause, type MetricKind, metricKind } from "./metric-kinds.ts";
import { fullStrength, strengthOf } from "./strength.ts";

/** So many services must be measured beside one, so great a share of them be out, and so nearly as strongly. */
const fewestOthers = 3;
const commonShare = 0.5;
const alikeShare = 0.75;
const sharedWeight = 0.5;
/** What falls while its service has hardly anything to do follows from that: it counts as traffic does. */
const followsShare = 0.35;
/** How much of a percent metric's strength is the share of the free capacity that was used up. */
const headroomShare = 0.5;

/**
 * Ranks metrics by how many robust spreads their worst sample in the window is away from normal. What
 * was just as far out in the half hour before counts half: it may be the hour of the day, or an
 * incident that began earlier.
 *
 * Shape:  one candidate per series that moved; absolute twins of percent metrics are left out, since
 *         they are the same fact.
 * Units:  strength 0 to about 6, times the weight of the metric's kind.
 * Throws: never. Series with fewer than 10 reference and 5 preceding samples are not ranked.
 * Source: BARO's RobustScorer (Pham et al., FSE 2024), |x - median| / IQR. Ours are both directions,
 *         the floors, the look at what came just before and the weights by kind (resources before symptoms, as in
 *         MicroCause, Meng et al., IWQoS 2020).
 */
export const robustScorer = {
  name: "robust-scorer",
  level: "metric",
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const evidence = metricEvidence(anomalies);
    const percents = percentKinds(slice.metrics);
    const isIdle = idleServices(slice);
    const candidates: Candidate[] = [];
    for (const series of slice.metrics) {
      const kind = metricKind(series.key.metric, series.unit);
      if (kind.weight === 0 || isTwin(series, kind, percents)) continue;
      const worst = worstDeviation(series, kind);
      if (worst === null) continue;
      const { service, instance, metric } = series.key;
      const follows =
        worst.value < worst.usual &&
        kind.kind !== "process" &&
        isIdle(service, { from: at(series, worst.first), to: at(series, worst.last) });
      const weight = follows ? Math.min(kind.weight, followsShare) : kind.weight;
      const score = weight * worst.weight * Math.min(1, worst.z / clearZ) * strength(worst, kind);
      candidates.push({
        service,
        instance,
        metric,
        symptom: follows || !isCause(kind),
        score,
        evidence: evidence(series.key),
        why: `Its ${metric} ${worst.value > worst.usual ? "rose" : "fell"} to ${shortNumber(worst.value)} where ${shortNumber(worst.usual)} is usual${follows ? ", with less to do than usual" : ""}.`,
      });
    }
    return withoutCommon(candidates, slice.metrics);
  },
} as const satisfies Localizer;

function strength({ value, usual, z }: Deviation, kind: MetricKind): number {
  const byDistance = strengthOf(z);
  if (!kind.percent || (kind.kind !== "cpu" && kind.kind !== "memory")) return byDistance;
  const used = Math.min(1, Math.max(0, (value - usual) / Math.max(1, 100 - usual)));
  return (1 - headroomShare) * byDistance + headroomShare * fullStrength * used;
}

/**
 * Causes that show in most other services at the same time, nearly as strongly, count half: what they share, such as
 * the machine, is no service's own.
 */
function withoutCommon(candidates: readonly Candidate[], metrics: readonly MetricSeries[]): Candidate[] {
  const measured = new Map<string, Set<string>>();
  for (const { key } of metrics) {
    const known = measured.get(key.metric);
    if (known === undefined) measured.set(key.metric, new Set([key.service]));
    else known.add(key.service);
  }
  const strongest = new Map<string, Map<string, number>>();
  for (const { service, metric, score } of candidates) {
    const known = strongest.get(metric ?? "") ?? new Map<string, number>();
    strongest.set(metric ?? "", known.set(service, Math.max(known.get(service) ?? 0, score)));
  }
  return candidates.map((candidate) => {
    const { service, metric, score, symptom } = candidate;
    const others = (measured.get(metric ?? "")?.size ?? 0) - 1;
    if (symptom || others < fewestOthers) return candidate;
    const alike = [...(strongest.get(metric ?? "") ?? [])].filter(
      ([other, strength]) => other !== service && strength >= alikeShare * score,
    );
    return alike.length >= commonShare * others ? { ...candidate, score: sharedWeight * score } : candidate;
  });
}

function at({ window }: MetricSeries, index: number): number {
  return window.t[index] ?? Number.NaN;
}

/** Instances and kinds that are measured in percent. */
function percentKinds(metrics: readonly MetricSeries[]): Set<string> {
  const found = new Set<string>();
  for (const { key, unit } of metrics) {
    const { kind, percent } = metricKind(key.metric, unit);
    if (percent) found.add(keyOf(key.service, key.instance, kind));
  }
  return found;
}

function isTwin({ key }: MetricSeries, kind: MetricKind, percents: ReadonlySet<string>): boolean {
  if (kind.percent || (kind.kind !== "cpu" && kind.kind !== "memory")) return false;
  return percents.has(keyOf(key.service, key.instance, kind.kind));
}

function keyOf(service: string, instance: string | null, what: string): string {
  return `${service}\u0000${instance ?? ""}\u0000${what}`;
}
