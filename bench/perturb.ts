import { xoshiro } from "../pipeline/learn/xoshiro.ts";
import type { Inventory, InventorySource, Toolbox } from "../pipeline/ports.ts";
import type { LogLine, Modality, RawSeries, Span, TimeWindow } from "../pipeline/types.ts";
import { renaming } from "./renaming.ts";
import { everyFetch, type Fetch, withFetch } from "./with-fetch.ts";

/** Ways to make a case harder without changing what its truth is. */
export const perturbationNames = [
  "asked 60 s earlier",
  "asked 30 s earlier",
  "asked 30 s later",
  "asked 60 s later",
  "window of 5 minutes",
  "window of 10 minutes",
  "window of 15 minutes",
  "no metrics",
  "no logs",
  "no traces",
  "half the traces",
  "half the log lines",
  "a minute of logs and traces missing",
  "a third of the normal minutes",
  "services renamed",
  "no declared normal period",
] as const;
export type PerturbationName = (typeof perturbationNames)[number];

/** What is asked, and of which telemetry. */
export interface Asked {
  readonly text: string;
  readonly askedAt: number;
}

export interface Perturbed {
  readonly asked: Asked;
  readonly toolbox: Toolbox;
  /** Gives back the name that a service or instance has in the data. */
  readonly original: (name: string) => string;
}

const minuteMs = 60_000;
const lastMinutes = /last (\d+) minutes?/;

/**
 * One case made harder. What is random about it depends on the seed alone.
 *
 * Shape:  a question without "last N minutes" keeps its window where that should change.
 */
export function perturb(
  name: PerturbationName,
  asked: Asked,
  toolbox: Toolbox,
  inventory: Inventory,
  seed: number,
): Perturbed {
  const same = { asked, toolbox, original: (service: string) => service };
  switch (name) {
    case "asked 60 s earlier":
      return { ...same, asked: { ...asked, askedAt: asked.askedAt - 60_000 } };
    case "asked 30 s earlier":
      return { ...same, asked: { ...asked, askedAt: asked.askedAt - 30_000 } };
    case "asked 30 s later":
      return { ...same, asked: { ...asked, askedAt: asked.askedAt + 30_000 } };
    case "asked 60 s later":
      return { ...same, asked: { ...asked, askedAt: asked.askedAt + 60_000 } };
    case "window of 5 minutes":
      return { ...same, asked: longer(asked, 5) };
    case "window of 10 minutes":
      return { ...same, asked: longer(asked, 10) };
    case "window of 15 minutes":
      return { ...same, asked: longer(asked, 15) };
    case "no metrics":
      return { ...same, toolbox: without("metric", toolbox) };
    case "no logs":
      return { ...same, toolbox: without("log", toolbox) };
    case "no traces":
      return { ...same, toolbox: without("trace", toolbox) };
    case "half the traces":
      return { ...same, toolbox: filtered(toolbox, { span: ({ traceId }) => chance(seed, traceId) < 0.5 }) };
    case "half the log lines":
      return {
        ...same,
        toolbox: filtered(toolbox, { line: ({ t, body }) => chance(seed, `${t} ${body}`) < 0.5 }),
      };
    case "a minute of logs and traces missing":
      return { ...same, toolbox: withoutMinute(toolbox, asked, seed) };
    case "a third of the normal minutes":
      return { ...same, toolbox: inventoried(toolbox, firstThird) };
    case "services renamed":
      return renamed(asked, toolbox, inventory, seed);
    case "no declared normal period":
      return { ...same, toolbox: inventoried(toolbox, undeclared) };
  }
}

/** How far back a perturbed question reaches; null where it says no minutes. */
export function lookbackOf({ text }: Asked): number | null {
  const minutes = lastMinutes.exec(text)?.[1];
  return minutes === undefined ? null : Number(minutes) * minuteMs;
}

/** Never shorter than what was asked. */
function longer(asked: Asked, minutes: number): Asked {
  const known = lookbackOf(asked);
  if (known === null || known >= minutes * minuteMs) return asked;
  return { ...asked, text: asked.text.replace(lastMinutes, `last ${minutes} minutes`) };
}

