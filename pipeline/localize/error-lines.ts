import { name, quote } from "../describe/foreign-text.ts";
import { logLevel } from "../detect/log-level.ts";
import type { Localizer } from "../ports.ts";
import { downstream } from "../topology.ts";
import type { Anomaly, Candidate, LogAnomaly, LogLine, TelemetrySlice } from "../types.ts";
import { isFailure } from "./failure-lines.ts";
import { lastNamed } from "./names-in-text.ts";
import { isWell } from "./silent-callees.ts";

/** What a process tries last before so many of its ends is what it ends over. */
const lastWordsShare = 0.8;
/** Failed requests are told by everybody whom they pass; that a process ends, by itself alone. */
const requestShare = 0.8;
const longestQuote = 100;
const refused = /refused/i;

/**
 * Follows lines of failures to the service that they come from: a line names the service that was called, the
 * last one named in it; a process that ends names it in the line before. That one's own lines may name the
 * next.
 *
 * Shape:  one candidate per service that failures come from; those that name another have no score, but
 *         `waitsFor`.
 * Units:  strength, 0 to about 6: that of the lines, by level and number. Failed requests count in part.
 * Throws: never. Lines of failed requests are not ranked where traces were seen, which show the same request
 *         by request. A service that is well by its metrics is not blamed for refusing.
 * Source: the severity is ALGORITHMS 9's log scorer; following names is ours.
 */
export const errorLines = {
  name: "error-lines",
  level: "service",
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const hasTraces = slice.traces.window.length > 0;
    const lines = anomalies.filter(
      (anomaly): anomaly is LogAnomaly =>
        anomaly.modality === "log" && isFailure(anomaly) && (!hasTraces || isEnd(anomaly)),
    );
    if (lines.length === 0) return [];
    const namedBy = namesBelow(slice);
    const complaints = lines.map((line): Complaint => {
      const named = namedBy(line.service);
      const told = [line.template, ...line.examples]
        .map(named)
        .find((one) => one !== null && one !== line.service);
      const about = told ?? (isEnd(line) ? triedLast(line.service, slice.logs.window, named) : null);
      const mayBlame = about !== null && !(mustBeIll(line, told) && isWell(about, slice.metrics, anomalies));
      return { line, about: mayBlame ? about : null, isNamed: told !== undefined };
    });
    return blamed(complaints);
  },
} as const satisfies Localizer;

interface Complaint {
  readonly line: LogAnomaly;
  /** Whom it is about; null: the service itself. */
  readonly about: string | null;
  /** The line itself names it. */
  readonly isNamed: boolean;
}

/** A callee that is not named in the line itself, or that refuses at once, is to blame only where it is not well. */
function mustBeIll(line: LogAnomaly, told: string | null | undefined): boolean {
  return told == null || refused.test([line.template, ...line.examples].join(" "));
}

function blamed(complaints: readonly Complaint[]): Candidate[] {
  const strongest = new Map<string, Complaint>();
  for (const complaint of complaints) {
    const known = strongest.get(complaint.line.service);
    if (known === undefined || complaint.line.severity > known.line.severity)
      strongest.set(complaint.line.service, complaint);
  }
  const origins = new Map<string, Complaint[]>();
  const waiting: Candidate[] = [];
  for (const complaint of strongest.values()) {
    const origin = originOf(complaint, strongest);
    origins.set(origin, [...(origins.get(origin) ?? []), complaint]);
    if (origin !== complaint.line.service) waiting.push(waits(complaint, origin));
  }
  const suspects = [...origins].map(([service, told]): Candidate => {
    const worst = told.reduce((a, b) => (scoreOf(b) > scoreOf(a) ? b : a));
    return {
      service,
      instance: worst.line.service === service ? worst.line.instance : null,
      metric: null,
      symptom: true,
      score: scoreOf(worst),
      evidence: told.map(({ line }) => line.id),
      why: why(service, worst),
    };
  });
  return [...suspects, ...waiting];
}

function waits({ line }: Complaint, origin: string): Candidate {
  return {
    service: line.service,
    instance: null,
    metric: null,
    symptom: true,
    score: 0,
    evidence: [line.id],
    waitsFor: origin,
    ...(isEnd(line) ? { waitsWholly: true } : {}),
    why: `What it reports comes from ${name(origin)}.`,
  };
}

/** From complaint to complaint; who complains in a circle is its own origin. */
function originOf(complaint: Complaint, strongest: ReadonlyMap<string, Complaint>): string {
  const seen = new Set([complaint.line.service]);
  let origin = complaint.line.service;
  for (let next = complaint.about; next !== null && !seen.has(next); ) {
    origin = next;
    seen.add(next);
    next = strongest.get(next)?.about ?? null;
  }
  return origin;
}

function scoreOf({ line }: Complaint): number {
  return (isEnd(line) ? 1 : requestShare) * line.severity;
}

function why(service: string, { line, isNamed }: Complaint): string {
  const text = quote(line.template.slice(0, longestQuote));
  if (line.service === service) return `It wrote ${line.count} lines such as "${text}".`;
  const by = name(line.service);
  if (isEnd(line) && !isNamed)
    return `${by} ended ${line.count} times with "${text}", each time after turning to it.`;
  return `${by} wrote ${line.count} lines such as "${text}", which ${isNamed ? "name" : "lead to"} it.`;
}

/** A line with which a process ends. */
function isEnd({ level, template }: Pick<LogAnomaly, "level" | "template">): boolean {
  return logLevel(level, template) === "fatal";
}

/** The service that is named in the line before nearly each fatal one of the same instance. */
function triedLast(
  service: string,
  lines: readonly LogLine[],
  named: (text: string) => string | null,
): string | null {
  const before = new Map<string | null, string>();
  const tried = new Map<string, number>();
  let ends = 0;
  for (const line of lines) {
    if (line.service !== service) continue;
    if (logLevel(line.level, line.body) === "fatal") {
      const about = named(before.get(line.instance) ?? "");
      ends++;
      if (about !== null && about !== service) tried.set(about, (tried.get(about) ?? 0) + 1);
    }
    before.set(line.instance, line.body);
  }
  const [most] = [...tried].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return most !== undefined && most[1] >= lastWordsShare * ends ? most[0] : null;
}

/** By service, what finds the names of those that it calls, directly or not; of all where nothing is known of its calls. */
function namesBelow({
  topology,
  metrics,
  logs,
}: TelemetrySlice): (service: string) => (text: string) => string | null {
  const all = lastNamed([
    ...topology.services,
    ...topology.edges.flatMap(({ caller, callee }) => [caller, callee]),
    ...metrics.map(({ key }) => key.service),
    ...logs.window.map(({ service }) => service),
  ]);
  return (service) => {
    // Services bear the names of everyday things, such as "user": only whom it calls can be meant.
    const below = downstream([service], topology.edges);
    return topology.edges.length === 0 ? all : lastNamed(below);
  };
}
