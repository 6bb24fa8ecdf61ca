import { open } from "node:fs/promises";
import type { Inventory } from "../../pipeline/ports.ts";
import type { Gap, Modality, TimeWindow } from "../../pipeline/types.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";
import { columnsOf, type FileGroup, keysOf, type RowSpec, rowsOf, rowsOfText } from "./row-source.ts";
import { groupTable, type Scanner } from "./scan.ts";
import type { Table } from "./table.ts";
import type { TableFile } from "./table-file.ts";

/** A text file beyond this is sampled: reading it whole would delay every first question. */
const wholeBytes = 48 * 1024 * 1024;
const gzipRatio = 8;
const headRows = 100_000;
const blocks = 12;
const blockBytes = 128 * 1024;

export interface Summary {
  readonly instances: ReadonlyMap<string, ReadonlySet<string>>;
  readonly extent: TimeWindow | null;
  readonly gaps: readonly Gap[];
}

/** Which services and instances a table knows and when it begins and ends; large text files by a sample. */
export async function summarize(scanner: Scanner, table: Table, signal: AbortSignal): Promise<Summary> {
  const { groups } = await groupTable(scanner, table, signal);
  const found = collectSummary();
  const gaps: Gap[] = [];
  for (const group of groups) {
    const small = group.files.filter((file) => !isLarge(file));
    if (small.length > 0) await readWhole(scanner, { ...group, files: small }, table, found, null, signal);
    for (const file of group.files.filter(isLarge)) {
      await readWhole(scanner, { ...group, files: [file] }, table, found, headRows, signal);
      if (!file.gzip) await readBlocks(scanner, file, table, found, signal);
      const size = (file.bytes / 2 ** 20).toFixed(0);
      const detail = `${file.name} is large (${size} MB): its services and times were read from a sample. Parquet files are read whole.`;
      gaps.push({ from: scanner.from, reason: "truncated", detail });
    }
  }
  return { instances: found.instances, extent: found.extent(), gaps };
}

function isLarge(file: TableFile): boolean {
  return file.encoding !== "parquet" && file.bytes * (file.gzip ? gzipRatio : 1) > wholeBytes;
}

function collectSummary() {
  const instances = new Map<string, Set<string>>();
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  return {
    instances,
    add(service: string, instance: string | null, first: number, last: number) {
      const known = instances.get(service) ?? new Set<string>();
      if (instance !== null) known.add(instance);
      instances.set(service, known);
      start = Math.min(start, first);
      end = Math.max(end, last);
    },
    /** Half-open: the last telemetry belongs to it. */
    extent: (): TimeWindow | null => (start <= end ? { start, end: end + 1 } : null),
  };
}

async function readWhole(
  scanner: Scanner,
  group: FileGroup,
  table: Table,
  found: ReturnType<typeof collectSummary>,
  limit: number | null,
  signal: AbortSignal,
): Promise<void> {
  const spec = table.spec(columnsOf(group));
  try {
    await aggregate(scanner, selectOf(group, spec, limit), found, signal);
  } catch (error) {
    throwIfAborted(signal, error);
    // A file whose line ends or quotes are broken: split by line it can be read, as the scan will do.
    for (const file of group.files)
      await readAlone(scanner, { ...group, files: [file] }, spec, found, limit, signal);
  }
}

/** What cannot be read at all is left to the scan, which names it. */
async function readAlone(
  scanner: Scanner,
  group: FileGroup,
  spec: RowSpec,
  found: ReturnType<typeof collectSummary>,
  limit: number | null,
  signal: AbortSignal,
): Promise<void> {
  const isText = group.files[0]?.encoding === "csv";
  for (const byLine of isText ? [false, true] : [false]) {
    try {
      await aggregate(scanner, selectOf({ ...group, byLine }, spec, limit), found, signal);
      return;
    } catch (error) {
      throwIfAborted(signal, error);
    }
  }
}

function selectOf(group: FileGroup, spec: RowSpec, limit: number | null): string {
  return `SELECT ${spec.time} AS t, ${spec.service} AS service, ${spec.instance} AS instance
    FROM (${rowsOf(group, false)}${limit === null ? "" : ` LIMIT ${limit}`})`;
}

async function aggregate(
  scanner: Scanner,
  rows: string,
  found: ReturnType<typeof collectSummary>,
  signal: AbortSignal,
): Promise<void> {
  const sql = `SELECT service, instance, min(t), max(t) FROM (${rows})
    WHERE t IS NOT NULL AND service IS NOT NULL AND service <> '' GROUP BY service, instance`;
  const session = await scanner.database.open();
  try {
    await session.query(sql, signal, (chunk) => {
      const [services, instances, firsts, lasts] = [0, 1, 2, 3].map((index) => chunk.column(index));
      for (let row = 0; row < chunk.rowCount; row++) {
        const instance = instances?.[row];
        found.add(
          String(services?.[row]),
          typeof instance === "string" ? instance : null,
          Number(firsts?.[row]),
          Number(lasts?.[row]),
        );
      }
    });
  } finally {
    session.close();
  }
}

/** Reads a few blocks spread over a plain text file, the last one at its end. */
async function readBlocks(
  scanner: Scanner,
  file: TableFile,
  table: Table,
  found: ReturnType<typeof collectSummary>,
  signal: AbortSignal,
): Promise<void> {
  const lines: string[] = [];
  const handle = await open(file.path, "r");
  try {
    const buffer = Buffer.alloc(blockBytes);
    for (let block = 1; block <= blocks; block++) {
      const at = Math.max(0, Math.floor((file.bytes * block) / blocks) - blockBytes);
      const { bytesRead } = await handle.read(buffer, 0, blockBytes, at);
      const whole = buffer.toString("utf8", 0, bytesRead).split("\n").slice(1, -1);
      lines.push(...whole);
    }
  } finally {
    await handle.close();
  }
  const keys = file.encoding === "jsonl" ? keysOf(table.spec) : [];
  const spec = table.spec(columnsOf({ files: [file], byLine: true, parquet: [], skip: table.skip, keys }));
  const source = rowsOfText(file, keys, lines.join("\n").replaceAll("\r", ""));
  await aggregate(
    scanner,
    `SELECT ${spec.time} AS t, ${spec.service} AS service, ${spec.instance} AS instance FROM (${source})`,
    found,
    signal,
  );
}

/** What the summaries of a folder's tables tell together. */
export function inventoryOf(summaries: ReadonlyMap<Modality, Summary>): Omit<Inventory, "gaps"> {
  const instances = new Map<string, Set<string>>();
  for (const summary of summaries.values()) {
    for (const [service, names] of summary.instances) {
      instances.set(service, new Set([...(instances.get(service) ?? []), ...names]));
    }
  }
  const services = [...instances.keys()].sort();
  const extentOf = (modality: Modality) => summaries.get(modality)?.extent ?? null;
  return {
    services,
    instances: services.flatMap((service) =>
      [...(instances.get(service) ?? [])].sort().map((instance) => ({ service, instance })),
    ),
    extent: { metric: extentOf("metric"), log: extentOf("log"), trace: extentOf("trace") },
    declaredReference: { metric: [], log: [], trace: [] },
    topology: null,
  };
}
