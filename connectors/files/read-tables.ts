import type { Fetched, TelemetryQuery } from "../../pipeline/ports.ts";
import type { LogLine, RawSeries, Span } from "../../pipeline/types.ts";
import { collectLogs } from "../thin/collect-logs.ts";
import { gatheredLogs, gatherSpans, truncated } from "../thin/gather.ts";
import { type Scanner, scan } from "./scan.ts";
import { collectSeries } from "./series.ts";
import type { Table } from "./table.ts";

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
    gaps: [...gaps, ...truncated(scanner.from, "samples", series.seen, series.kept)],
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
    gaps: [...gaps, ...truncated(scanner.from, "samples", series.seen, series.kept)],
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
  const gathered = gatheredLogs(scanner.from, collector);
  return { items: gathered.items, gaps: [...gaps, ...gathered.gaps] };
}

/** Values in order: trace id, span id, parent id, operation, duration in ms, status. */
export function readSpans(
  scanner: Scanner,
  table: Table,
  query: TelemetryQuery,
  signal: AbortSignal,
): Promise<Fetched<Span>> {
  return gatherSpans(scanner.from, query.limit, async (begin, add) => {
    const { gaps } = await scan(scanner, table, query, spanSink(begin, add), signal);
    return gaps;
  });
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
