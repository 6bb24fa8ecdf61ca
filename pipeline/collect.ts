import { assembleTraces } from "./detect/assemble-traces.ts";
import { insufficientBaseline } from "./detect/three-sigma.ts";
import { requestsOf } from "./detect/traces-of-lines.ts";
import { asBotError, BotError } from "./errors.ts";
import { withoutHiddenNames } from "./hidden-names.ts";
import { peerInference } from "./inferred-peers.ts";
import { mergedWindows } from "./merged-windows.ts";
import type { PipelineOptions } from "./options.ts";
import type { Fetched, Inventory, LogSource, MetricSource, Source, Toolbox, TraceSource } from "./ports.ts";
import { precedingPeriod, preprocess } from "./preprocess.ts";
import { callEdges, downstream } from "./topology.ts";
import type {
  EpochMs,
  Gap,
  LogLine,
  Modality,
  RawSeries,
  ReferencePeriods,
  Scope,
  Span,
  TelemetrySlice,
  TimeWindow,
  Trace,
} from "./types.ts";
import { usableSeries } from "./usable-samples.ts";

/** Kept free before the window, so that an incident that began a little earlier is no "normal". */
const guardMs = 5 * 60_000;
/** A request hardly runs longer than this. */
const edgeMs = 60_000;
/** Declared metric periods this near to the nearest one are used with it: further off, load differs. */
const sameStretchMs = 6 * 3_600_000;
/** Less than this outside of the window is next to nothing: robust statistics want some ten samples. */
const leastReferenceMs = 5 * 60_000;
/** More names than this make a query that some systems refuse: then all is read, and dropped where it arrives. */
const mostAskedNames = 200;
/** A window of which more was declared fault-free has nothing to find, or the declaration is wrong. */
const largestShareInside = 0.9;

/** What all telemetry systems together know. A system that does not answer becomes a gap. */
export async function takeInventory(
  toolbox: Toolbox,
  signal: AbortSignal,
  askedAt?: EpochMs,
): Promise<Inventory> {
  const services = new Set<string>();
  const instances = new Map<string, { service: string; instance: string }>();
  const extent: Record<Modality, TimeWindow | null> = { metric: null, log: null, trace: null };
  const declared: Record<Modality, TimeWindow[]> = { metric: [], log: [], trace: [] };
  const gaps: Gap[] = [];
  const edges = [];
  const known = [];
  let failure: BotError | null = null;
  const asking = toolbox.inventories.map(({ inventory }) => inventory(signal, askedAt));
  // Asked side by side, told in their order: the same answers give the same bytes.
  const answers = await Promise.allSettled(asking);
  for (const [index, answer] of answers.entries()) {
    const name = toolbox.inventories[index]?.name ?? "";
    try {
      if (answer.status === "rejected") throw answer.reason;
      const one = answer.value;
      known.push(one);
      for (const service of one.services) services.add(service);
      for (const entry of one.instances) instances.set(`${entry.service}\u0000${entry.instance}`, entry);
      for (const modality of ["metric", "log", "trace"] as const) {
        extent[modality] = union(extent[modality], one.extent[modality]);
        declared[modality].push(...one.declaredReference[modality]);
      }
      if (one.topology !== null) edges.push(...one.topology.edges);
      gaps.push(...one.gaps);
    } catch (error) {
      failure = unavailable(error, signal);
      gaps.push({ from: name, reason: "unreachable", detail: failure.message });
    }
  }
  if (known.length === 0 && failure !== null) throw failure;
  const names = [...services].sort();
  return {
    services: names,
    instances: [...instances.values()],
    extent,
    declaredReference: declared,
    topology: edges.length > 0 ? { services: names, edges } : null,
    gaps,
  };
}

/**
 * Filter 1 (paper, III-A): reads what the window and the scope ask for, and the reference period they
 * are compared with.
 *
 * A question about some services is also about all that they call, directly or not: the cause of a
 * failing `geo` may be its store. Where no call graph is known, every service is read.
 *
 * Throws: BotError "source-unavailable" or "source-invalid" only when every source failed.
 */
