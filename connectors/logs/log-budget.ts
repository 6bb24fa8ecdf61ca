import type { Fetched, TelemetryQuery } from "../../pipeline/ports.ts";
import type { Gap, LogLine, TimeWindow } from "../../pipeline/types.ts";
import type { Names } from "../names/names.ts";
import { collectLogs, type ThinnedService } from "../thin/collect-logs.ts";
import { fairShare } from "../thin/fair-share.ts";
import { gatheredLogs, perService } from "../thin/gather.ts";
import { sideBySide } from "../thin/side-by-side.ts";

/** Which lines of a backend are meant. */
export interface LogSelection {
  readonly window: TimeWindow;
  /** By the names that the backend knows them by. Null: of all services. */
  readonly services: readonly string[] | null;
  /** Only lines that look like errors. */
  readonly errors: boolean;
}

/** A log backend, as the reading of logs needs it. */
export interface LogPages {
  /** The services there are in the window, by the names that selections know them by. */
  services(window: TimeWindow, signal: AbortSignal): Promise<readonly string[]>;
  /** How many lines there are; it may be off by a little, and may count lines of other services too. */
  count(selection: LogSelection, signal: AbortSignal): Promise<number>;
  /**
   * Lines from the oldest on, page by page, until `onPage` returns false or there are no more. Gaps tell
   * of lines that could not be had.
   */
  read(
    selection: LogSelection,
    signal: AbortSignal,
    onPage: (lines: readonly LogLine[]) => boolean,
  ): Promise<readonly Gap[]>;
}

/** So many times the limit are read whole, and thinned while they come. */
const wholeFactor = 2;
/** The parts of a window from whose beginnings a sample is taken, over all that is sampled. */
const sampleParts = 60;
const fewestParts = 6;
const errorShare = 0.5;
const partsAtOnce = 4;
/** Each service is counted and sampled by itself up to so many. */
const mostServices = 50;
/** Counts that add up to more than this many times the whole count lines of others too. */
const tellsApart = 1.5;

/**
 * Reads the lines of every window to its end. Where there are far more than the limit, reading all of them
 * would keep a person waiting for minutes: then every service has the same share of the limit. Those with less
 * are read whole; of the others errors are read up to half of their share, and the first lines of each of some
 * even parts of the window. A gap says so, with the numbers.
 */
export async function readLogPages(
  pages: LogPages,
  from: string,
  { windows, services, limit }: TelemetryQuery,
  names: Pick<Names, "namesOf">,
  signal: AbortSignal,
): Promise<Fetched<LogLine>> {
  const collector = collectLogs(limit);
  const gaps: Gap[] = [];
  const sampled: Sampled[] = [];
  const share = Math.max(1, Math.floor(limit / windows.length));
  const called = services === null ? null : [...new Set(services.flatMap((one) => names.namesOf(one)))];
  for (const window of windows) {
    const selection = { window, services: called, errors: false };
    const total = await pages.count(selection, signal);
    const wanted = (line: LogLine) =>
      line.t >= window.start && line.t < window.end && (services === null || services.includes(line.service));
    const take = (lines: readonly LogLine[]) => {
      for (const line of lines) if (wanted(line)) collector.add(line);
    };
    if (total <= share * wholeFactor) {
      gaps.push(...(await readWhole(pages, selection, signal, take)));
      continue;
    }
    const each = await countedServices(pages, selection, total, signal);
    const most = fairShare(
      each.map(({ total: count }) => count),
      share,
    );
    const noisy = each.filter(({ total: count }) => count > most);
    const parts = Math.max(fewestParts, Math.floor(sampleParts / Math.max(1, noisy.length)));
    for (const one of each) {
      if (one.total <= most) gaps.push(...(await readWhole(pages, one.selection, signal, take)));
      else {
        const before = collector.seen;
        gaps.push(...(await sample(pages, one.selection, { most, parts }, signal, take)));
        sampled.push({ service: one.service, seen: one.total, kept: collector.seen - before });
      }
    }
  }
  if (sampled.length > 0) gaps.push(sampleGap(from, sampled));
  const gathered = gatheredLogs(from, collector);
  const said = sampled.length > 0;
  return {
    items: gathered.items,
    gaps: [...gaps, ...gathered.gaps.filter(({ reason }) => !(said && reason === "truncated"))],
  };
}

