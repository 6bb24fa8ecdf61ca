import type { Fetched, TelemetryQuery } from "../../pipeline/ports.ts";
import type { Gap, LogLine, TimeWindow } from "../../pipeline/types.ts";
import type { Names } from "../names/names.ts";
import { collectLogs } from "../thin/collect.ts";
import { gatheredLogs } from "../thin/gather.ts";
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
/** The parts of a window from whose beginnings a sample is taken. */
const sampleParts = 60;
const errorShare = 0.5;
const partsAtOnce = 4;

/**
 * Reads the lines of every window to its end. Where there are far more than the limit, reading all of them
 * would keep a person waiting for minutes: then all errors are read up to half of the limit, and the first
 * lines of each of sixty even parts of the window. A gap says so, with the numbers.
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
  const sampled = { total: 0, read: 0 };
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
      const notes = await pages.read(selection, signal, (lines) => {
        take(lines);
        return true;
      });
      gaps.push(...notes);
      continue;
    }
    const before = collector.seen;
    gaps.push(...(await sample(pages, selection, share, signal, take)));
    sampled.total += total;
    sampled.read += collector.seen - before;
  }
  if (sampled.total > 0) {
    const detail = `Of about ${number(sampled.total)} log lines ${number(sampled.read)} were read: errors up to ${number(Math.floor(share * errorShare))}, and the first of each of ${sampleParts} even parts of the window. Ask about fewer services or a shorter window to see more.`;
    gaps.push({ from, reason: "truncated", detail });
  }
  const gathered = gatheredLogs(from, collector);
  const said = sampled.total > 0;
  return {
    items: gathered.items,
    gaps: [...gaps, ...gathered.gaps.filter(({ reason }) => !(said && reason === "truncated"))],
  };
}

async function sample(
  pages: LogPages,
  { window, services }: LogSelection,
  share: number,
  signal: AbortSignal,
  take: (lines: readonly LogLine[]) => void,
): Promise<readonly Gap[]> {
  const gaps: Gap[] = [];
  const upTo = (most: number, give: (lines: readonly LogLine[]) => void) => {
    let left = most;
    return (lines: readonly LogLine[]) => {
      give(lines.slice(0, left));
      left -= lines.length;
      return left > 0;
    };
  };
  const mostErrors = Math.floor(share * errorShare);
  gaps.push(...(await pages.read({ window, services, errors: true }, signal, upTo(mostErrors, take))));
  const length = (window.end - window.start) / sampleParts;
  const parts = Array.from({ length: sampleParts }, (_, index) => ({
    start: window.start + index * length,
    end: window.start + (index + 1) * length,
  }));
  const each = Math.max(1, Math.floor((share - mostErrors) / sampleParts));
  const read = async (part: TimeWindow) => {
    const lines: LogLine[] = [];
    const notes = await pages.read(
      { window: part, services, errors: false },
      signal,
      upTo(each, (some) => lines.push(...some)),
    );
    return { lines, notes };
  };
  await sideBySide(parts, partsAtOnce, read, ({ lines, notes }) => {
    take(lines);
    gaps.push(...notes);
  });
  return gaps;
}

function number(value: number): string {
  return value.toLocaleString("en");
}
