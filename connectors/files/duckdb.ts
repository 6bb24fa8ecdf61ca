import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBResult } from "@duckdb/node-api";
import { BotError } from "../../pipeline/errors.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";
import type { Listing } from "./listing.ts";
import { sharedOrAlone } from "./shared-or-alone.ts";

/** Enough for the hash tables and CSV buffers of one query over files of any size; results stream out. */
const memoryLimit = "384MB";
const threads = "2";

/**
 * Times in whatever form people export them. `epoch_ms_of` is NULL for what is no time.
 * Numbers are told apart by magnitude: below 1e11 seconds, 1e14 milliseconds, 1e17 microseconds, else
 * nanoseconds; each covers 1973 to 5138. A time without a zone is UTC.
 * Times are whole microseconds: a nanosecond is finer than a number of milliseconds can hold.
 * `number_of` is NULL for what is no number; "NaN" and "" are missing values, not wrong ones.
 */
const macros = [
  `CREATE MACRO epoch_number_ms(x) AS CASE
     WHEN x IS NULL OR NOT isfinite(x) THEN NULL
     WHEN abs(x) < 1e11 THEN x * 1e3 WHEN abs(x) < 1e14 THEN x WHEN abs(x) < 1e17 THEN x / 1e3
     ELSE round(x / 1e3) / 1e3 END`,
  // TIMESTAMP_NS and not TIMESTAMPTZ: the same answers in a third of the time, without the time-zone library.
  `CREATE MACRO instant_ms(x) AS CASE
     WHEN isfinite(TRY_CAST(x AS TIMESTAMP_NS)) THEN epoch_us(TRY_CAST(x AS TIMESTAMP_NS))::DOUBLE / 1e3 END`,
  `CREATE MACRO epoch_ms_of(x) AS coalesce(instant_ms(x), epoch_number_ms(TRY_CAST(x AS DOUBLE)))`,
  // Words are looked at only in cells that are no number: tens of thousands of cells a question.
  `CREATE MACRO number_of(x) AS CASE WHEN x IS NULL THEN 'NaN'::DOUBLE ELSE coalesce(TRY_CAST(x AS DOUBLE),
     CASE WHEN lower(trim(x)) IN ('', 'nan', 'null', 'none') THEN 'NaN'::DOUBLE END) END`,
];

/** One streamed chunk of a result: the columns' values, in the order of the SELECT list. */
export interface Chunk {
  readonly rowCount: number;
  column(index: number): readonly unknown[];
}

/** A connection of its own, with its own rejected rows; closed by `close`. */
export interface Session {
  /** The whole result of a small query, chunk by chunk. Rejects when it fails or is aborted. */
  query(sql: string, signal: AbortSignal, onChunk: (chunk: Chunk) => void): Promise<void>;
  /**
   * Streams a query; `onChunk` sees at most a few thousand rows at once, in order. A query that fails
   * half way just ends here (duckdb-node-neo gives no error for it; see duckdb/duckdb-rs#832 for the
   * cause), so whoever streams must know the last row when he sees it (`selectToTheEnd`).
   */
  stream(sql: string, signal: AbortSignal, onChunk: (chunk: Chunk) => void): Promise<void>;
  close(): void;
}

export interface Database {
  open(): Promise<Session>;
  /**
   * Waits until every other session is closed; until this one is closed there is no other. All sessions share
   * one memory limit, and this one has it all. Whoever opens it must hold no session himself.
   */
  openAlone(): Promise<Session>;
  /** Interrupts what still runs and waits for it: the process must not end under a query at work (workUnderWay). */
  close(): Promise<void>;
}

/**
 * An in-memory DuckDB that can read files under the folders, and the files, and nothing else: no network, no
 * extensions, no other path, whatever a file name or a query holds.
 */
export function openDatabase(roots: Listing["roots"], memory = memoryLimit): Database {
  // Loading the native library blocks for up to 0.2 s: only a query is worth that, and by then the first stage
  // was told.
  let creating: Promise<DuckDBInstance> | null = null;
  const work = workUnderWay();
  const room = sharedOrAlone();
  async function open(alone: boolean): Promise<Session> {
    const leave = await room.enter(alone);
    try {
      return await work.add(null, async () => {
        creating ??= createInstance(roots, memory);
        return openSession(await (await creating).connect(), work, leave);
      });
    } catch (error) {
      leave();
      throw error;
    }
  }
  return {
    open: () => open(false),
    openAlone: () => open(true),
    async close() {
      await work.end();
      const instance = await creating?.catch(() => null);
      instance?.closeSync();
    },
  };
}

