import { name, quote } from "../describe/foreign-text.ts";
import { isErrorLevel } from "../detect/event-sequences.ts";
import { plainLine } from "../detect/plain-line.ts";
import type { Localizer } from "../ports.ts";
import { quantile } from "../statistics/quantiles.ts";
import { calleesOf } from "../topology.ts";
import type { Anomaly, CallEdge, Candidate, LogLine, TelemetrySlice, Trace } from "../types.ts";
import { fullStrength } from "./strength.ts";

const slowRatio = 3;
const logRatio = 2;
const fewestErrors = 3;
const longestQuote = 100;
const errorWord = /\b(error|exception|fail(ed|ure)?|refused|timed? ?out|panic|fatal|oom|killed)\b/i;
/** The deepest service of the call graph gets half as much again. */
const depthBonus = 0.5;
/** Metric, slow spans, error logs and error spans, one vote each, times the largest bonus. */
const mostVotes = 4 * (1 + depthBonus);

/**
 * A handful of rules that are hard to beat: one vote each for an abnormal metric, for spans whose
 * 95th percentile tripled, for error lines and for failed spans that at least doubled; services deeper
 * in the call graph get up to half as much again, since failures travel upwards.
 *
 * Shape:  every service with at least one vote.
 * Units:  votes scaled to the common strength (0 to about 6); the worst metric breaks ties.
 * Throws: never.
 * Source: SimpleRCA in Fang et al. 2025, arXiv 2510.04711; the depth bonus is ours.
 */
export const simpleRca = {
  name: "simple-rca",
  level: "service",
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const metrics = worstMetrics(anomalies);
    const slow = slowServices(slice.traces.reference, slice.traces.window);
    const logs = risen(errorLines(slice.logs.window), errorLines(slice.logs.reference), loadRatio(slice));
    const failed = risen(
      errorSpans(slice.traces.window),
      errorSpans(slice.traces.reference),
      loadRatio(slice),
    );
    const depth = depths(slice.topology.edges);
    const deepest = largest(depth.values(), 1);
    const candidates: Candidate[] = [];
    for (const service of new Set([...metrics.keys(), ...slow.keys(), ...logs.keys(), ...failed.keys()])) {
      const reasons: string[] = [];
      const metric = metrics.get(service);
      if (metric !== undefined) reasons.push(`its ${name(metric.name)} is abnormal`);
      const ratio = slow.get(service);
      if (ratio !== undefined) reasons.push(`its slowest spans take ${ratio.toFixed(1)} times as long`);
      const lines = logs.get(service);
      if (lines !== undefined) reasons.push(`${lines} error lines${quotedError(service, anomalies)}`);
      const spans = failed.get(service);
      if (spans !== undefined) reasons.push(`${spans} failed spans`);
      const bonus = 1 + (depthBonus * (depth.get(service) ?? 0)) / deepest;
      const tieBreak = (metric?.share ?? 0) * 0.01;
      candidates.push({
        service,
        instance: metric?.instance ?? null,
        metric: null,
        symptom: true,
        score: (fullStrength * (reasons.length * bonus + tieBreak)) / mostVotes,
        evidence: evidenceOf(service, metric, anomalies),
        why: `${capital(reasons.join("; "))}.`,
      });
    }
    return candidates;
  },
} as const satisfies Localizer;

/** The error that came up most, quoted; log text is data and is cut short. */
function quotedError(service: string, anomalies: readonly Anomaly[]): string {
  const worst = anomalies.find(
    (anomaly) =>
      anomaly.modality === "log" &&
      anomaly.service === service &&
      (anomaly.kind === "new" || anomaly.kind === "more") &&
      isErrorLevel(anomaly.level),
  );
  return worst?.modality === "log" ? `, such as "${quote(plainLine(worst.template, longestQuote))}"` : "";
}

