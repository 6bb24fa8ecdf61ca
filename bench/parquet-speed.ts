import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { DuckDBInstance } from "@duckdb/node-api";
import { openFiles } from "../connectors/files/index.ts";
import { peakMb } from "./answer-once.ts";
import { readMachine } from "./machine.ts";

/**
 * How long ten minutes take out of a million log lines and a million spans in Parquet files:
 * `node dist/bench/parquet-speed.js` prints it, docs/telemetry-files.md has the figures. It writes the files
 * itself, 24 hours of twenty services, with times as Parquet keeps them.
 */
const rows = 1_000_000;
const dayMs = 86_400_000;
const windowMs = 600_000;
const rounds = 5;

const at = `make_timestamp(CAST($start * 1000 + row * ${(dayMs * 1_000) / rows} AS BIGINT))`;
const service = "'service-' || (row % 20)";
const logs = `SELECT ${at} AS time, ${service} AS service, ${service} || '-0' AS instance,
  CASE WHEN row % 500 = 0 THEN 'ERROR' ELSE 'INFO' END AS level,
  'request ' || (row * 7919 % 100000) || ' of user ' || (row * 104729 % 5000) || ' done' AS body,
  md5(CAST(row // 4 AS VARCHAR)) AS trace_id, '' AS span_id`;
const spans = `SELECT md5(CAST(row // 4 AS VARCHAR)) AS trace_id, printf('%016x', row) AS span_id,
  CASE WHEN row % 4 = 0 THEN '' ELSE printf('%016x', row - 1) END AS parent_id, ${service} AS service,
  ${service} || '-0' AS instance, '/service.' || (row % 20) || '/Call' AS operation, ${at} AS start,
  1 + row % 90 AS duration, CASE WHEN row % 500 = 0 THEN 'error' ELSE 'ok' END AS status`;

async function fill(folder: string, start: number): Promise<void> {
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  for (const [name, select] of [
    ["logs", logs],
    ["spans", spans],
  ] as const) {
    const sql = `${select} FROM range(${rows}) AS numbers(row)`.replaceAll("$start", String(start));
    await connection.run(`COPY (${sql}) TO '${join(folder, `${name}.parquet`)}' (FORMAT parquet)`);
  }
  connection.closeSync();
  database.closeSync();
}

async function measure(folder: string, start: number): Promise<void> {
  const { signal } = new AbortController();
  const files = await openFiles({ type: "files", path: folder });
  const say = (what: string, since: number, more: string) =>
    process.stdout.write(`${what}: ${Math.round(performance.now() - since)} ms, ${more}\n`);
  let since = performance.now();
  const { services } = await files.inventory.inventory(signal);
  say("inventory", since, `${services.length} services`);
  for (let round = 0; round < rounds; round++) {
    const from = start + ((round + 1) * dayMs) / (rounds + 1);
    const query = { windows: [{ start: from, end: from + windowMs }], services: null, limit: 1_000_000 };
    since = performance.now();
    const counts = await Promise.all(
      files.sources.map(async (source) => (await source.fetch(query, signal)).items.length),
    );
    say("ten minutes of logs and spans", since, `${counts.join(" and ")} items`);
  }
  const { cpu, cores, node } = await readMachine();
  process.stdout.write(`peak memory: ${Math.round(peakMb())} MB\n${cores} cores of ${cpu}, Node ${node}\n`);
  await files.close();
}

const folder = await mkdtemp(join(tmpdir(), "localexpert-bench-"));
try {
  const start = Date.UTC(2026, 10, 23);
  await fill(folder, start);
  await measure(folder, start);
} finally {
  await rm(folder, { recursive: true, force: true });
}
