import { chmod, mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, it, onTestFinished } from "vitest";
import { openFiles } from "../../../../connectors/files/index.ts";
import { describeSource } from "../../../contract/source.ts";
import { allTime, at, openTemporary, read, temporaryFolder, writeFolder } from "./folder.ts";

const live = () => new AbortController().signal;
const minute = 60_000;
const noon = at("2026-11-23T12:00:00Z");

function telemetry() {
  const metrics = ["time,service,instance,metric,value,unit"];
  const logs = ["time,service,instance,level,body,trace_id,span_id"];
  const spans = ["trace_id,span_id,parent_id,service,instance,operation,start,duration,status"];
  for (let step = 0; step < 60; step++) {
    const time = new Date(noon + step * minute).toISOString();
    for (const service of ["geo", "search"]) {
      metrics.push(`${time},${service},${service}-1,cpu,${step},%`);
      logs.push(`${time},${service},${service}-1,INFO,"step ${step}, all well",,`);
      const parent = service === "geo" ? `s${step}` : "";
      spans.push(`t${step},${service[0]}${step},${parent},${service},${service}-1,Nearby,${time},12.5,ok`);
    }
  }
  return { metrics: metrics.join("\n"), logs: logs.join("\n"), spans: spans.join("\n") };
}

describeSource("The project's own layout", async () => {
  const { metrics, logs, spans } = telemetry();
  const folder = await writeFolder({
    "metrics/a.csv": metrics,
    "logs/deep/er/b.csv.gz": gzipSync(logs),
    "spans.csv": spans,
  });
  const connector = await openFiles({ type: "files", path: folder });
  const window = { start: noon + 10 * minute, end: noon + 20 * minute };
  const other = { start: noon + 40 * minute, end: noon + 45 * minute };
  return {
    cases: connector.sources.map((source) => ({ source, window, other, service: "geo" })),
    close: async () => {
      await connector.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe("The project's own layout", () => {
  it("reads metrics, logs and spans with all their fields", async () => {
    const connector = await openTemporary({
      "metrics.csv":
        "time,service,instance,metric,value,unit\n2026-11-23T12:00:00Z,geo,geo-1,cpu,1.5,%\n2026-11-23T12:01:00Z,geo,geo-1,cpu,,%\n2026-11-23T12:02:00Z,geo,,cpu,NaN,%\n",
      "logs.csv":
        'time,service,instance,level,body,trace_id,span_id\n2026-11-23T12:00:00.25Z,geo,,WARN,"two\nlines, ""quoted""",abc,def\n',
      "spans.csv":
        "trace_id,span_id,parent_id,service,instance,operation,start,duration,status\nt,b,a,geo,geo-1,Nearby,2026-11-23T12:00:00.5Z,3.5,ERROR\nt,a,root,search,,Find,2026-11-23T12:00:00Z,7,\n",
    });

    const metrics = await read(connector, "metric", [allTime]);
    const logs = await read(connector, "log", [allTime]);
    const spans = await read(connector, "trace", [allTime]);

    expect(metrics.gaps).toEqual([]);
    expect(metrics.items).toEqual([
      {
        key: { service: "geo", instance: null, metric: "cpu" },
        unit: "%",
        samples: { t: Float64Array.of(noon + 2 * minute), v: Float64Array.of(Number.NaN) },
      },
      {
        key: { service: "geo", instance: "geo-1", metric: "cpu" },
        unit: "%",
        samples: { t: Float64Array.of(noon, noon + minute), v: Float64Array.of(1.5, Number.NaN) },
      },
    ]);
    expect(logs).toEqual({
      gaps: [],
      items: [
        {
          t: noon + 250,
          service: "geo",
          instance: null,
          level: "WARN",
          body: 'two\nlines, "quoted"',
          traceId: "abc",
          spanId: "def",
        },
      ],
    });
    expect(spans).toEqual({
      gaps: [],
      items: [
        {
          traceId: "t",
          spanId: "a",
          parentId: null,
          service: "search",
          instance: null,
          operation: "Find",
          start: noon,
          durationMs: 7,
          status: "unset",
        },
        {
          traceId: "t",
          spanId: "b",
          parentId: "a",
          service: "geo",
          instance: "geo-1",
          operation: "Nearby",
          start: noon + 500,
          durationMs: 3.5,
          status: "error",
        },
      ],
    });
  });

  it.each([
    ["ISO with a zone", "2026-11-23T14:00:00+02:00"],
    ["ISO without a zone, which is UTC", "2026-11-23 12:00:00"],
    ["seconds", String(noon / 1000)],
    ["seconds with a fraction", `${noon / 1000}.0`],
    ["milliseconds", String(noon)],
    ["microseconds", `${noon}000`],
    ["nanoseconds", `${noon}000000`],
  ])("reads a time given as %s", async (_, time) => {
    const connector = await openTemporary({
      "metrics.csv": `time,service,metric,value\n${time},geo,cpu,1\n`,
    });

    const { items, gaps } = await read(connector, "metric", [allTime]);

    expect(gaps).toEqual([]);
    expect([...(items[0]?.samples.t ?? [])]).toEqual([noon]);
  });

  it("reads JSON lines, plain and compressed, and names a line that is none", async () => {
    const line = (step: number) =>
      JSON.stringify({ time: noon + step, service: "geo", body: { step }, level: "INFO" });
    const connector = await openTemporary({
      "logs/a.jsonl": `${line(0)}\n{"time": 1, "serv\n\n[1,2]\n${line(1)}\n`,
      "logs/b.ndjson.gz": gzipSync(`${line(2)}\n`),
    });

    const { items, gaps } = await read(connector, "log", [allTime]);

    expect(items.map(({ body }) => body)).toEqual(['{"step":0}', '{"step":1}', '{"step":2}']);
    expect(gaps.map(({ detail }) => detail)).toEqual([
      "2 of 4 rows of logs/a.jsonl could not be read: first at line 2: it is no JSON object.",
    ]);
  });

  it("reads Parquet with times of its own type and as numbers", async () => {
    const folder = await temporaryFolder({
      "logs.csv": "time,service,body\n2026-11-23T12:00:00Z,geo,hello\n",
    });
    await mkdir(join(folder, "metrics"));
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const select = "'geo' AS service, 'cpu' AS metric, range::DOUBLE AS value FROM range(100)";
    const start = "TIMESTAMP '2026-11-23 12:00:00' + range * INTERVAL 1 MINUTE";
    const targets = [
      ["stamp", `${start} AS time`],
      ["zone", `(${start})::TIMESTAMPTZ AS time`],
      ["nanos", `epoch_ns(${start}) AS time`],
    ];
    await connection.run("SET TimeZone = 'UTC'");
    for (const [name, time] of targets) {
      await connection.run(
        `COPY (SELECT ${time}, '${name}' AS instance, ${select}) TO '${folder}/metrics/${name}.parquet'`,
      );
    }
    connection.closeSync();
    const connector = await openFiles({ type: "files", path: folder });

    const { items, gaps } = await read(connector, "metric", [
      { start: noon + 10 * minute, end: noon + 12 * minute },
    ]);
    const { extent } = await connector.inventory.inventory(live());
    await connector.close();

    expect(gaps).toEqual([]);
    expect(items.map(({ key, samples }) => [key.instance, [...samples.t], [...samples.v]])).toEqual(
      ["nanos", "stamp", "zone"].map((name) => [name, [noon + 10 * minute, noon + 11 * minute], [10, 11]]),
    );
    expect(extent.metric).toEqual({ start: noon, end: noon + 99 * minute + 1 });
  });

  it("knows services, instances, extents, declared periods and the call graph", async () => {
    const connector = await openTemporary({
      "metrics.csv": "time,service,instance,metric,value\n2026-11-23T12:00:00Z,geo,geo-1,cpu,1\n",
      "logs.csv": "time,service,body\n2026-11-23T12:30:00Z,search,hello\n",
      "topology.csv": "caller,callee\nsearch,geo\ngeo,mongodb-geo\nbroken\n",
      "reference.json": JSON.stringify({
        periods: [
          { start: "2026-11-23T10:00:00Z", end: "2026-11-23T11:00:00Z" },
          { start: "2026-11-23T08:00:00+01:00", end: "2026-11-23T09:00:00+01:00", modalities: ["log"] },
          { start: "2026-11-23T11:00:00Z", end: "2026-11-23T10:00:00Z" },
        ],
      }),
    });

    const inventory = await connector.inventory.inventory(live());

    const hour = { start: at("2026-11-23T10:00:00Z"), end: at("2026-11-23T11:00:00Z") };
    expect(inventory.services).toEqual(["geo", "mongodb-geo", "search"]);
    expect(inventory.instances).toEqual([{ service: "geo", instance: "geo-1" }]);
    expect(inventory.extent).toEqual({
      metric: { start: noon, end: noon + 1 },
      log: { start: noon + 30 * minute, end: noon + 30 * minute + 1 },
      trace: null,
    });
    expect(inventory.declaredReference).toEqual({
      metric: [hour],
      log: [hour, { start: at("2026-11-23T07:00:00Z"), end: at("2026-11-23T08:00:00Z") }],
      trace: [hour],
    });
    expect(inventory.topology?.edges).toEqual([
      { caller: "search", callee: "geo", calls: 1 },
      { caller: "geo", callee: "mongodb-geo", calls: 1 },
    ]);
    expect(inventory.gaps.map(({ reason }) => reason)).toEqual(["broken-rows", "no-reference"]);
    expect(connector.sources.map(({ modality }) => modality)).toEqual(["metric", "log"]);
  });
});

describe("Broken rows and files", () => {
  const header = "time,service,instance,metric,value,unit";
  const row = (step: number) => `${new Date(noon + step * minute).toISOString()},geo,geo-1,cpu,${step},%`;

  it("counts rows of every kind of damage, says where the first is, and reads the others", async () => {
    const rows = [
      row(0),
      row(1),
      "yesterday,geo,geo-1,cpu,1,%",
      `${noon},geo,geo-1,cpu,high,%`,
      `${noon},geo`,
      `${noon},,x,cpu,1,%`,
      `${row(2)},more`,
      row(3),
    ];
    const connector = await openTemporary({ "metrics/a.csv": [header, ...rows].join("\n") });

    const { items, gaps } = await read(connector, "metric", [allTime]);

    expect([...(items[0]?.samples.v ?? [])]).toEqual([0, 1, 3]);
    expect(gaps.map(({ reason, detail }) => [reason, detail])).toEqual([
      [
        "broken-rows",
        "5 of 8 rows of metrics/a.csv could not be read: first at line 4: its time cannot be read.",
      ],
    ]);
  });

  it("loses one row and not the rest of the file to a quote that stays open", async () => {
    const rows = Array.from({ length: 5000 }, (_, step) => row(step));
    rows[10] = `${new Date(noon + 10 * minute).toISOString()},geo,"geo-1,cpu,10,%`;
    const connector = await openTemporary({ "metrics.csv": [header, ...rows].join("\n") });

    const { items, gaps } = await read(connector, "metric", [allTime]);

    expect(items[0]?.samples.v.length).toBe(4999);
    expect(gaps.map(({ detail }) => detail)).toEqual([
      "1 of 5,000 rows of metrics.csv could not be read: first at line 12: its fields or quotes do not match the header.",
    ]);
  });

  it("reads a file whose line ends are mixed", async () => {
    const connector = await openTemporary({
      "metrics.csv": `${header}\r\n${row(0)}\n${row(1)}\r\n${row(2)}\n`,
    });

    const { items, gaps } = await read(connector, "metric", [allTime]);

    expect([...(items[0]?.samples.v ?? [])]).toEqual([0, 1, 2]);
    expect(gaps).toEqual([]);
  });

  it("names each file that is not what its name says, and reads the others", async () => {
    const good = gzipSync([header, ...Array.from({ length: 3000 }, (_, step) => row(step))].join("\n"));
    const folder = await temporaryFolder({
      "metrics/good.csv": `${header}\n${row(0)}\n`,
      "metrics/cut.csv.gz": good.subarray(0, good.length - 900),
      "metrics/text.csv.gz": `${header}\n${row(1)}\n`,
      "metrics/text.parquet": `${header}\n${row(1)}\n`,
      "metrics/gzip.csv": good,
      "metrics/empty.csv": "",
      "metrics/other.csv": "a,b\n1,2\n",
      "metrics/cut.parquet": "PAR1 but no more",
      "metrics/fake.parquet": "PAR1 but no morePAR1",
    });
    await mkdir(join(folder, "metrics/folder.csv"));
    const connector = await openFiles({ type: "files", path: folder });

    const { items, gaps } = await read(connector, "metric", [allTime]);
    await connector.close();

    expect(items[0]?.samples.v.length).toBeGreaterThan(1000);
    const details = gaps.map(({ detail }) => detail);
    for (const expected of [
      /metrics\/cut\.csv\.gz could be read only in part: it was cut off/,
      /metrics\/text\.csv\.gz could not be read: by its name it is gzip, but it holds text/,
      /metrics\/text\.parquet could not be read: by its name it is Parquet, but it holds text/,
      /metrics\/gzip\.csv could not be read: by its name it is text, but it holds gzip/,
      /metrics\/empty\.csv could not be read: it is empty/,
      /metrics\/other\.csv could not be read: it has no column "time", only "a", "b"/,
      /metrics\/cut\.parquet could not be read: the end of the Parquet file is missing/,
      /metrics\/fake\.parquet could not be read: its Parquet content is damaged/,
      /metrics\/folder\.csv could not be read: it is a folder/,
    ]) {
      expect(details).toContainEqual(expect.stringMatching(expected));
    }
    expect(gaps.every(({ reason }) => reason === "broken-rows")).toBe(true);
  });

  it("takes file names with quotes and wildcards as they are", async () => {
    const line = (value: number) => `${header}\n${noon + value},geo,geo-1,cpu,${value},%\n`;
    const connector = await openTemporary({
      "metrics/it's.csv": line(1),
      "metrics/a[1].csv": line(2),
      "metrics/a*.csv": line(3),
      "metrics/date=2026/x'); DROP TABLE y; --.csv": line(4),
    });

    const { items, gaps } = await read(connector, "metric", [allTime]);

    expect([...(items[0]?.samples.v ?? [])]).toEqual([1, 2, 3, 4]);
    expect(gaps).toEqual([]);
  });

  it.each([
    ["is missing", async () => "/nowhere/at/all", /does not exist/],
    ["is empty", () => temporaryFolder({}), /is empty/],
    [
      "holds no layout",
      () => temporaryFolder({ "notes.txt": "hello" }),
      /none of what was looked for.*metrics\/.*rca_data|none of what was looked for/,
    ],
    [
      "is a file",
      async () => join(await temporaryFolder({ "metrics.csv": header }), "metrics.csv"),
      /no folder/,
    ],
    [
      "holds only unusable files",
      () => temporaryFolder({ "metrics.csv.gz": "text", "logs.parquet": "text" }),
      /No file in .* can be read/,
    ],
  ])("refuses a folder that %s, and names the remedy", async (_, make, message) => {
    const opening = openFiles({ type: "files", path: await make() });

    await expect(opening).rejects.toMatchObject({
      code: "source-invalid",
      message: expect.stringMatching(message),
    });
    await expect(openFiles({ type: "files", path: await make() })).rejects.toThrow(
      /docs\/telemetry-files\.md/,
    );
  });

  it.skipIf(process.getuid?.() === 0)(
    "names a file that may not be read (skipped for root, who may)",
    async () => {
      const folder = await temporaryFolder({
        "metrics/a.csv": `${header}\n${row(0)}\n`,
        "metrics/b.csv": header,
      });
      await chmod(join(folder, "metrics/b.csv"), 0);
      const connector = await openFiles({ type: "files", path: folder });

      const { gaps } = await read(connector, "metric", [allTime]);
      await connector.close();

      expect(gaps.map(({ detail }) => detail)).toEqual([
        "metrics/b.csv could not be read: there is no permission to read it.",
      ]);
    },
  );
});

describe("Links", () => {
  const log = (body: string) => `time,service,body\n2026-11-23T12:00:00Z,geo,${body}\n`;

  it("are followed out of the folder, to folders and to files", async () => {
    const elsewhere = await temporaryFolder({ "a.csv": log("in a folder"), "b/c.csv": log("a file") });
    const folder = await temporaryFolder({ "logs/d.csv": log("here") });
    await mkdir(join(folder, "logs/more"));
    await symlink(join(elsewhere, "a.csv"), join(folder, "logs/file.csv"));
    await symlink(join(elsewhere, "b"), join(folder, "logs/more/folder"));

    const connector = await openFiles({ type: "files", path: folder });
    onTestFinished(() => connector.close());
    const { items, gaps } = await read(connector, "log", [allTime]);

    expect(items.map(({ body }) => body).sort()).toEqual(["a file", "here", "in a folder"]);
    expect(gaps).toEqual([]);
  });

  it("that go in a circle, or to what is read anyway, add nothing; one that leads nowhere is named", async () => {
    const folder = await temporaryFolder({ "logs/a.csv": log("one") });
    await symlink(".", join(folder, "logs/loop"));
    await symlink(join(folder, "logs"), join(folder, "logs/again"));
    await symlink("a.csv", join(folder, "logs/copy.csv"));
    await symlink("nothing.csv", join(folder, "logs/dead.csv"));

    const connector = await openFiles({ type: "files", path: folder, name: "test" });
    onTestFinished(() => connector.close());
    const { items, gaps } = await read(connector, "log", [allTime]);

    expect(items).toHaveLength(1);
    expect(gaps).toEqual([
      {
        from: "test",
        reason: "broken-rows",
        detail: "logs/dead.csv could not be read: it does not exist.",
      },
    ]);
  });
});

describe("Limits", () => {
  it("keeps errors and the first of every statement when there are too many lines", async () => {
    const lines = ["time,service,level,body"];
    for (let step = 0; step < 5000; step++) {
      lines.push(`${noon + step},geo,INFO,request ${step} done`);
      if (step % 1000 === 500) lines.push(`${noon + step},geo,ERROR,broken ${step}`);
      if (step === 4000) lines.push(`${noon + step},geo,INFO,a rare statement`);
    }
    const connector = await openTemporary({ "logs.csv": lines.join("\n") });

    const { items, gaps } = await read(connector, "log", [allTime], 200);

    expect(items.length).toBeLessThanOrEqual(200);
    expect(items.filter(({ level }) => level === "ERROR")).toHaveLength(5);
    expect(items.filter(({ body }) => body === "a rare statement")).toHaveLength(1);
    const middle = noon + 2500;
    expect(items.filter(({ t }) => t < middle).length).toBeGreaterThan(20);
    expect(items.filter(({ t }) => t >= middle).length).toBeGreaterThan(20);
    expect(gaps[0]).toMatchObject({
      reason: "truncated",
      detail: expect.stringMatching(/^Of 5,006 log lines /),
    });
  });

  it("keeps whole traces, those with errors among them, when there are too many spans", async () => {
    const spans = ["trace_id,span_id,parent_id,service,operation,start,duration,status"];
    for (let step = 0; step < 1000; step++) {
      spans.push(`t${step},a${step},,search,Find,${noon + step * 10},5,${step === 777 ? "error" : "ok"}`);
      spans.push(`t${step},b${step},a${step},geo,Nearby,${noon + step * 10 + 1},3,ok`);
    }
    const connector = await openTemporary({ "spans.csv": spans.join("\n") });

    const { items, gaps } = await read(connector, "trace", [allTime], 100);

    const sizes = new Map<string, number>();
    for (const { traceId } of items) sizes.set(traceId, (sizes.get(traceId) ?? 0) + 1);
    expect(items.length).toBeGreaterThan(50);
    expect(items.length).toBeLessThanOrEqual(100);
    expect([...sizes.values()].every((size) => size === 2)).toBe(true);
    expect(sizes.has("t777")).toBe(true);
    expect(sizes.has("t0")).toBe(true);
    expect(gaps[0]?.detail).toMatch(/^Of 2,000 spans \d+ were read \(\d+ of 1,000 traces, whole\)/);
  });

  it("keeps every series when there are too many samples", async () => {
    const rows = ["time,service,metric,value"];
    for (let step = 0; step < 1000; step++) {
      for (const metric of ["a", "b", "c"]) rows.push(`${noon + step * minute},geo,${metric},${step}`);
    }
    const connector = await openTemporary({ "metrics.csv": rows.join("\n") });

    const { items, gaps } = await read(connector, "metric", [allTime], 300);

    expect(items.map(({ key }) => key.metric)).toEqual(["a", "b", "c"]);
    for (const { samples } of items) {
      expect(samples.v.length).toBeGreaterThan(40);
      expect(samples.v.length).toBeLessThanOrEqual(100);
    }
    expect(gaps.map(({ reason }) => reason)).toEqual(["truncated"]);
  });
});

describe("A large file", () => {
  it("is sampled for its services and times, to its end, and says so", async () => {
    const padding = "x".repeat(1000);
    const lines = Array.from({ length: 60_000 }, (_, step) => {
      const service = step > 59_990 ? 'late, and "quoted"' : "geo";
      return `${new Date(noon + step * 1000).toISOString()},"${service.replaceAll('"', '""')}",${padding}`;
    });
    const connector = await openTemporary({ "logs.csv": `time,service,body\n${lines.join("\n")}\n` });

    const { services, extent, gaps } = await connector.inventory.inventory(live());

    expect(services).toEqual(["geo", 'late, and "quoted"']);
    expect(extent.log).toEqual({ start: noon, end: noon + 59_999_000 + 1 });
    expect(gaps.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^logs\.csv is large \(\d+ MB\)/),
    ]);
  });
});
