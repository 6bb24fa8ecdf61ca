import type { Inventory, TelemetryQuery } from "../../pipeline/ports.ts";
import type { CallEdge, Gap, TimeWindow, Topology } from "../../pipeline/types.ts";
import type { Layout, OpenLayout } from "./layout.ts";
import type { ListedFile } from "./listing.ts";
import { readWideMetrics } from "./read-tables.ts";
import type { WideSeries } from "./row-source.ts";
import { lookAtAll, type Scanner } from "./scan.ts";
import { type Summary, summarize } from "./summary.ts";
import type { Table } from "./table.ts";
import { splitLine, unusableGap } from "./table-file.ts";

const metricsFile = /^(?:(.+)\/)?(noissue|(?:train|test)\/issue_\d+)\/metrics\.csv(?:\.gz)?$/;
const graphFile = /^(?:.+\/)?graph\.csv(?:\.gz)?$/;
/** microservice, metric, statistic, and a line that holds only "unix_timestamp". */
const headerLines = 4;
const units: Readonly<Record<string, string>> = { latency: "s", availability: "%", requests: "requests" };
const normalFile = /(?:^|\/)noissue\/metrics\.csv(?:\.gz)?$/;

/** The layout that the PetShop data set was published in: a scenario's folder, or the folder of several. */
export const petshop: Layout = {
  looksFor: '"noissue/metrics.csv" or "{train,test}/issue_N/metrics.csv" (PetShop)',
  recognize: (files) => files.some(({ name }) => metricsFile.test(name)),
  open: openPetshop,
};

function openPetshop(files: readonly ListedFile[], scanner: Scanner): OpenLayout {
  const metrics = files.filter(({ name }) => metricsFile.test(name));
  const known: { inventory: Promise<Extents> | null } = { inventory: null };
  // Every file has its own few rows, and files say nothing about time in their names.
  const extents = (signal: AbortSignal) => {
    known.inventory ??= readExtents(metrics, scanner, signal).catch((error: unknown) => {
      known.inventory = null;
      throw error;
    });
    return known.inventory;
  };
  return {
    metric:
      metrics.length === 0
        ? null
        : async (query, signal) => {
            const within = await extents(signal);
            const wanted = metrics.filter(({ name }) => overlaps(within.get(name)?.extent ?? null, query));
            return readWideMetrics(
              scanner,
              metricTable(wanted, query.services),
              { ...query, services: null },
              signal,
            );
          },
    log: null,
    trace: null,
    files: metrics,
    inventory: async (signal) => takeInventory(files, metrics, await extents(signal), scanner, signal),
  };
}

type Extents = ReadonlyMap<string, Summary>;

async function readExtents(
  metrics: readonly ListedFile[],
  scanner: Scanner,
  signal: AbortSignal,
): Promise<Extents> {
  const extents = new Map<string, Summary>();
  // One after the other: two or three milliseconds each, and hundreds at once would gain nothing.
  for (const file of metrics) {
    extents.set(file.name, await summarize(scanner, metricTable([file], null), signal));
  }
  return extents;
}

/** A file whose rows could not be read has no extent, and is read to say so. */
function overlaps(extent: TimeWindow | null, { windows }: TelemetryQuery): boolean {
  return extent === null || windows.some(({ start, end }) => end > extent.start && start < extent.end);
}

/** One row a time; each column is a node's metric, named by the three header lines. */
function metricTable(files: readonly ListedFile[], services: readonly string[] | null): Table {
  return {
    files,
    skip: headerLines,
    required: [["microservice"]],
    spec: (columns) => {
      const seconds = `TRY_CAST(${columns.at(0)} AS DOUBLE)`;
      const all = seriesOf(columns.head);
      const wanted = [...all].filter(
        ([, { service }]) => services === null || services.includes(service ?? ""),
      );
      const values = wanted.map(([position]) => `number_of(${columns.at(position)})`);
      const unreadable = values.map((_, index) => `_v${index} IS NULL`).join(" OR ") || "false";
      return {
        time: `epoch_number_ms(${seconds})`,
        service: "'petshop'",
        instance: "NULL::VARCHAR",
        series: wanted.map(([, series]) => series),
        values,
        problem: `CASE WHEN _t IS NULL THEN 'its time cannot be read'
          WHEN ${unreadable} THEN 'a value is no number' END`,
        timeColumns: [],
      };
    },
  };
}

/** Position to series, from the three header lines. A metric is named as published: "latency p90". */
function seriesOf(head: readonly string[]): Map<number, WideSeries> {
  const [nodes, metrics, statistics] = head.slice(0, 3).map((line) => splitLine(line, ","));
  const series = new Map<number, WideSeries>();
  for (let position = 1; position < (nodes?.length ?? 0); position++) {
    const [service, metric] = [nodes?.[position] ?? "", metrics?.[position] ?? ""];
    if (service === "" || metric === "") continue;
    const name = `${metric} ${statistics?.[position] ?? ""}`.trim();
    series.set(position, { service, metric: name, unit: units[metric] ?? null });
  }
  return series;
}

async function takeInventory(
  files: readonly ListedFile[],
  metrics: readonly ListedFile[],
  extents: Extents,
  scanner: Scanner,
  signal: AbortSignal,
): Promise<Inventory> {
  const gaps: Gap[] = [];
  const { files: readable } = await lookAtAll(metricTable(metrics, null), signal);
  const nodes = readable.flatMap(({ head }) =>
    [...seriesOf(head).values()].map(({ service }) => service ?? ""),
  );
  const topology = await readGraphs(files, scanner, gaps, signal);
  const known = [...extents.values()].flatMap(({ extent }) => extent ?? []);
  const normal = metrics.filter(({ name }) => normalFile.test(name));
  return {
    services: [...new Set([...nodes, ...(topology?.services ?? [])])].sort(),
    instances: [],
    extent: {
      metric:
        known.length === 0
          ? null
          : {
              start: Math.min(...known.map(({ start }) => start)),
              end: Math.max(...known.map(({ end }) => end)),
            },
      log: null,
      trace: null,
    },
    declaredReference: {
      metric: normal.flatMap(({ name }) => extents.get(name)?.extent ?? []),
      log: [],
      trace: [],
    },
    topology,
    gaps,
  };
}

/** graph.csv is an adjacency matrix: the row's node calls the column's. */
async function readGraphs(
  files: readonly ListedFile[],
  scanner: Scanner,
  gaps: Gap[],
  signal: AbortSignal,
): Promise<Topology | null> {
  const graphs = files.filter(({ name }) => graphFile.test(name));
  const services = new Set<string>();
  const edges = new Map<string, CallEdge>();
  const looked = await lookAtAll({ ...metricTable(graphs, null) }, signal);
  for (const file of looked.files) {
    const columns = splitLine(file.head[0] ?? "", ",");
    for (const line of file.head.slice(1)) {
      if (line === "") continue;
      const cells = splitLine(line, ",");
      const caller = cells[0] ?? "";
      if (cells.length !== columns.length || caller === "") {
        gaps.push({
          from: scanner.from,
          reason: "broken-rows",
          detail: `A row of ${file.name} has not as many cells as the header.`,
        });
        continue;
      }
      services.add(caller);
      for (let position = 1; position < cells.length; position++) {
        const callee = columns[position] ?? "";
        if (Number(cells[position]) > 0 && callee !== "") {
          edges.set(`${caller}\u0000${callee}`, { caller, callee, calls: 1 });
        }
      }
    }
  }
  gaps.push(...looked.unusable.map((file) => unusableGap(scanner.from, file)));
  return services.size === 0 ? null : { services: [...services].sort(), edges: [...edges.values()] };
}
