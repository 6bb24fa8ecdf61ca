import { rm } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openFiles } from "../../../../connectors/files/index.ts";
import { readNezhaLog } from "../../../../connectors/files/nezha-log.ts";
import { describeSource } from "../../../contract/source.ts";
import { allTime, at, openTemporary, read, writeFolder } from "./folder.ts";

const live = () => new AbortController().signal;
const day = "rca_data/2023-01-29";
const pods = ["ts-travel-service-64469b5b48-25zj6", "ts-seat-service-5c95b49cff-tdsdz"];

function nanos(iso: string, extra = "000000"): string {
  return `${Date.parse(iso)}${extra}`;
}

function logLine(time: string, pod: string, message: string): string {
  const text = `16:42:22.382 INFO  t.s.Impl#5 TraceID: abc SpanID: def ${message}\n`;
  const cell = JSON.stringify({ log: text, stream: "stdout", time }).replaceAll('"', '""');
  return `${time},${nanos(time)},33.33.33.1,${pod},server,abc,def,"${cell}"`;
}

const logHeader = "Timestamp,TimeUnixNano,Node,PodName,Container,TraceID,SpanID,Log";
const spanHeader = "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration";

function folder() {
  const files: Record<string, Buffer> = {};
  const zip = (name: string, lines: readonly string[]) => {
    files[name] = gzipSync(`${lines.join("\n")}\n`);
  };
  for (const minutes of ["43", "44", "45"]) {
    const times = [0, 10, 20].map((s) => `2023-01-29T08:${minutes}:${String(s + 10)}.000Z`);
    zip(`${day}/log/08_${minutes}_log.csv.gz`, [
      logHeader,
      ...times.flatMap((time) => pods.map((pod) => logLine(time, pod, "[hello]"))),
    ]);
    const spans = times.flatMap((time, i) =>
      pods.map(
        (pod, k) =>
          `t${minutes}${i},s${k},${k === 0 ? "root" : "s0"},${pod},GET,${nanos(time)},${nanos(time)},1500`,
      ),
    );
    zip(`${day}/trace/08_${minutes}_trace.csv.gz`, [spanHeader, ...spans]);
  }
  for (const pod of pods) {
    const rows = [41, 42, 43, 44, 45].map(
      (m) => `2023-01-29 08:${m}:10.649486457 +0000 UTC m=+1.7,99999999999,${pod},${m},,NaN`,
    );
    zip(`${day}/metric/${pod}_metric.csv.gz`, [
      "Time,TimeStamp,PodName,CpuUsageRate(%),MemoryUsage(Mi),PodServerLatencyP90(s)",
      ...rows,
    ]);
  }
  return files;
}

describeSource("The Nezha layout", async () => {
  const path = await writeFolder(folder());
  const connector = await openFiles({ type: "files", path });
  const window = { start: at("2023-01-29T08:42:30Z"), end: at("2023-01-29T08:43:40Z") };
  const other = { start: at("2023-01-29T08:45:00Z"), end: at("2023-01-29T08:46:00Z") };
  return {
    cases: connector.sources.map((source) => ({ source, window, other, service: "ts-travel-service" })),
    close: async () => {
      await connector.close();
      await rm(path, { recursive: true });
    },
  };
});

