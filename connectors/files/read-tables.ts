import type { Fetched, TelemetryQuery } from "../../pipeline/ports.ts";
import type { Gap, LogLine, RawSeries, Span } from "../../pipeline/types.ts";
import { type Scanner, scan, type Table } from "./scan.ts";
import { collectSeries } from "./series.ts";
import { collectLogs, collectSpans } from "./thin.ts";

/** Files of neighbouring minutes overlap, by up to a third; only beyond this share is it worth a word. */
const repeatedShare = 0.5;

/** Values: one number per series of the spec. */
export async function readWideMetrics(
  scanner: Scanner,
  table: Table,
  query: TelemetryQuery,
  signal: AbortSignal,
): Promise<Fetched<RawSeries>> {
  let series = collectSeries(query.limit);
  const { gaps } = await scan(
    scanner,
    table,
    query,
    {
      begin: () => {
        series = collectSeries(query.limit);
      },
      rows(count, t, service, values) {
        const { instances } = values;
        values.series.forEach((one, column) => {
          const numbers = values.numbers(column);
          for (let row = 0; row < count; row++) {
            series.add(
              one.service ?? service[row] ?? "",
              instances[row] ?? null,
              one.metric,
              one.unit,
              t[row] ?? 0,
              numbers[row] ?? Number.NaN,
            );
          }
        });
      },
    },
    signal,
  );
  return {
    items: series.finish(),
    gaps: [...gaps, ...truncated(scanner, "samples", series.seen, series.kept)],
  };
}

/** Values in order: metric, unit, value. */
export async function readLongMetrics(
  scanner: Scanner,
  table: Table,
  query: TelemetryQuery,
  signal: AbortSignal,
): Promise<Fetched<RawSeries>> {
  let series = collectSeries(query.limit);
  const { gaps } = await scan(
    scanner,
    table,
    query,
    {
      begin: () => {
        series = collectSeries(query.limit);
      },
      rows(count, t, service, values) {
        const { instances } = values;
        const [metrics, units, numbers] = [values.texts(0), values.texts(1), values.numbers(2)];
        for (let row = 0; row < count; row++) {
          const metric = metrics[row] ?? "";
          series.add(
            service[row] ?? "",
            instances[row] ?? null,
            metric,
            units[row] ?? null,
            t[row] ?? 0,
            numbers[row] ?? Number.NaN,
          );
        }
      },
    },
    signal,
  );
  return {
    items: series.finish(),
    gaps: [...gaps, ...truncated(scanner, "samples", series.seen, series.kept)],
  };
}

/** What a layout makes of a log row's text: its level (where the row has none) and what was said. */
export type ReadBody = (body: string) => { readonly level: string | null; readonly body: string };

/** Values in order: level, body, trace id, span id. */
export async function readLogLines(
  scanner: Scanner,
  table: Table,
  readBody: ReadBody | null,
  query: TelemetryQuery,
  signal: AbortSignal,
): Promise<Fetched<LogLine>> {
  let collector = collectLogs(query.limit);
  const { gaps } = await scan(
    scanner,
    table,
    query,
    {
      begin: () => {
        collector = collectLogs(query.limit);
      },
      rows(count, t, service, values) {
        const { instances } = values;
        const [levels, bodies, traceIds, spanIds] = [0, 1, 2, 3].map((index) => values.texts(index));
        for (let row = 0; row < count; row++) {
          const text = bodies?.[row] ?? "";
          const read = readBody === null ? { level: null, body: text } : readBody(text);
          collector.add({
            t: t[row] ?? 0,
            service: service[row] ?? "",
            instance: instances[row] ?? null,
            level: levels?.[row] ?? read.level,
            body: read.body,
            traceId: traceIds?.[row] ?? null,
            spanId: spanIds?.[row] ?? null,
          });
        }
      },
    },
    signal,
  );
  const lines = [...collector.lines].sort((a, b) => a.t - b.t);
  const unique = withoutRepeats(lines, ({ t }) => t, sameLine);
  const kept = truncated(scanner, "log lines", collector.seen, lines.length);
  return {
    items: unique,
    gaps: [...gaps, ...kept, ...repeated(scanner, "log lines", lines.length, unique.length)],
  };
}

