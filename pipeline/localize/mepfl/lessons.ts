import type { Examples } from "../../learn/ensemble.ts";
import { type Random, xoshiro } from "../../learn/xoshiro.ts";
import { clearZ, worstDeviation } from "../../metric-deviation.ts";
import type { Lessons } from "../../ports.ts";
import type { TelemetrySlice, Trace } from "../../types.ts";
import { metricKind } from "../metric-kinds.ts";
import { strengthOf } from "../strength.ts";
import { type Baseline, type MeasuredTrace, traceBaseline } from "./baseline.ts";
import {
  type Resources,
  type ServiceVector,
  serviceFeatures,
  serviceVectors,
  traceVector,
} from "./features.ts";
import { simulatedKinds, withFault } from "./simulated-faults.ts";

/** What the three classifiers of MEPFL learn from. */
export interface MepflLessons {
  readonly latent: Examples;
  readonly culprit: Examples;
  readonly kind: Examples;
  /** The kinds of faults, by their number. */
  readonly kinds: readonly string[];
  readonly services: readonly string[];
  readonly simulated: number;
  readonly incidents: number;
}

const mostSimulated = 1200;
const perService = 200;
const mostNormal = 600;
const mostPerIncident = 60;
/** Innocent services of an abnormal trace that are learnt from: those that look guiltiest. */
const innocents = 3;
/** A fault shows in a trace from so many standard deviations on. */
const clearlyOut = 3;

interface Book {
  readonly rows: Float64Array[];
  readonly labels: number[];
  readonly groups: string[];
}

/**
 * Makes examples: of every fault-free trace, of faults simulated in them, and of labelled incidents.
 *
 * Source: MEPFL (Zhou et al., ESEC/FSE 2019) learns from injected faults; simulating them in the operator's
 *         own normal traces is ours.
 */
export function mepflLessons({ normal, incidents }: Lessons, seed: number): MepflLessons {
  const random = xoshiro(seed, "mepfl lessons");
  const usual = normalTraces([...normal, ...incidents.map(({ slice }) => slice)], normal);
  const baseline = traceBaseline(usual);
  const kinds = [...new Set([...simulatedKinds, ...incidents.map(({ faultType }) => faultType)])];
  const [latent, culprit, kind] = [book(), book(), book()];
  const none: ReadonlyMap<string, Resources> = new Map();
  for (const trace of evenly(usual, mostNormal)) {
    const measured = baseline.measure(trace);
    write(latent, traceVector(measured), 0, `normal ${trace.traceId}`);
    const vectors = serviceVectors(measured, none);
    const one = vectors[Math.floor(random() * vectors.length)];
    if (one !== undefined) write(culprit, one.values, 0, `normal ${trace.traceId}`);
  }
  const learn = (
    measured: MeasuredTrace,
    guilty: readonly string[],
    type: string,
    group: string,
    resources: ReadonlyMap<string, Resources>,
  ) => {
    write(latent, traceVector(measured), 1, group);
    const vectors = serviceVectors(measured, resources);
    for (const { values } of vectors.filter(({ service }) => guilty.includes(service))) {
      write(culprit, values, 1, group);
      write(kind, values, kinds.indexOf(type), group);
    }
    for (const { values } of guiltiest(vectors.filter(({ service }) => !guilty.includes(service)))) {
      write(culprit, values, 0, group);
    }
  };
  const simulated = simulate(usual, baseline, random, (measured, service, type) =>
    learn(measured, [service], type, `${service} ${type}`, none),
  );
  for (const { id, slice, services, faultType } of incidents) {
    const own = traceBaseline(slice.traces.reference);
    const resources = resourcesOf(slice);
    const touched = slice.traces.window
      .map((trace) => own.measure(trace))
      .filter((one) => isOut(one) && concerns(one, services));
    for (const one of evenly(touched, mostPerIncident)) learn(one, services, faultType, id, resources);
  }
  return {
    latent: { ...latent, classes: 2 },
    culprit: { ...culprit, classes: 2 },
    kind: { ...kind, classes: kinds.length },
    kinds,
    services: [...baseline.services].sort(),
    simulated,
    incidents: incidents.length,
  };
}

