import type { Fetched, TelemetryQuery } from "../../pipeline/ports.ts";
import type { Gap, Span, TimeWindow } from "../../pipeline/types.ts";
import type { Names } from "../names/names.ts";
import { gatherSpans } from "../thin/gather.ts";
import { sideBySide } from "../thin/side-by-side.ts";
import { type Searched, searchSplit } from "./split-windows.ts";

/** Some traces with all their spans. */
export interface FoundTraces {
  readonly spans: readonly Span[];
  /** So many spans could not be read. */
  readonly broken: number;
  /** The share of traces that is recorded at all, where they say so. */
  readonly sampled: number | null;
}

/** A trace backend that is searched by service, as the reading of traces needs it. */
export interface TraceSearch {
  services(signal: AbortSignal): Promise<readonly string[]>;
  search(service: string, window: TimeWindow, signal: AbortSignal): Promise<Searched<FoundTraces>>;
}

const servicesAtOnce = 4;
const mostSearches = 256;

/**
 * Searches the traces of every service, each trace once: those of several services come from each of
 * them. Full answers are split by time.
 */
export async function readTraces(
  { services, search }: TraceSearch,
  from: string,
  query: TelemetryQuery,
  names: Pick<Names, "serviceOf">,
  signal: AbortSignal,
): Promise<Fetched<Span>> {
  const known = await services(signal);
  const isAsked = (service: string) => query.services === null || query.services.includes(service);
  const asked = known.filter((name) => isAsked(names.serviceOf(name)));
  return gatherSpans(from, query.limit, async (begin, add) => {
    begin();
    const incomplete = new Set<string>();
    const seen = new Set<string>();
    let broken = 0;
    let sampled: number | null = null;
    const wanted = ({ start, service }: Span) =>
      isAsked(service) && query.windows.some((window) => start >= window.start && start < window.end);
    for (const window of query.windows) {
      const read = async (service: string) => {
        const parts: FoundTraces[] = [];
        const { complete } = await searchSplit(
          window,
          mostSearches,
          (part) => search(service, part, signal),
          (found) => parts.push(found),
        );
        if (!complete) incomplete.add(service);
        return parts;
      };
      await sideBySide(asked, servicesAtOnce, read, (parts) => {
        for (const part of parts) {
          broken += part.broken;
          sampled ??= part.sampled;
          for (const found of part.spans) {
            const span = { ...found, service: names.serviceOf(found.service) };
            const key = `${span.traceId} ${span.spanId} ${span.service}`;
            if (seen.has(key) || !wanted(span)) continue;
            seen.add(key);
            add(span);
          }
        }
      });
    }
    return notes(from, [...incomplete].sort(), broken, sampled);
  });
}

function notes(from: string, incomplete: readonly string[], broken: number, sampled: number | null): Gap[] {
  const gaps: Gap[] = [];
  if (incomplete.length > 0) {
    const named = incomplete.slice(0, 5).join(", ");
    const detail = `${from} has more traces of ${named}${incomplete.length > 5 ? " and others" : ""} than its searches give; some were not read.`;
    gaps.push({ from, reason: "truncated", detail });
  }
  if (broken > 0) {
    gaps.push({
      from,
      reason: "broken-rows",
      detail: `${broken.toLocaleString("en")} spans could not be read.`,
    });
  }
  if (sampled !== null) {
    const detail = `Only ${Number((sampled * 100).toPrecision(3))} % of all requests are traced.`;
    gaps.push({ from, reason: "truncated", detail });
  }
  return gaps;
}