/** Values in order: trace id, span id, parent id, operation, duration in ms, status. */
export async function readSpans(
  scanner: Scanner,
  table: Table,
  query: TelemetryQuery,
  signal: AbortSignal,
): Promise<Fetched<Span>> {
  let collector = collectSpans(query.limit);
  const { gaps } = await scan(
    scanner,
    table,
    query,
    spanSink(
      () => {
        collector = collectSpans(query.limit);
      },
      (span) => collector.add(span),
    ),
    signal,
  );
  let spans = collector.spans;
  const notes: Gap[] = [];
  if (spans === null) {
    const chosen = collector.chosen();
    const kept: Span[] = [];
    const begin = () => {
      kept.length = 0;
    };
    const add = (span: Span) => {
      if (chosen.has(span.traceId)) kept.push(span);
    };
    await scan(scanner, table, query, spanSink(begin, add), signal);
    spans = kept;
    notes.push(
      ...truncated(
        scanner,
        "spans",
        collector.seen,
        kept.length,
        `${number(chosen.size)} of ${number(collector.traces)} traces, whole`,
      ),
    );
  }
  const sorted = [...spans].sort((a, b) => a.start - b.start);
  const unique = withoutRepeats(sorted, ({ start }) => start, sameSpan);
  return {
    items: unique,
    gaps: [...gaps, ...notes, ...repeated(scanner, "spans", sorted.length, unique.length)],
  };
}

function spanSink(begin: () => void, add: (span: Span) => void): Parameters<typeof scan>[3] {
  return {
    begin,
    rows(count, t, service, values) {
      const { instances } = values;
      const [traceIds, spanIds, parentIds, operations] = [0, 1, 2, 3].map((index) => values.texts(index));
      const [durations, statuses] = [values.numbers(4), values.texts(5)];
      for (let row = 0; row < count; row++) {
        const status = statuses[row];
        add({
          traceId: traceIds?.[row] ?? "",
          spanId: spanIds?.[row] ?? "",
          parentId: parentIds?.[row] ?? null,
          service: service[row] ?? "",
          instance: instances[row] ?? null,
          operation: operations?.[row] ?? "",
          start: t[row] ?? 0,
          durationMs: durations[row] ?? 0,
          status: status === "ok" || status === "error" ? status : "unset",
        });
      }
    },
  };
}

function sameLine(a: LogLine, b: LogLine): boolean {
  return (
    a.body === b.body &&
    a.service === b.service &&
    a.instance === b.instance &&
    a.traceId === b.traceId &&
    a.spanId === b.spanId
  );
}

function sameSpan(a: Span, b: Span): boolean {
  return (
    a.spanId === b.spanId && a.traceId === b.traceId && a.service === b.service && a.operation === b.operation
  );
}

/** Repeated items have the same time, so in sorted order they are neighbours or nearly so. */
function withoutRepeats<Item>(
  sorted: readonly Item[],
  timeOf: (item: Item) => number,
  same: (a: Item, b: Item) => boolean,
): Item[] {
  const unique: Item[] = [];
  let tieFrom = 0;
  for (const item of sorted) {
    const last = unique[unique.length - 1];
    if (last === undefined || timeOf(last) !== timeOf(item)) tieFrom = unique.length;
    let repeats = false;
    for (let i = unique.length - 1; i >= tieFrom && !repeats; i--) {
      const earlier = unique[i];
      repeats = earlier !== undefined && same(earlier, item);
    }
    if (!repeats) unique.push(item);
  }
  return unique;
}

function truncated(scanner: Scanner, noun: string, seen: number, kept: number, how?: string): Gap[] {
  if (kept >= seen) return [];
  const detail = `Of ${number(seen)} ${noun} ${number(kept)} were read${how === undefined ? "" : ` (${how})`}: the others are beyond the limit of one question.`;
  return [{ from: scanner.from, reason: "truncated", detail }];
}

function repeated(scanner: Scanner, noun: string, all: number, unique: number): Gap[] {
  if (all - unique <= all * repeatedShare) return [];
  const detail = `${number(all - unique)} of ${number(all)} ${noun} were in the files more than once and are counted once.`;
  return [{ from: scanner.from, reason: "broken-rows", detail }];
}

function number(value: number): string {
  return value.toLocaleString("en");
}
