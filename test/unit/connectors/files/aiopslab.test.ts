import { rm } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { openFiles } from "../../../../connectors/files/index.ts";
import { describeSource } from "../../../contract/source.ts";
import { allTime, at, openTemporary, read, writeFolder } from "./folder.ts";

const live = () => new AbortController().signal;
const start = at("2026-11-23T10:00:00Z");
const pods = ["geo-7f9c5b6d4f-x2k4z", "mongodb-geo-6b8c9d5f7c-qwrtz"];
const names = ["geo", "mongodb-geo"];

function folder(): Record<string, string> {
  const times = Array.from({ length: 40 }, (_, index) => start + index * 15_000);
  const metric = times.flatMap((t, index) =>
    pods.map(
      (pod) =>
        `${t / 1000},10.0.0.4:10250.${pod},container_cpu_usage_seconds_total,${index * 2 + pod.length}`,
    ),
  );
  const spans = times.flatMap((t, index) => [
    `t${index},s1,ROOT,geo,/geo.Geo/Nearby,${t * 1000 + 250},1500,False,200`,
    `t${index},s2,s1,mongodb-geo,find,${t * 1000 + 500},1000,True,Unknown`,
    // The same trace, exported for the second service too.
    `t${index},s2,s1,mongodb-geo,find,${t * 1000 + 500},1000,True,Unknown`,
  ]);
  const logs = times.flatMap((t) =>
    pods.map((pod) => {
      const date = new Date(t).toISOString();
      // The exporter takes the date for one of its own zone: its number is wrong.
      return `id,${t / 1000 - 3600},${date},${pod},hotel-reserv-geo,test-hotel,node-1,"{""level"": ""error"", ""message"": ""no servers""}"`;
    }),
  );
  return {
    "metric_1795428000/container/kpi_container_cpu_usage_seconds_total.csv": [
      "timestamp,cmdb_id,kpi_name,value",
      ...metric,
    ].join("\n"),
    "metric_1795428000/node/kpi_node_load1.csv": "timestamp,cmdb_id,kpi_name,value\n1,node-1,node_load1,1",
    "trace_output/traces_1795428600.csv": [
      "trace_id,span_id,parent_span,service_name,operation_name,start_time,duration,has_error,response",
      ...spans,
    ].join("\n"),
    "log_output/log_1795428600.csv": [
      "log_id,timestamp,date,pod_name,container_name,namespace,node_name,message",
      ...logs,
    ].join("\n"),
  };
}

describeSource("The AIOpsLab layout", async () => {
  const path = await writeFolder(folder());
  const connector = await openFiles({ type: "files", path });
  return {
    cases: connector.sources.map((source) => ({
      source,
      window: { start: start + 60_000, end: start + 180_000 },
      other: { start: start + 300_000, end: start + 360_000 },
      service: "geo",
    })),
    close: async () => {
      await connector.close();
      await rm(path, { recursive: true });
    },
  };
});

describe("The AIOpsLab layout", () => {
  it("names services by their pods, and does not take a database for the service it belongs to", async () => {
    const connector = await openTemporary(folder());

    expect(connector.format).toBe("aiopslab");
    expect(await connector.inventory.inventory(live())).toEqual({
      services: names,
      instances: names.map((service, index) => ({ service, instance: pods[index] })),
      extent: {
        metric: { start, end: start + 585_001 },
        log: { start, end: start + 585_001 },
        trace: { start: start + 0.25, end: start + 585_001.5 },
      },
      declaredReference: { metric: [], log: [], trace: [] },
      topology: null,
      gaps: [],
    });
  });

  it("gives counters raw, with their unit", async () => {
    const connector = await openTemporary(folder());

    const { items, gaps } = await read(connector, "metric", [{ start, end: start + 30_000 }]);

    expect(gaps).toEqual([]);
    expect(items.map(({ key, unit, samples }) => [key, unit, [...samples.t], [...samples.v]])).toEqual(
      names.map((service, index) => [
        { service, instance: pods[index], metric: "container_cpu_usage_seconds_total" },
        "s",
        [start, start + 15_000],
        [20 + index * 8, 22 + index * 8],
      ]),
    );
  });

  it("gives each span once, in milliseconds, with its error and without the parent ROOT", async () => {
    const connector = await openTemporary(folder());

    const { items } = await read(connector, "trace", [{ start, end: start + 15_000 }]);

    expect(
      items.map(({ spanId, parentId, start: t, durationMs, status }) => [
        spanId,
        parentId,
        t - start,
        durationMs,
        status,
      ]),
    ).toEqual([
      ["s1", null, 0.25, 1.5, "ok"],
      ["s2", "s1", 0.5, 1, "error"],
    ]);
  });

  it("takes the time of a log line from its date, also where there is only a cmdb_id", async () => {
    const connector = await openTemporary({
      ...folder(),
      "log_output/log-1_2.csv": `log_id,timestamp,date,cmdb_id,message\nid,1,2026-11-23T10:00:03Z,geo-0,"severity:error,message:x"`,
    });

    const { items } = await read(connector, "log", [{ start, end: start + 15_000 }]);

    expect(items.map(({ t, service, instance, body }) => [t - start, service, instance, body])).toEqual([
      [0, "geo", pods[0], '{"level": "error", "message": "no servers"}'],
      [0, "mongodb-geo", pods[1], '{"level": "error", "message": "no servers"}'],
      [3000, "geo", "geo-0", "severity:error,message:x"],
    ]);
  });

  it("counts and names rows that cannot be read", async () => {
    const files = folder();
    const name = "metric_1795428000/container/kpi_x.csv";
    const connector = await openTemporary({
      ...files,
      [name]:
        "timestamp,cmdb_id,kpi_name,value\n1795428000,a.geo-0,x,1\n1795428000,,x,1\nsoon,a.geo-0,x,1\n1795428000,a.geo-0,x,many",
    });

    const { gaps } = await read(connector, "metric", [allTime]);

    expect(gaps.map(({ detail }) => detail)).toEqual([
      `3 of 4 rows of ${name} could not be read: first at line 3: it names no pod.`,
    ]);
  });
});
