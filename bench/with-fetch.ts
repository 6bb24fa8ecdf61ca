import type { Fetched, Source, TelemetryQuery, Toolbox } from "../pipeline/ports.ts";
import type { LogLine, RawSeries, Span } from "../pipeline/types.ts";

export type Fetch<Item> = (query: TelemetryQuery, signal: AbortSignal) => Promise<Fetched<Item>>;

/** What takes the place of each kind of source's `fetch`. */
export interface FetchChange {
  metric(fetch: Fetch<RawSeries>): Fetch<RawSeries>;
  log(fetch: Fetch<LogLine>): Fetch<LogLine>;
  trace(fetch: Fetch<Span>): Fetch<Span>;
}

/** The same toolbox, whose sources fetch in another way. */
export function withFetch(toolbox: Toolbox, change: FetchChange): Toolbox {
  return { ...toolbox, sources: toolbox.sources.map((source) => changedSource(source, change)) };
}

/** The same change for every kind of source. */
export function everyFetch(change: <Item>(fetch: Fetch<Item>) => Fetch<Item>): FetchChange {
  return { metric: (fetch) => change(fetch), log: (fetch) => change(fetch), trace: (fetch) => change(fetch) };
}

function changedSource(source: Source, change: FetchChange): Source {
  switch (source.modality) {
    case "metric":
      return { ...source, fetch: change.metric(source.fetch) };
    case "log":
      return { ...source, fetch: change.log(source.fetch) };
    case "trace":
      return { ...source, fetch: change.trace(source.fetch) };
  }
}