interface WorkUnderWay {
  /** Runs `native`, which `connection` can interrupt; rejects with "cancelled" after `end`. */
  add<Result>(connection: DuckDBConnection | null, native: () => Promise<Result>): Promise<Result>;
  /** Interrupts what runs, and waits for it. */
  end(): Promise<void>;
}

const interruptEveryMs = 20;

/** Node aborts with an uncaught C++ exception when it ends while a native call has yet to report back. */
function workUnderWay(): WorkUnderWay {
  const running = new Map<Promise<unknown>, DuckDBConnection | null>();
  let ended = false;
  return {
    async add(connection, native) {
      if (ended) throw new BotError("cancelled", "The telemetry was closed.");
      const result = native();
      running.set(result, connection);
      try {
        return await result;
      } finally {
        running.delete(result);
      }
    },
    async end() {
      ended = true;
      while (running.size > 0) {
        // More than once: a query that has not quite begun does not hear it.
        for (const connection of running.values()) connection?.interrupt();
        await Promise.race([Promise.allSettled(running.keys()), sleep(interruptEveryMs)]);
      }
    },
  };
}

async function createInstance(roots: Listing["roots"], memory: string): Promise<DuckDBInstance> {
  const duckdb = await import("@duckdb/node-api");
  const instance = await duckdb.DuckDBInstance.create(":memory:", {
    threads,
    memory_limit: memory,
    temp_directory: "",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  const settings = [
    "SET GLOBAL TimeZone = 'UTC'",
    `SET GLOBAL allowed_directories = [${roots.folders.map((path) => sqlText(path.endsWith("/") ? path : `${path}/`)).join(", ")}]`,
    `SET GLOBAL allowed_paths = [${roots.files.map(sqlText).join(", ")}]`,
    "SET GLOBAL enable_external_access = false",
    "SET GLOBAL lock_configuration = true",
  ];
  try {
    for (const sql of [...macros, ...settings]) await connection.run(sql);
  } finally {
    connection.closeSync();
  }
  return instance;
}

function openSession(connection: DuckDBConnection, work: WorkUnderWay, leave: () => void): Session {
  async function chunks(
    start: () => Promise<DuckDBResult>,
    signal: AbortSignal,
    onChunk: (chunk: Chunk) => void,
  ): Promise<void> {
    throwIfAborted(signal);
    const interrupt = () => connection.interrupt();
    // One listener per query that runs, and a folder of many files has many: no leak, as Node suspects from 11 on.
    setMaxListeners(0, signal);
    signal.addEventListener("abort", interrupt, { once: true });
    try {
      const result = await start();
      for (;;) {
        const chunk = await result.fetchChunk();
        throwIfAborted(signal);
        if (chunk === null || chunk.rowCount === 0) return;
        onChunk(readable(chunk));
      }
    } catch (error) {
      throwIfAborted(signal, error);
      throw error;
    } finally {
      signal.removeEventListener("abort", interrupt);
    }
  }
  return {
    query: (sql, signal, onChunk) =>
      work.add(connection, () => chunks(() => connection.run(sql), signal, onChunk)),
    stream: (sql, signal, onChunk) =>
      work.add(connection, () => chunks(() => connection.stream(sql), signal, onChunk)),
    close() {
      connection.closeSync();
      leave();
    },
  };
}

function readable(chunk: DuckDBDataChunk): Chunk {
  return {
    rowCount: chunk.rowCount,
    column: (index) => chunk.getColumnValues(index),
  };
}

/** A string literal. The only way a name from a file or a question gets into SQL. */
export function sqlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A quoted column name. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A literal for a path argument, where DuckDB would otherwise expand `*`, `?` and `[…]`. */
export function sqlPath(path: string): string {
  return sqlText(path.replace(/[*?[]/g, "[$&]"));
}