export async function collect(
  window: TimeWindow,
  scope: Scope,
  inventory: Inventory,
  toolbox: Toolbox,
  options: PipelineOptions,
  signal: AbortSignal,
): Promise<TelemetrySlice> {
  const referencePeriods = chooseReference(inventory, window, options.referenceMs);
  const { withheld } = toolbox;
  const gaps: Gap[] = [...(withheld === undefined ? [] : [withheld.gap]), ...inventory.gaps];
  const failures: BotError[] = [];
  const { limits } = options;

  let logsAreSampled = false;

  async function read<Item>(source: Source, fetch: () => Promise<Fetched<Item>>): Promise<readonly Item[]> {
    try {
      const fetched = await fetch();
      for (const gap of fetched.gaps) gaps.push(gap);
      if (source.modality === "log" && fetched.gaps.some(({ reason }) => reason === "truncated")) {
        logsAreSampled = true;
      }
      return fetched.items;
    } catch (error) {
      const failure = unavailable(error, signal);
      failures.push(failure);
      gaps.push({ from: source.name, reason: "unreachable", detail: failure.message });
      return [];
    }
  }

  async function readTraces(
    source: TraceSource,
  ): Promise<{ window: readonly Span[]; reference: readonly Span[] }> {
    const query = { services: null, limit: limits.spans };
    const inWindow = await read(source, () => source.fetch({ ...query, windows: [window] }, signal));
    const reference = await read(source, () =>
      source.fetch({ ...query, windows: referencePeriods.trace }, signal),
    );
    return { window: inWindow, reference };
  }

  async function readLogs(
    source: LogSource,
    services: readonly string[] | null,
  ): Promise<[LogLine[], LogLine[]]> {
    const query = { services, limit: limits.logLines };
    const inWindow = await read(source, () => source.fetch({ ...query, windows: [window] }, signal));
    const reference = await read(source, () =>
      source.fetch({ ...query, windows: referencePeriods.log }, signal),
    );
    return [[...inWindow], [...reference]];
  }

  async function readMetrics(
    source: MetricSource,
    services: readonly string[] | null,
  ): Promise<readonly RawSeries[]> {
    const windows = mergedWindows([...referencePeriods.metric, precedingPeriod(window), window]);
    return read(source, () => source.fetch({ services, windows, limit: limits.metricSamples }, signal));
  }

  const traceSources = toolbox.sources.filter((source) => source.modality === "trace");
  const logSources = toolbox.sources.filter((source) => source.modality === "log");
  const metricSources = toolbox.sources.filter((source) => source.modality === "metric");

  const spansRead = Promise.all(traceSources.map(readTraces));
  const scoped = scope.services.length > 0;
  if (scoped) await spansRead;
  const services = scoped ? readScope(scope, inventory, await spansRead) : null;
  const asked = services ?? shownServices(inventory, toolbox);
  const [spans, lines, raw] = await Promise.all([
    spansRead,
    Promise.all(logSources.map((source) => readLogs(source, asked))),
    Promise.all(metricSources.map((source) => readMetrics(source, asked))),
  ]);
  if (failures.length > 0 && failures.length >= toolbox.sources.length) throw failures[0];

  const usable = usableSeries(raw.flat());
  const { window: windowTraces, reference: referenceTraces } = assembled(spans, inventory);
  const edges = [...(inventory.topology?.edges ?? []), ...callEdges([...windowTraces, ...referenceTraces])];
  const wanted = services === null ? null : new Set(services);
  const touching = (trace: Trace) =>
    wanted === null || trace.spans.some(({ service }) => wanted.has(service));
  const slice: Omit<TelemetrySlice, "gaps"> = {
    window,
    scope,
    referencePeriods,
    metrics: preprocess(usable.items, referencePeriods.metric, window),
    logs: {
      window: byTime(lines.flatMap(([inWindow]) => inWindow)),
      reference: byTime(lines.flatMap(([, reference]) => reference)),
      isSampled: logsAreSampled,
    },
    traces: {
      window: windowTraces.filter((trace) => touching(trace) && !isCut(trace, [window])),
      reference: referenceTraces.filter((trace) => touching(trace) && !isCut(trace, referencePeriods.trace)),
    },
    topology: { services: services ?? inventory.services, edges },
  };
  const all = {
    ...slice,
    gaps: [
      ...gaps,
      ...usable.gaps,
      ...missing(slice, toolbox, inventory),
      ...thinBaselines({ ...slice, gaps }),
    ],
  };
  return withheld?.services == null ? all : withoutHiddenNames(all, withheld.services);
}

