import type { PromptLibrary } from "../prompts/prompt-schema.ts";
import type { Withheld } from "./ports.ts";
import { ordinaryNames, ordinaryWords } from "./question/ordinary-words.ts";
import type { Gap, LogLine, MetricSeries, TelemetrySlice, Trace } from "./types.ts";

/** Stands where a text of the telemetry names a service that may not be seen. */
export const hiddenService = "(another-service)";

/**
 * The slice without the names of hidden services: what a shown service logs or calls may name them.
 *
 * Shape:  names in log lines, operations, instances and gaps become "(another-service)"; a metric that is
 *         called after one goes, unless the name is a word as well ("error_rate", but "calls_to_rate" goes). A shown service whose name
 *         holds a hidden one ("mongodb-geo") keeps it. Lines and spans that name none are the very same objects.
 */
export function withoutHiddenNames(slice: TelemetrySlice, services: ReadonlySet<string>): TelemetrySlice {
  if (services.size === 0) return slice;
  const { logs, traces, topology } = slice;
  const hide = hiderOf(services, topology.services);
  const inMetrics = hiderOf(new Set([...services].filter(isTelling)), topology.services);
  // Operations and instances are few and spans are many.
  const known = new Map<string, string>();
  const cached = (text: string) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const without = hide(text);
    known.set(text, without);
    return without;
  };
  const line = (one: LogLine): LogLine => {
    const body = hide(one.body);
    const instance = one.instance === null ? null : cached(one.instance);
    return body === one.body && instance === one.instance ? one : { ...one, body, instance };
  };
  const toWords = hiderOf(services, topology.services, towards);
  const series = ({ key }: MetricSeries) =>
    inMetrics(key.metric) === key.metric &&
    toWords(key.metric) === key.metric &&
    (key.instance === null || cached(key.instance) === key.instance);
  return {
    ...slice,
    metrics: slice.metrics.filter(series),
    logs: { ...logs, window: logs.window.map(line), reference: logs.reference.map(line) },
    traces: {
      window: traces.window.map((trace) => traceWithout(trace, cached)),
      reference: traces.reference.map((trace) => traceWithout(trace, cached)),
    },
    gaps: slice.gaps.map((gap): Gap => ({ ...gap, detail: hide(gap.detail) })),
  };
}

/** The prompts without an operator's notes that name a hidden service. */
export function promptsWithout(prompts: PromptLibrary, withheld: Withheld | undefined): PromptLibrary {
  const hidden = withheld?.services ?? new Set<string>();
  if (hidden.size === 0) return prompts;
  const telling = hiderOf(new Set([...hidden].filter(isTelling)), []);
  const asService = hiderOf(hidden, [], '(?:services?|`|"|“)[^\\p{L}\\p{N}]*');
  const isShown = ({ text, when }: PromptLibrary["notes"][number]) =>
    telling(text) === text &&
    asService(text) === text &&
    // A note for a service tells of it, whether or not it names it.
    !when.some((one) => hidden.has(one.replace(/^service:/, "")));
  return { ...prompts, notes: prompts.notes.filter(isShown) };
}

/** A name that is no word of ordinary sentences. */
function isTelling(service: string): boolean {
  return !ordinaryNames.has(service.toLowerCase()) && !ordinaryWords.has(service.toLowerCase());
}

/** After this, a metric names the other side of a call. */
const towards =
  "(?:to|from|with|upstream|downstream|cluster|target|peer|remote|caller|callee|destination)[^\\p{L}\\p{N}]+";

/** `after`: a pattern of what must stand before a name. */
function hiderOf(
  hidden: ReadonlySet<string>,
  shown: readonly string[],
  after = "",
): (text: string) => string {
  if (hidden.size === 0) return (text) => text;
  const lower = new Set([...hidden].map((service) => service.toLowerCase()));
  // The longest first, and shown names among them: "mongodb-geo" is read before "geo" is.
  const names = [...lower, ...shown.map((service) => service.toLowerCase())]
    .filter((service) => service !== "")
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const any = names.map((service) => service.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&")).join("|");
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}])${after === "" ? "" : `(?<=(?<![\\p{L}\\p{N}])${after})`}(?:${any})(?![\\p{L}\\p{N}])`,
    "giu",
  );
  return (text) => text.replace(pattern, (found) => (lower.has(found.toLowerCase()) ? hiddenService : found));
}

function traceWithout(trace: Trace, hide: (text: string) => string): Trace {
  const instanceOf = (instance: string | null) => (instance === null ? null : hide(instance));
  const isClean = trace.spans.every(
    (span) => hide(span.operation) === span.operation && instanceOf(span.instance) === span.instance,
  );
  if (isClean) return trace;
  return {
    ...trace,
    spans: trace.spans.map((span) => ({
      ...span,
      operation: hide(span.operation),
      instance: instanceOf(span.instance),
    })),
  };
}
