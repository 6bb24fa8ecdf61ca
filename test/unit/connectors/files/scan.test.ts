import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Database, openDatabase, type Session } from "../../../../connectors/files/duckdb.ts";
import { localExpert } from "../../../../connectors/files/local-expert.ts";
import { type RowSink, scan } from "../../../../connectors/files/scan.ts";
import type { Table } from "../../../../connectors/files/table.ts";

const rowsPerFile = 5000;
const files = ["a.csv", "b.csv", "c.csv"];
const signal = new AbortController().signal;

let folder: string;
let database: Database;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "localexpert-scan-"));
  for (const name of files) {
    const rows = Array.from({ length: rowsPerFile }, (_, row) => `${row},${basename(name, ".csv")}\n`);
    await writeFile(join(folder, name), `time,service\n${rows.join("")}`);
  }
  database = openDatabase({ folders: [folder], files: [] });
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

function table(): Table {
  return {
    files: files.map((name) => ({ path: join(folder, name), name })),
    skip: 1,
    required: [["time"], ["service"]],
    spec: (columns) => ({
      time: `TRY_CAST(${columns.text("time")} AS DOUBLE)`,
      service: columns.text("service"),
      instance: "NULL::VARCHAR",
      values: [],
      problem: "NULL::VARCHAR",
      timeColumns: [],
    }),
  };
}

interface Opened {
  readonly alone: boolean;
  readonly others: number;
}

/** A database whose streams over all files at once end after their first chunk, the first `times` times. */
function endingEarly(times: number): Database & { readonly opened: Opened[] } {
  const opened: Opened[] = [];
  let left = times;
  let open = 0;
  const cut = (session: Session, alone: boolean): Session => {
    opened.push({ alone, others: open++ });
    return {
      query: session.query,
      async stream(sql, abort, onChunk) {
        const together = files.every((name) => sql.includes(name));
        const early = together && left > 0;
        if (early) left--;
        let chunks = 0;
        await session.stream(sql, abort, (chunk) => {
          if (!early || chunks++ === 0) onChunk(chunk);
        });
      },
      close() {
        open--;
        session.close();
      },
    };
  };
  return {
    opened,
    open: async () => cut(await database.open(), false),
    openAlone: async () => cut(await database.openAlone(), true),
    close: () => database.close(),
  };
}

async function read(from: Database) {
  const count = new Map<string, number>();
  const sink: RowSink = {
    begin: () => count.clear(),
    rows: (_, __, services) => {
      for (const service of services) count.set(service, (count.get(service) ?? 0) + 1);
    },
  };
  const windows = [{ start: 0, end: 1e12 }];
  const scanner = { database: from, from: "shop logs", quirky: new Set<string>() };
  const { gaps } = await scan(scanner, table(), { windows, services: null }, sink, signal);
  return { rows: Object.fromEntries(count), gaps };
}

describe("a reading that ends before its last row with nothing wrong in any file", () => {
  it("is begun once more with nothing else being read", async () => {
    const flaky = endingEarly(1);
    const beside = await flaky.open();
    const reading = read(flaky);
    // The second reading waits for this one, and the first did not.
    await expect.poll(() => flaky.opened.length).toBe(2);
    beside.close();

    const { rows, gaps } = await reading;

    expect({ rows, gaps }).toEqual({
      rows: { a: rowsPerFile, b: rowsPerFile, c: rowsPerFile },
      gaps: [],
    });
    expect(flaky.opened.slice(2).every(({ alone, others }) => alone && others === 0)).toBe(true);
  });

  it("is an error that names the source when it ends early again", async () => {
    await expect(read(endingEarly(2))).rejects.toMatchObject({
      code: "source-unavailable",
      message: expect.stringContaining("shop logs: reading 3 files ended half way, twice"),
    });
  });
});

describe("JSON lines", () => {
  it("are parsed once each, which needs little memory", async () => {
    // Reading each key by itself took 105 MB for lines like these, and 20 MB at once.
    const small = openDatabase({ folders: [folder], files: [] }, "48MB");
    onTestFinished(() => small.close());
    const line = (row: number) =>
      `{"time":${1_800_000_000_000 + row},"service":"geo","instance":"geo-1","level":"INFO","body":"request ${row}: ${"all is well ".repeat(8)}","trace_id":"${row}","span_id":"${row}"}\n`;
    const count = 20_000;
    await writeFile(
      join(folder, "logs.jsonl"),
      Array.from({ length: count }, (_, row) => line(row)).join(""),
    );
    const listed = { path: join(folder, "logs.jsonl"), name: "logs.jsonl" };
    const scanner = { database: small, from: "shop logs", quirky: new Set<string>() };
    const layout = await localExpert.open([listed], scanner);

    const query = { windows: [{ start: 0, end: 4e12 }], services: null, limit: count };
    const fetched = await layout.log?.(query, signal);

    expect(fetched?.items).toHaveLength(count);
    expect(fetched?.gaps).toEqual([]);
  });
});
