import { name, quote } from "../describe/foreign-text.ts";
import { startOf } from "../detect/event-sequences.ts";
import { reachedBy, requestsOf } from "../detect/traces-of-lines.ts";
import type { Localizer } from "../ports.ts";
import type { Anomaly, Candidate, LogAnomaly, TelemetrySlice, Trace } from "../types.ts";
import { askedBefore } from "./asked-before.ts";
import { answeredCalls, callKey, type SilentCallee, silentCallees } from "./silent-callees.ts";

/** The metric of a service after whose call others break off. */
export const failedReturn = "failed return";
/** Whose answer may be wrong comes behind who shows it. */
const supplierWeight = 0.8;
const strayShare = 0.05;
/** So much of what fails, fails at one instance, while another one was asked as well. */
const ofOneShare = 0.9;
const fewestAsked = 5;
/** What the break of a call still says about the caller when its callee fell silent. */
const callerShare = 0.4;
/** Several callers that break after calling the same service speak against it, a little less than its own break. */
const calleeWeight = 0.9;

/**
 * Ranks code regions that stopped running to their end, services after whose call several others
 * break off, and services that calls no longer reach.
 *
 * Shape:  one candidate per broken region, its metric `A_B` named after the two statements that
 *         enclose it; for a shared callee the metric is the failed return itself.
 * Units:  strength, 0 to about 6.
 * Source: Nezha (Yu et al., ESEC/FSE 2023); see detect/broken-sequences.ts for the departures.
 */
export const eventPairs = {
  name: "event-pairs",
  level: "metric",
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const broken = anomalies.filter(
      (anomaly): anomaly is LogAnomaly => anomaly.modality === "log" && anomaly.kind === "broken-sequence",
    );
    const silent = silentCallees(slice, anomalies);
    const calleeOf = ({ service, template }: LogAnomaly) => silent.get(callKey(service, template));
    const missedBy = (anomaly: LogAnomaly) => anomaly.silentCallee ?? calleeOf(anomaly)?.service;
    const calls = broken.length === 0 ? null : answeredCalls(requestsOf(slice).reference);
    const isCall = ({ service, template, expectedNext }: LogAnomaly) =>
      calls?.has(callKey(service, template)) === true && expectedNext?.endsWith(startOf("")) === true;
    const ofOne = broken.length === 0 ? new Set() : failingByOneInstance(slice.traces.window);
    const regions = broken.map((anomaly) => ({
      service: anomaly.service,
      instance: anomaly.instance,
      // That a call reaches nobody is no region of the caller's code, nor is what one instance of several does.
      metric:
        isCall(anomaly) || anomaly.silentCallee !== undefined || ofOne.has(anomaly.service)
          ? null
          : `${anomaly.template}_${anomaly.expectedNext ?? ""}`,
      symptom: false,
      score: (missedBy(anomaly) === undefined ? 1 : callerShare) * anomaly.severity,
      evidence: [anomaly.id],
      waitsFor: missedBy(anomaly),
      why: `In ${anomaly.count} requests "${quote(anomaly.template)}" was no longer followed by "${quote(anomaly.expectedNext ?? "")}", which normally always comes.`,
    }));
    const unreached = broken.flatMap((anomaly) => unreachedCallee(anomaly, calleeOf(anomaly)));
    const goneOn = broken.filter(({ silentCallee }) => silentCallee !== undefined);
    const brokenOff = broken.filter(({ silentCallee }) => silentCallee === undefined);
    return [
      ...regions,
      ...unreached,
      ...goneOn.flatMap(silentInLines),
      ...sharedCallees(brokenOff),
      ...suppliers(brokenOff, slice),
    ];
  },
} as const satisfies Localizer;

/**
 * A service that answers, but from its very start on in another way than always, was asked something else: what it was
 * asked with is the answer of the service that its caller asked before.
 */
function suppliers(broken: readonly LogAnomaly[], { traces }: TelemetrySlice): Candidate[] {
  if (!broken.some(({ template }) => template.endsWith(startOf("")))) return [];
  const before = askedBefore(traces.reference);
  const failing = failingServices(traces.window);
  return broken.flatMap((anomaly): Candidate[] => {
    if (failing.has(anomaly.service)) return [];
    const suppliers = before.get(callKey(anomaly.service, anomaly.template)) ?? [];
    return suppliers.map(({ service, share }) => ({
      service,
      instance: null,
      metric: null,
      symptom: true,
      score: supplierWeight * Math.sqrt(share) * anomaly.severity,
      evidence: [anomaly.id],
      why: `In ${anomaly.count} requests ${name(anomaly.service)}, which is asked with its answer, does not go on as always.`,
    }));
  });
}