/**
 * The services to ask sources for where only some may be seen: others would use up what a source may give.
 * Null where all may be seen.
 */
function shownServices({ services }: Inventory, { withheld }: Toolbox): readonly string[] | null {
  const isSome = withheld?.services != null && services.length > 0 && services.length <= mostAskedNames;
  return isSome ? services : null;
}

/** The traces of both periods, with the far ends of calls to services that write no spans. */
function assembled(
  spans: readonly { window: readonly Span[]; reference: readonly Span[] }[],
  inventory: Inventory,
): { readonly window: readonly Trace[]; readonly reference: readonly Trace[] } {
  const window = assembleTraces(spans.flatMap((part) => part.window));
  const reference = assembleTraces(spans.flatMap((part) => part.reference));
  const infer = peerInference([window, reference], inventory);
  return { window: infer(window), reference: infer(reference) };
}

/**
 * Sources give spans that start inside a window, so a trace that began shortly before it comes without
 * its first spans. That is no lost telemetry and no broken request.
 */
function isCut({ spans, parents, start }: Trace, windows: readonly TimeWindow[]): boolean {
  const atEdge = windows.some((window) => start >= window.start && start < window.start + edgeMs);
  return atEdge && spans.some((span, index) => parents[index] === -1 && span.parentId !== null);
}

/** The scope's services and everything downstream of them; null (all) where no call graph is known. */
function readScope(
  scope: Scope,
  inventory: Inventory,
  spans: readonly { window: readonly Span[]; reference: readonly Span[] }[],
): readonly string[] | null {
  const { window, reference } = assembled(spans, inventory);
  const edges = [...(inventory.topology?.edges ?? []), ...callEdges([...window, ...reference])];
  return edges.length === 0 ? null : downstream(scope.services, edges);
}

/**
 * Declared fault-free periods; where none is declared, what came before the window, with a guard gap.
 * Metrics are compared with the stretch nearest in time. Traces and logs take all declared periods:
 * they are compared by what a request does, which hardly depends on the hour.
 */
export function chooseReference(
  inventory: Inventory,
  window: TimeWindow,
  referenceMs: number,
): ReferencePeriods {
  const preceding = { start: window.start - guardMs - referenceMs, end: window.start - guardMs };
  const declared = inventory.declaredReference;
  const metric = nearest(declared.metric, window, sameStretchMs);
  const log = nearest(declared.log, window, Number.POSITIVE_INFINITY);
  const trace = nearest(declared.trace, window, Number.POSITIVE_INFINITY);
  return {
    metric: metric ?? [preceding],
    log: log ?? [preceding],
    trace: trace ?? [preceding],
    from: (metric ?? log ?? trace) === null ? "preceding" : "declared",
  };
}

/**
 * The declared periods nearest to the window, without what lies in the window. Where next to nothing is
 * left, what was declared inside of it is taken too, unless that is the whole window: "in the last hour"
 * may reach back over all the healthy time there is, and that part of it is a better normal than none.
 */
function nearest(periods: readonly TimeWindow[], window: TimeWindow, reachMs: number): TimeWindow[] | null {
  const apart = (a: TimeWindow, b: TimeWindow) => Math.max(0, a.start - b.end, b.start - a.end);
  const outside = mergedWindows(
    periods.flatMap(({ start, end }) => [
      ...period(start, Math.min(end, window.start)),
      ...period(Math.max(start, window.end), end),
    ]),
  );
  const inside = mergedWindows(
    periods.flatMap(({ start, end }) => period(Math.max(start, window.start), Math.min(end, window.end))),
  );
  const isWhole = lengthOf(inside) > largestShareInside * lengthOf([window]);
  const usable = lengthOf(outside) >= leastReferenceMs || isWhole ? outside : [...outside, ...inside];
  const first = [...usable].sort((a, b) => apart(a, window) - apart(b, window) || a.start - b.start)[0];
  if (first === undefined) return null;
  return mergedWindows(usable.filter((one) => apart(one, first) <= reachMs));
}

