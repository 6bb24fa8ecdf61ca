import { rm } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readGaiaLog } from "../../../../connectors/files/gaia.ts";
import { openFiles } from "../../../../connectors/files/index.ts";
import { describeSource } from "../../../contract/source.ts";
import { allTime, at, openTemporary, read, writeFolder } from "./folder.ts";

const live = () => new AbortController().signal;
const start = at("2021-07-01T10:00:00+08:00");
const services = ["dbservice1", "webservice1"];
const hosts = ["0.0.0.4", "0.0.0.1"];
const days = "2021-07-01_2021-07-15";

/** As GAIA's local time: "2021-07-01 10:00:00.250000". */
function local(t: number): string {
  return `${new Date(t + 8 * 3_600_000).toISOString().replace("T", " ").slice(0, 23)}000`;
}

function folder(): Record<string, string> {
  const times = Array.from({ length: 40 }, (_, index) => start + index * 15_000);
  const files: Record<string, string> = {
    "MicroSS/run/run_table_2021-07.csv": "datetime,service,message\n2021-07-01,dbservice1,injected",
  };
  services.forEach((service, k) => {
    const metric = `MicroSS/metric/${service}_${hosts[k]}_docker_cpu_core_0_norm_pct_${days}.csv`;
    files[metric] = ["timestamp,value", ...times.map((t, index) => `${t},${index / 10}`)].join("\n");
    files[`MicroSS/trace/trace_table_${service}_2021-07.csv`] = [
      "timestamp,host_ip,service_name,trace_id,span_id,parent_id,start_time,end_time,url,status_code,message",
      ...times.map((t, index) => {
        const [parent, status] = [k === 0 ? "b1" : `t${index}`, index === 1 ? 500 : 200];
        const [from, to] = [local(t + k), local(t + k + 25)];
        return `${from.slice(0, 19)},${hosts[k]},${service},t${index},b${k},${parent},${from},${to},http://0.0.0.4:9388/db_login_methods?uuid=1,${status},request`;
      }),
    ].join("\n");
    files[`MicroSS/business/business_table_${service}_2021-07.csv`] = [
      "datetime,service,message",
      ...times.map((t) => {
        const time = local(t).slice(0, 23).replace(".", ",");
        return `2021-07-01,${service},"${time} | INFO | ${hosts[k]} | 172.17.0.2 | ${service} | 12ef1025e43ec0ef | token success\ntoken=1 | 2"`;
      }),
    ].join("\n");
  });
  return files;
}

describeSource("The GAIA layout", async () => {
  const path = await writeFolder(folder());
  const connector = await openFiles({ type: "files", path });
  return {
    cases: connector.sources.map((source) => ({
      source,
      window: { start: start + 60_000, end: start + 180_000 },
      other: { start: start + 300_000, end: start + 360_000 },
      service: "dbservice1",
    })),
    close: async () => {
      await connector.close();
      await rm(path, { recursive: true });
    },
  };
});

describe("The GAIA layout", () => {
  it("takes service, host and metric from a file's name, and its times as they are", async () => {
    const connector = await openTemporary(folder());

    const { items, gaps } = await read(connector, "metric", [{ start, end: start + 30_000 }]);

    expect(connector.format).toBe("gaia");
    expect(gaps).toEqual([]);
    expect(items.map(({ key, samples }) => [key, [...samples.t], [...samples.v]])).toEqual(
      services.map((service, k) => [
        { service, instance: hosts[k], metric: "docker_cpu_core_0_norm_pct" },
        [start, start + 15_000],
        [0, 0.1],
      ]),
    );
  });

  it("takes times of spans for China's, and knows roots, operations and errors", async () => {
    const connector = await openTemporary(folder());

    const { items } = await read(connector, "trace", [{ start: start + 15_000, end: start + 30_000 }]);

    expect(items).toEqual([
      {
        traceId: "t1",
        spanId: "b0",
        parentId: "b1",
        service: "dbservice1",
        instance: "0.0.0.4",
        operation: "/db_login_methods",
        start: start + 15_000,
        durationMs: 25,
        status: "error",
      },
      expect.objectContaining({ spanId: "b1", parentId: null, start: start + 15_001, status: "error" }),
    ]);
  });

  it("takes the time of a log line from its message, because the other column holds the day only", async () => {
    const connector = await openTemporary(folder());

    const { items } = await read(connector, "log", [{ start, end: start + 15_000 }]);

    expect(items[0]).toEqual({
      t: start,
      service: "dbservice1",
      instance: "0.0.0.4",
      level: "INFO",
      body: "token success\ntoken=1 | 2",
      traceId: "12ef1025e43ec0ef",
      spanId: null,
    });
    expect(readGaiaLog("of another form | x")).toEqual({ level: null, body: "of another form | x" });
  });

  it("never opens what says which faults were injected", async () => {
    const connector = await openTemporary(folder());

    const { items } = await read(connector, "log", [allTime]);
    const inventory = await connector.inventory.inventory(live());

    expect(items.filter(({ body }) => body.includes("injected"))).toEqual([]);
    expect(inventory.services).toEqual(services);
    expect(inventory.instances).toEqual(services.map((service, k) => ({ service, instance: hosts[k] })));
    expect(inventory.extent.metric).toEqual({ start, end: start + 585_001 });
  });

  it("counts and names rows that cannot be read", async () => {
    const connector = await openTemporary({
      "business/business_table_x_2021-07.csv":
        "datetime,service,message\n2021-07-01,x,no time\n2021-07-01,,y",
      "trace/trace_table_x_2021-07.csv":
        "timestamp,host_ip,service_name,trace_id,span_id,parent_id,start_time,end_time,url,status_code,message\n,,x,t,s,,2021-07-01 10:00:00,2021-07-01 09:00:00,,200,\n,,x,t,s,,soon,,,200,",
    });

    const [logs, traces] = [
      await read(connector, "log", [allTime]),
      await read(connector, "trace", [allTime]),
    ];

    expect([...logs.gaps, ...traces.gaps].map(({ detail }) => detail)).toEqual([
      "2 of 2 rows of business/business_table_x_2021-07.csv could not be read: first at line 2: its message begins with no time.",
      "2 of 2 rows of trace/trace_table_x_2021-07.csv could not be read: first at line 2: it has no end after its start.",
    ]);
  });
});