interface Counted {
  /** Null: all of the selection's together. */
  readonly service: string | null;
  readonly selection: LogSelection;
  readonly total: number;
}

type Sampled = Omit<ThinnedService, "service"> & Pick<Counted, "service">;

/** The services of a selection with their numbers of lines; all as one where they cannot be told apart. */
async function countedServices(
  pages: LogPages,
  selection: LogSelection,
  total: number,
  signal: AbortSignal,
): Promise<readonly Counted[]> {
  const together = [{ service: null, selection, total }];
  const known = selection.services ?? (await pages.services(selection.window, signal));
  const services = [...new Set(known)].sort();
  if (services.length < 2 || services.length > mostServices) return together;
  const each: Counted[] = [];
  const count = async (service: string) => {
    const one = { ...selection, services: [service] };
    return { service, selection: one, total: await pages.count(one, signal) };
  };
  await sideBySide(services, partsAtOnce, count, (one) => each.push(one));
  const sum = each.reduce((all, one) => all + one.total, 0);
  return sum > total * tellsApart || sum < total / tellsApart
    ? together
    : each.filter((one) => one.total > 0);
}

function readWhole(
  pages: LogPages,
  selection: LogSelection,
  signal: AbortSignal,
  take: (lines: readonly LogLine[]) => void,
): Promise<readonly Gap[]> {
  return pages.read(selection, signal, (lines) => {
    take(lines);
    return true;
  });
}

function sampleGap(from: string, sampled: readonly Sampled[]): Gap {
  const sum = (of: (one: Sampled) => number) => sampled.reduce((all, one) => all + of(one), 0);
  const of = new Map<string, { service: string; seen: number; kept: number }>();
  for (const { service, seen, kept } of sampled) {
    if (service === null) continue;
    const known = of.get(service) ?? { service, seen: 0, kept: 0 };
    of.set(service, { service, seen: known.seen + seen, kept: known.kept + kept });
  }
  const loudest = [...of.values()].sort((a, b) => b.seen - a.seen);
  const named = loudest.length === 0 ? "" : ` (${perService(loudest)}; other services whole)`;
  const detail = `Of about ${number(sum(({ seen }) => seen))} log lines ${number(sum(({ kept }) => kept))} were read${named}: errors first, up to half, and the first of even parts of the window. Ask about fewer services or a shorter window to see more.`;
  return { from, reason: "truncated", detail };
}

async function sample(
  pages: LogPages,
  { window, services }: LogSelection,
  { most, parts }: { readonly most: number; readonly parts: number },
  signal: AbortSignal,
  take: (lines: readonly LogLine[]) => void,
): Promise<readonly Gap[]> {
  const gaps: Gap[] = [];
  const upTo = (count: number, give: (lines: readonly LogLine[]) => void) => {
    let left = count;
    return (lines: readonly LogLine[]) => {
      give(lines.slice(0, left));
      left -= lines.length;
      return left > 0;
    };
  };
  const mostErrors = Math.floor(most * errorShare);
  gaps.push(...(await pages.read({ window, services, errors: true }, signal, upTo(mostErrors, take))));
  const length = (window.end - window.start) / parts;
  const windows = Array.from({ length: parts }, (_, index) => ({
    start: window.start + index * length,
    end: window.start + (index + 1) * length,
  }));
  const each = Math.max(1, Math.floor((most - mostErrors) / parts));
  const read = async (part: TimeWindow) => {
    const lines: LogLine[] = [];
    const notes = await pages.read(
      { window: part, services, errors: false },
      signal,
      upTo(each, (some) => lines.push(...some)),
    );
    return { lines, notes };
  };
  await sideBySide(windows, partsAtOnce, read, ({ lines, notes }) => {
    take(lines);
    gaps.push(...notes);
  });
  return gaps;
}

function number(value: number): string {
  return value.toLocaleString("en");
}