/** Services at which more than strays fail. */
function failingServices(traces: readonly Trace[]): Set<string> {
  const counts = new Map<string, { spans: number; failed: number }>();
  for (const { service, status } of traces.flatMap(({ spans }) => spans)) {
    const { spans, failed } = counts.get(service) ?? { spans: 0, failed: 0 };
    counts.set(service, { spans: spans + 1, failed: failed + (status === "error" ? 1 : 0) });
  }
  const failing = [...counts].filter(([, { spans, failed }]) => failed > strayShare * spans);
  return new Set(failing.map(([service]) => service));
}

/** Services of whose instances one fails and the others, which run the same code, do not. */
function failingByOneInstance(traces: readonly Trace[]): Set<string> {
  const instances = new Map<string, Map<string, { spans: number; failed: number }>>();
  for (const { service, instance, status } of traces.flatMap(({ spans }) => spans)) {
    if (instance === null) continue;
    const known = instances.get(service) ?? new Map<string, { spans: number; failed: number }>();
    instances.set(service, known);
    const { spans, failed } = known.get(instance) ?? { spans: 0, failed: 0 };
    known.set(instance, { spans: spans + 1, failed: failed + (status === "error" ? 1 : 0) });
  }
  const found = [...instances].filter(([, known]) => {
    const counts = [...known.values()];
    const failed = counts.reduce((sum, one) => sum + one.failed, 0);
    const worst = counts.reduce((most, one) => Math.max(most, one.failed), 0);
    const othersAsked = counts.some((one) => one.failed < worst && one.spans >= fewestAsked);
    return failed >= fewestAsked && worst >= ofOneShare * failed && othersAsked;
  });
  return new Set(found.map(([service]) => service));
}

/** The callee that fell silent, in place of the caller whose calls reach nobody. */
function unreachedCallee(anomaly: LogAnomaly, callee: SilentCallee | undefined): Candidate[] {
  if (callee === undefined) return [];
  return [
    {
      service: callee.service,
      instance: callee.instance,
      metric: null,
      symptom: true,
      score: Math.max(anomaly.severity, callee.strength),
      evidence: [anomaly.id],
      why: `In ${anomaly.count} requests ${name(anomaly.service)} called it and nothing of it is in the trace, where it normally always is.`,
    },
  ];
}

/** Without spans: the callee that writes nothing more while its caller goes on. */
function silentInLines(anomaly: LogAnomaly): Candidate[] {
  const { silentCallee: service, expectedNext, severity, count, id } = anomaly;
  if (service === undefined) return [];
  const reached = reachedBy(expectedNext ?? "");
  return [
    {
      service,
      instance: null,
      metric: `${startOf(reached)}_${reached}`,
      symptom: false,
      score: severity,
      evidence: [id],
      why: `In ${count} requests its "${quote(reached)}" is missing, which normally always comes when ${name(anomaly.service)} calls it, and that one went on.`,
    },
  ];
}

function sharedCallees(broken: readonly LogAnomaly[]): Candidate[] {
  const byCallee = new Map<string, LogAnomaly[]>();
  for (const anomaly of broken) {
    if (anomaly.calleeBefore === null) continue;
    byCallee.set(anomaly.calleeBefore, [...(byCallee.get(anomaly.calleeBefore) ?? []), anomaly]);
  }
  return [...byCallee].map(([service, after]) => {
    const strongest = new Map<string, number>();
    for (const { service: caller, severity } of after) {
      strongest.set(caller, Math.max(strongest.get(caller) ?? 0, severity));
    }
    const callers = [...strongest.keys()].sort();
    return {
      service,
      instance: null,
      metric: failedReturn,
      symptom: true,
      score: calleeWeight * Math.hypot(...strongest.values()),
      evidence: after.map(({ id }) => id),
      why: `${callers.map(name).join(", ")} ${callers.length === 1 ? "breaks" : "break"} off right after calling it.`,
    };
  });
}