/** The worst metric, and what traces and logs show of the service. */
function evidenceOf(
  service: string,
  metric: WorstMetric | undefined,
  anomalies: readonly Anomaly[],
): string[] {
  const others = anomalies.filter((anomaly) => anomaly.service === service && anomaly.modality !== "metric");
  return [...(metric === undefined ? [] : [metric.id]), ...others.map(({ id }) => id)];
}

interface WorstMetric {
  readonly id: string;
  readonly name: string;
  readonly instance: string | null;
  readonly severity: number;
  /** Severity as a share of the worst anywhere. */
  readonly share: number;
}

function worstMetrics(anomalies: readonly Anomaly[]): Map<string, WorstMetric> {
  const worst = new Map<string, WorstMetric>();
  const found = anomalies.filter((anomaly) => anomaly.modality === "metric");
  const most = largest(
    found.map(({ severity }) => severity),
    Number.MIN_VALUE,
  );
  for (const { id, service, key, instance, severity } of found) {
    if (severity <= (worst.get(service)?.severity ?? 0)) continue;
    worst.set(service, { id, name: key.metric, instance, severity, share: severity / most });
  }
  return worst;
}

/** Services whose 95th percentile of span times is over three times the reference's, and that ratio. */
function slowServices(reference: readonly Trace[], window: readonly Trace[]): Map<string, number> {
  const normal = durations(reference);
  const slow = new Map<string, number>();
  for (const [service, times] of durations(window)) {
    const usual = quantile(normal.get(service) ?? [], 0.95);
    const ratio = quantile(times, 0.95) / usual;
    if (usual > 0 && ratio > slowRatio) slow.set(service, ratio);
  }
  return slow;
}

function durations(traces: readonly Trace[]): Map<string, number[]> {
  const byService = new Map<string, number[]>();
  for (const { spans } of traces) {
    for (const { service, durationMs } of spans) {
      const known = byService.get(service);
      if (known === undefined) byService.set(service, [durationMs]);
      else known.push(durationMs);
    }
  }
  return byService;
}

function errorLines(lines: readonly LogLine[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { service, level, body } of lines) {
    const isError = level === null ? errorWord.test(body) : isErrorLevel(level);
    if (isError) counts.set(service, (counts.get(service) ?? 0) + 1);
  }
  return counts;
}

function errorSpans(traces: readonly Trace[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { spans } of traces) {
    for (const { service, status } of spans) {
      if (status === "error") counts.set(service, (counts.get(service) ?? 0) + 1);
    }
  }
  return counts;
}

/** Counts of at least three that are over twice what the reference's count lets expect. */
function risen(
  window: Map<string, number>,
  reference: Map<string, number>,
  load: number,
): Map<string, number> {
  return new Map(
    [...window].filter(
      ([service, count]) => count >= fewestErrors && count > logRatio * (reference.get(service) ?? 0) * load,
    ),
  );
}

/** How much more was going on in the window than in the reference period: by traces, else by lines. */
function loadRatio({ traces, logs }: TelemetrySlice): number {
  for (const { window, reference } of [traces, logs]) {
    // Seen on one side only, they say nothing about load: their source may have been down.
    if (window.length > 0 && reference.length > 0) return window.length / reference.length;
  }
  return 1;
}

/** Calls from the nearest root to each service; services on a cycle without a root are at depth 0. */
function depths(edges: readonly CallEdge[]): Map<string, number> {
  const called = new Set(edges.map(({ callee }) => callee));
  const callees = calleesOf(edges);
  const depth = new Map<string, number>();
  let level = [...callees.keys()].filter((caller) => !called.has(caller));
  for (let distance = 0; level.length > 0; distance++) {
    for (const service of level) depth.set(service, distance);
    level = [...new Set(level.flatMap((service) => callees.get(service) ?? []))].filter(
      (next) => !depth.has(next),
    );
  }
  return depth;
}

/** `least` or more; spreading hundreds of thousands into Math.max would overflow the stack. */
function largest(values: Iterable<number>, least: number): number {
  let most = least;
  for (const value of values) most = Math.max(most, value);
  return most;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