/** None where it would have no length. */
function period(start: EpochMs, end: EpochMs): TimeWindow[] {
  return start < end ? [{ start, end }] : [];
}

function lengthOf(windows: readonly TimeWindow[]): number {
  return windows.reduce((sum, { start, end }) => sum + end - start, 0);
}

const fromLines = "Requests are read from log lines, which carry their ids.";

/** What a person should hear was not there: modalities without a source, without data, without a past. */
function missing(slice: Omit<TelemetrySlice, "gaps">, toolbox: Toolbox, inventory: Inventory): Gap[] {
  const counts = {
    metric: {
      window: slice.metrics.length,
      reference: slice.metrics.filter((series) => series.reference.v.length > 0).length,
      noun: "metrics",
    },
    log: { window: slice.logs.window.length, reference: slice.logs.reference.length, noun: "logs" },
    trace: { window: slice.traces.window.length, reference: slice.traces.reference.length, noun: "traces" },
  };
  const gaps: Gap[] = [];
  for (const modality of ["metric", "log", "trace"] as const) {
    const { window, reference, noun } = counts[modality];
    // Without spans on both sides, requests are read from log lines where these say which they belong to.
    const instead = modality === "trace" && requestsOf(slice).from === "lines" ? ` ${fromLines}` : "";
    const names = toolbox.sources
      .filter((source) => source.modality === modality)
      .map((source) => source.name);
    if (toolbox.leftOut?.includes(modality) === true) {
      gaps.push({
        from: noun,
        reason: "missing",
        detail: `The ${noun} were left out, as was asked.${instead}`,
      });
    } else if (names.length === 0) {
      const which = toolbox.withheld === undefined ? "" : " that may be read here";
      gaps.push({
        from: noun,
        reason: "missing",
        detail: `No source of ${noun}${which} is connected.${instead}`,
      });
    } else if (window === 0) {
      const detail = `There are no ${noun} in this window${runs(inventory.extent[modality])}.${instead}`;
      gaps.push({ from: names.join(", "), reason: "missing", detail });
    } else if (reference === 0) {
      const otherwise =
        modality === "metric" ? " Symptoms are compared with their own best values in the window." : instead;
      const detail = `There are no ${noun} from a normal period to compare with.${otherwise}`;
      gaps.push({ from: names.join(", "), reason: "no-reference", detail });
    }
  }
  return gaps;
}

/** When there is telemetry, for a question that missed it. */
function runs(extent: TimeWindow | null): string {
  if (extent === null) return "";
  const text = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return `; they run from ${text(extent.start)} to ${text(extent.end)}`;
}

/** Series that cannot be judged because too little is known of their normal behaviour. */
function thinBaselines(slice: TelemetrySlice): Gap[] {
  const unjudged = insufficientBaseline(slice);
  if (unjudged.length === 0 || unjudged.length === slice.metrics.length) return [];
  const services = [...new Set(unjudged.map(({ service }) => service))].sort();
  const named = services.length <= 5 ? ` (${services.join(", ")})` : ` of ${services.length} services`;
  const detail = `${unjudged.length} of ${slice.metrics.length} metric series${named} have fewer than 30 normal samples to compare with.`;
  return [{ from: "metrics", reason: "no-reference", detail }];
}

function unavailable(error: unknown, signal: AbortSignal): BotError {
  if (signal.aborted) throw new BotError("cancelled", "The diagnosis was stopped.", { cause: error });
  const known = asBotError(error);
  if (known === null) throw error;
  return known;
}

function union(a: TimeWindow | null, b: TimeWindow | null): TimeWindow | null {
  if (a === null || b === null) return a ?? b;
  return { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

function byTime(lines: LogLine[]): LogLine[] {
  return lines.sort((a, b) => a.t - b.t);
}
