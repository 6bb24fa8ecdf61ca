import { type CallPaths, callPaths, visitsOf } from "../detect/call-path.ts";
import { quantileOfSorted, sorted } from "../statistics/quantiles.ts";
import type { Span, TelemetrySlice, Trace } from "../types.ts";

/** A service passes on what is wrong with it where so much of its failures and lost time comes from below. */
const passedShare = 0.8;
const fewestFailed = 3;
const fewestUsual = 5;
/** Less than this many lost milliseconds a visit are not waited for. */
const leastLostMs = 10;

/** Who is to blame where a failed call holds no span: its callee, where that is known; null: nobody else. */
export type UnansweredBlame = (span: Span) => string | null;

/** What went wrong in a service's spans and how much of that came from the services that it calls. */
export interface Trouble {
  /** Failed traces that began to fail here, by id. */
  readonly origins: ReadonlySet<string>;
  /** The service below that most of its failures and lost time comes from; null where they are its own. */
  readonly waitsFor: string | null;
}

/**
 * Follows failed and slow requests down to where the trouble begins. A failed span above another failed one,
 * and time that was lost while a callee was late itself, are passed on from below.
 *
 * Shape:  every service in a failed or slow trace of the window.
 * Throws: never. Linear in the spans, but for sorting. Without normal traces no time counts as lost.
 */
export function troubles(
  { traces }: Pick<TelemetrySlice, "traces">,
  blame: UnansweredBlame,
): Map<string, Trouble> {
  const failures = failuresOf(traces.window, blame);
  const times = lostTimes(traces.reference, traces.window);
  const found = new Map<string, Trouble>();
  for (const service of new Set([...failures.keys(), ...times.keys()])) {
    const failed = failures.get(service);
    const flows = [failed, times.get(service)].flatMap((flow) => (flow?.counts ? [flow] : []));
    const [clearest] = flows.filter(({ own, all }) => all - own >= passedShare * all);
    const isVictim = flows.every(({ own, all }) => all - own >= passedShare * all);
    found.set(service, {
      origins: failed?.origins ?? new Set(),
      waitsFor: clearest === undefined || !isVictim ? null : heaviest(clearest.from),
    });
  }
  return found;
}

/** How much there is, how much of that is the service's own, and from whom the rest comes. */
interface Flow {
  own: number;
  all: number;
  readonly from: Map<string, number>;
  /** Enough to say something. */
  counts: boolean;
}

interface FailureFlow extends Flow {
  readonly origins: Set<string>;
}

function failuresOf(traces: readonly Trace[], blame: UnansweredBlame): Map<string, FailureFlow> {
  const flows = new Map<string, FailureFlow>();
  const flowOf = (service: string) => {
    const flow = flows.get(service) ?? { ...newFlow(), origins: new Set<string>() };
    flows.set(service, flow);
    return flow;
  };
  for (const { traceId, spans, parents } of traces) {
    if (!spans.some(({ status }) => status === "error")) continue;
    const hasChild = new Uint8Array(spans.length);
    for (const parent of parents) if (parent >= 0) hasChild[parent] = 1;
    const failedBelow = new Map<number, string>();
    // Children start after their parents, so that they are met first from the end.
    for (let i = spans.length - 1; i >= 0; i--) {
      const span = spans[i];
      if (span?.status !== "error") continue;
      const passed = failedBelow.get(i);
      const cause = passed ?? (hasChild[i] === 1 ? null : blame(span)) ?? span.service;
      const flow = flowOf(span.service);
      flow.all++;
      flow.counts = flow.all >= fewestFailed;
      if (cause === span.service) flow.own++;
      else flow.from.set(cause, (flow.from.get(cause) ?? 0) + 1);
      if (passed === undefined) flowOf(cause).origins.add(traceId);
      const parent = parents[i] ?? -1;
      // For a caller its callee is what failed; inside one service it is what the span below says.
      if (parent >= 0)
        failedBelow.set(parent, spans[parent]?.service === span.service ? cause : span.service);
    }
  }
  return flows;
}

function newFlow(): Flow {
  return { own: 0, all: 0, from: new Map(), counts: false };
}

/**
 * Time beyond what is usual on the same call path. What the callees lost is taken off the caller's; what is
 * left is its own, be it slower work or more calls than usual.
 */
function lostTimes(reference: readonly Trace[], window: readonly Trace[]): Map<string, Flow> {
  const paths = callPaths();
  const usual = new Map<number, number[]>();
  eachVisit(reference, paths, (path, durationMs) => {
    const known = usual.get(path);
    if (known === undefined) usual.set(path, [durationMs]);
    else known.push(durationMs);
  });
  const limits = new Map(
    [...usual].flatMap(([path, times]) =>
      times.length < fewestUsual ? [] : [[path, quantileOfSorted(sorted(times), 0.9)] as const],
    ),
  );
  const lost = new Map<number, number>();
  const visits = new Map<string, number>();
  eachVisit(window, paths, (path, durationMs) => {
    const limit = limits.get(path);
    if (limit === undefined) return;
    lost.set(path, (lost.get(path) ?? 0) + Math.max(0, durationMs - limit));
    const service = paths.serviceOf(path);
    visits.set(service, (visits.get(service) ?? 0) + 1);
  });
  const flows = new Map<string, Flow>();
  const flowOf = (service: string) => {
    const flow = flows.get(service) ?? newFlow();
    flows.set(service, flow);
    return flow;
  };
  const below = new Map<number, number>();
  for (const [path, ms] of lost) {
    const parent = paths.parentOf(path);
    below.set(parent, (below.get(parent) ?? 0) + ms);
    const [service, caller] = [paths.serviceOf(path), flowOf(paths.serviceOf(parent))];
    if (ms > 0) caller.from.set(service, (caller.from.get(service) ?? 0) + ms);
  }
  for (const [path, ms] of lost) {
    const flow = flowOf(paths.serviceOf(path));
    flow.all += ms;
    flow.own += Math.max(0, ms - (below.get(path) ?? 0));
  }
  for (const [service, flow] of flows) {
    flow.counts = flow.all >= leastLostMs * (visits.get(service) ?? 0) && flow.all > 0;
  }
  flows.delete("");
  return flows;
}

function eachVisit(
  traces: readonly Trace[],
  paths: CallPaths,
  visit: (path: number, durationMs: number) => void,
): void {
  for (const trace of traces) for (const one of visitsOf(trace, paths)) visit(one.path, one.durationMs);
}

function heaviest(from: ReadonlyMap<string, number>): string | null {
  const [first] = [...from].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return first?.[0] ?? null;
}