function without(modality: Modality, toolbox: Toolbox): Toolbox {
  return { ...toolbox, sources: toolbox.sources.filter((source) => source.modality !== modality) };
}

interface Keep {
  readonly span?: (span: Span) => boolean;
  readonly line?: (line: LogLine) => boolean;
}

function filtered(toolbox: Toolbox, { span, line }: Keep): Toolbox {
  return withItems(toolbox, {
    span: (spans) => (span === undefined ? spans : spans.filter(span)),
    line: (lines) => (line === undefined ? lines : lines.filter(line)),
    series: (series) => series,
  });
}

interface Change {
  span(spans: readonly Span[]): readonly Span[];
  line(lines: readonly LogLine[]): readonly LogLine[];
  series(series: readonly RawSeries[]): readonly RawSeries[];
}

/** The same sources with other items. */
function withItems(toolbox: Toolbox, change: Change): Toolbox {
  return withFetch(toolbox, {
    metric: (fetch) => changed(fetch, change.series),
    log: (fetch) => changed(fetch, change.line),
    trace: (fetch) => changed(fetch, change.span),
  });
}

function changed<Item>(fetch: Fetch<Item>, change: (items: readonly Item[]) => readonly Item[]): Fetch<Item> {
  return async (query, signal) => {
    const fetched = await fetch(query, signal);
    return { ...fetched, items: change(fetched.items) };
  };
}

/** A number in [0, 1) that belongs to this name. */
function chance(seed: number, name: string): number {
  return xoshiro(seed, name)();
}

function withoutMinute(toolbox: Toolbox, asked: Asked, seed: number): Toolbox {
  const lookback = lookbackOf(asked) ?? minuteMs;
  const minutes = Math.max(1, Math.floor(lookback / minuteMs));
  const at = Math.floor(chance(seed, `minute ${asked.askedAt}`) * minutes);
  const start = asked.askedAt - lookback + at * minuteMs;
  const isThere = (t: number) => t < start || t >= start + minuteMs;
  return filtered(toolbox, { span: (span) => isThere(span.start), line: ({ t }) => isThere(t) });
}

function inventoried(toolbox: Toolbox, change: (inventory: Inventory) => Inventory): Toolbox {
  return {
    ...toolbox,
    inventories: toolbox.inventories.map(
      ({ name, inventory }): InventorySource => ({
        name,
        inventory: async (signal) => change(await inventory(signal)),
      }),
    ),
  };
}

function firstThird(inventory: Inventory): Inventory {
  const cut = ({ start, end }: TimeWindow) => ({ start, end: start + (end - start) / 3 });
  const { metric, log, trace } = inventory.declaredReference;
  return {
    ...inventory,
    declaredReference: { metric: metric.map(cut), log: log.map(cut), trace: trace.map(cut) },
  };
}

function undeclared(inventory: Inventory): Inventory {
  return { ...inventory, declaredReference: { metric: [], log: [], trace: [] } };
}

function renamed(asked: Asked, toolbox: Toolbox, inventory: Inventory, seed: number): Perturbed {
  const names = renaming(inventory, seed);
  const items = withItems(toolbox, {
    span: (spans) =>
      spans.map((span) => ({
        ...span,
        ...names.place(span),
        operation: names.operation(span.operation),
        ...(span.peer === undefined ? {} : { peer: names.operation(span.peer) }),
      })),
    line: (lines) => lines.map((line) => ({ ...line, ...names.place(line) })),
    series: (series) => series.map((one) => ({ ...one, key: { ...one.key, ...names.place(one.key) } })),
  });
  return {
    asked: { ...asked, text: names.text(asked.text) },
    toolbox: inventoried(
      withFetch(
        items,
        everyFetch((fetch) => (query, signal) => fetch(names.query(query), signal)),
      ),
      names.inventory,
    ),
    original: names.original,
  };
}