describe("The Nezha layout", () => {
  it("takes the time from Time, names metrics as their columns, and keeps empty cells as missing", async () => {
    const connector = await openTemporary(folder());

    const { items, gaps } = await read(connector, "metric", [
      { start: at("2023-01-29T08:43:00Z"), end: at("2023-01-29T08:45:00Z") },
    ]);

    expect(connector.format).toBe("nezha");
    expect(gaps).toEqual([]);
    expect(items.filter(({ key }) => key.service === "ts-travel-service")).toEqual(
      [
        ["CpuUsageRate(%)", "%", [43, 44]],
        ["MemoryUsage(Mi)", "Mi", [Number.NaN, Number.NaN]],
        ["PodServerLatencyP90(s)", "s", [Number.NaN, Number.NaN]],
      ].map(([metric, unit, v]) => ({
        key: { service: "ts-travel-service", instance: pods[0], metric },
        unit,
        samples: {
          t: Float64Array.of(
            at("2023-01-29T08:43:10.649486Z") + 0.486,
            at("2023-01-29T08:44:10.649Z") + 0.486,
          ),
          v: Float64Array.from(v as number[]),
        },
      })),
    );
  });

  it("reads a line with Go's zero time by its Timestamp, removes repeats, and names a row of ten fields", async () => {
    const good = logLine("2023-01-29T08:43:10.000Z", pods[0] ?? "", "[once]");
    const zero = good
      .replace(/^[^,]*,[^,]*/, "2023-01-29T08:43:11.583,-6795364578871345152")
      .replace("[once]", "[zero]");
    const connector = await openTemporary({
      [`${day}/log/08_43_log.csv`]: [logHeader, good, good, zero, `${good},9,10`].join("\n"),
    });

    const { items, gaps } = await read(connector, "log", [allTime]);

    expect(
      items.map(({ t, service, level, body, traceId, spanId }) => [t, service, level, body, traceId, spanId]),
    ).toEqual([
      [at("2023-01-29T08:43:10Z"), "ts-travel-service", "INFO", "t.s.Impl#5 [once]", "abc", "def"],
      [at("2023-01-29T08:43:11.583Z"), "ts-travel-service", "INFO", "t.s.Impl#5 [zero]", "abc", "def"],
    ]);
    expect(gaps.map(({ detail }) => detail)).toContainEqual(
      `1 of 4 rows of ${day}/log/08_43_log.csv could not be read: first at line 5: it has too many fields.`,
    );
  });

  it("gives spans in milliseconds, roots without a parent, and no status", async () => {
    const connector = await openTemporary(folder());

    const { items } = await read(connector, "trace", [
      { start: at("2023-01-29T08:43:10Z"), end: at("2023-01-29T08:43:11Z") },
    ]);

    expect(
      items.map(({ spanId, parentId, durationMs, status, start }) => [
        spanId,
        parentId,
        durationMs,
        status,
        start,
      ]),
    ).toEqual([
      ["s0", null, 1.5, "unset", at("2023-01-29T08:43:10Z")],
      ["s1", "s0", 1.5, "unset", at("2023-01-29T08:43:10Z")],
    ]);
  });

  it("declares the fault-free minutes and stretches, and never opens a file of labels", async () => {
    const files = folder();
    const broken = Buffer.from("{ this is no JSON");
    const connector = await openTemporary({
      ...files,
      "construct_data/2023-01-29/log/08_50_log.csv": [
        logHeader,
        ...["08:49:10", "08:50:05"].map((time) =>
          logLine(`2023-01-29T${time}.000Z`, pods[0] ?? "", "[normal]"),
        ),
      ].join("\n"),
      "reference_periods.json": JSON.stringify([
        {
          date: "2023-01-29",
          start: "2023-01-29T11:45:00Z",
          end: "2023-01-29T12:28:00Z",
          modalities: ["metric"],
        },
        { date: "2023-01-29", minute: "08_50", modalities: ["log", "trace"] },
      ]),
      "cases.json": broken,
      [`${day}/2023-01-29-fault_list.json`]: broken,
      "construct_data/root_cause_ts.json": broken,
    });

    const inventory = await connector.inventory.inventory(live());
    const normal = await read(connector, "log", inventory.declaredReference.log);

    expect(inventory.declaredReference).toEqual({
      metric: [{ start: at("2023-01-29T11:45:00Z"), end: at("2023-01-29T12:28:00Z") }],
      log: [{ start: at("2023-01-29T08:49:10Z"), end: at("2023-01-29T08:50:05Z") + 1 }],
      trace: [],
    });
    expect(normal.items.map(({ body }) => body)).toEqual(["t.s.Impl#5 [normal]", "t.s.Impl#5 [normal]"]);
    expect(inventory.services).toEqual(["ts-seat-service", "ts-travel-service"]);
    expect(inventory.instances.map(({ instance }) => instance)).toEqual([...pods].sort());
    expect(inventory.gaps).toEqual([]);
  });

  it("takes the call graph from dependency.csv without the nodes that pods run on", async () => {
    const connector = await openTemporary({
      ...folder(),
      [`${day}/metric/dependency.csv`]:
        "Source,Target,Weight\nfrontend,cartservice,1\ncartservice,33.33.33.80,1\n",
    });

    const { topology } = await connector.inventory.inventory(live());

    expect(topology?.edges).toEqual([{ caller: "frontend", callee: "cartservice", calls: 1 }]);
  });
});

describe("readNezhaLog", () => {
  it.each([
    ["no JSON at all", "no JSON at all", null, "no JSON at all"],
    [
      "structured text",
      JSON.stringify({ log: '{"severity":"error","message":"card declined"}\n' }),
      "ERROR",
      "card declined",
    ],
    [
      "text with a clock",
      JSON.stringify({ log: "2022/08/22 03:51:19 listening on 7070\n" }),
      null,
      "listening on 7070",
    ],
    [
      "a stack trace",
      JSON.stringify({ log: "16:42:22.382 ERROR a.B#1 TraceID: 1 SpanID: 2 boom\n  at x\n" }),
      "ERROR",
      "a.B#1 boom\n  at x",
    ],
    ["an empty cell", "", null, ""],
  ])("reads %s", (_, cell, level, body) => {
    expect(readNezhaLog(cell)).toEqual({ level, body });
  });
});