/** How far a service's resources are out, by kind; for services that have any such metric. */
export function resourcesOf({ metrics }: TelemetrySlice): Map<string, Resources> {
  const found = new Map<string, Resources>();
  for (const series of metrics) {
    const kind = metricKind(series.key.metric, series.unit);
    if (kind.kind !== "cpu" && kind.kind !== "memory" && kind.kind !== "saturation") continue;
    const worst = worstDeviation(series, kind);
    const strength = worst === null || worst.z < clearZ ? 0 : worst.weight * strengthOf(worst.z);
    const known = found.get(series.key.service) ?? { cpu: 0, memory: 0, saturation: 0 };
    found.set(series.key.service, { ...known, [kind.kind]: Math.max(known[kind.kind], strength) });
  }
  return found;
}

/** Whether anything about the trace is out: a time, a failure, or a call that is missing. */
export function isOut({ visits, missing }: MeasuredTrace): boolean {
  return (
    missing.length > 0 ||
    visits.some(
      ({ z, span }) =>
        span.status === "error" || Math.max(z.duration ?? 0, z.self ?? 0, z.gap ?? 0) > clearlyOut,
    )
  );
}

function simulate(
  usual: readonly Trace[],
  baseline: Baseline,
  random: Random,
  learn: (measured: MeasuredTrace, service: string, type: string) => void,
): number {
  const through = new Map<string, Trace[]>();
  for (const trace of usual) {
    for (const service of new Set(trace.spans.map((span) => span.service))) {
      through.set(service, [...(through.get(service) ?? []), trace]);
    }
  }
  const marksErrors = usual.some(({ spans }) => spans.some(({ status }) => status !== "unset"));
  const services = [...through.keys()].sort();
  const count = Math.min(mostSimulated, perService * services.length);
  let made = 0;
  for (let i = 0; i < count; i++) {
    const service = services[i % services.length] ?? "";
    const type = simulatedKinds[Math.floor(i / services.length) % simulatedKinds.length] ?? "latency";
    const choice = through.get(service) ?? [];
    const trace = choice[Math.min(choice.length - 1, Math.floor(random() * choice.length))];
    const faulty = trace === undefined ? null : withFault(trace, service, type, marksErrors, random);
    if (faulty === null || faulty.spans.length === 0) continue;
    const measured = baseline.measure(faulty);
    // A fault that leaves no trace teaches nothing.
    if (!isOut(measured)) continue;
    learn(measured, service, type);
    made++;
  }
  return made;
}

/** Fault-free traces, each once: reference periods, and the windows of `normal`. */
function normalTraces(slices: readonly TelemetrySlice[], normal: readonly TelemetrySlice[]): Trace[] {
  const traces = new Map<string, Trace>();
  const all = [
    ...slices.flatMap((slice) => slice.traces.reference),
    ...normal.flatMap((slice) => slice.traces.window),
  ];
  for (const trace of all) traces.set(trace.traceId, trace);
  return [...traces.values()];
}

function concerns({ visits, missing }: MeasuredTrace, services: readonly string[]): boolean {
  return (
    visits.some(({ span }) => services.includes(span.service)) ||
    missing.some(({ service }) => services.includes(service))
  );
}

const signsOfGuilt = ["worst self z", "worst gap z", "worst duration z", "missing"] as const;

function guiltiest(vectors: readonly ServiceVector[]): ServiceVector[] {
  const places = signsOfGuilt.map((name) => serviceFeatures.indexOf(name));
  const guilt = ({ values }: ServiceVector) => places.reduce((sum, at) => sum + (values[at] ?? 0), 0);
  return [...vectors].sort((a, b) => guilt(b) - guilt(a)).slice(0, innocents);
}

function evenly<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]).filter(
    (item): item is Item => item !== undefined,
  );
}

function book(): Book {
  return { rows: [], labels: [], groups: [] };
}

function write({ rows, labels, groups }: Book, row: Float64Array, label: number, group: string): void {
  rows.push(row);
  labels.push(label);
  groups.push(group);
}
