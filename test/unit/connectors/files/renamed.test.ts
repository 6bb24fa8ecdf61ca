import { describe, expect, it, onTestFinished } from "vitest";
import { openFiles } from "../../../../connectors/files/index.ts";
import { openNames } from "../../../../connectors/names/names.ts";
import { attributes, gauge, jsonLines, otlpLog, otlpSpan } from "../../../support/otlp.ts";
import { allTime, at, temporaryFolder } from "./folder.ts";

const noon = at("2026-11-23T12:00:00Z");
const signal = new AbortController().signal;

/** A line each of logs, spans and metrics for every service and instance. */
function otlpOf(services: readonly (readonly [service: string, instance: string])[]): string {
  return jsonLines(
    services.flatMap(([service, instance], index) => {
      const resource = { attributes: attributes({ "service.name": service, "k8s.pod.name": instance }) };
      const span = otlpSpan({
        traceId: `${index + 1}`,
        spanId: "1",
        start: noon,
        durationMs: 1,
        error: false,
      });
      return [
        {
          resourceLogs: [
            { resource, scopeLogs: [{ scope: {}, logRecords: [otlpLog(noon, `of ${instance}`)] }] },
          ],
        },
        { resourceSpans: [{ resource, scopeSpans: [{ scope: {}, spans: [span] }] }] },
        {
          resourceMetrics: [
            { resource, scopeMetrics: [{ scope: {}, metrics: [gauge("threads", "1", noon, index)] }] },
          ],
        },
      ];
    }),
  );
}

async function opened(folder: string) {
  const names = openNames({
    map: { "postgres-1": "orders-db", legacy: "checkout" },
    aliases: { geo: ["geo-svc", "srv-geo"] },
  });
  const files = await openFiles({ type: "files", path: folder, name: "test" }, names);
  onTestFinished(() => files.close());
  const read = async (services: readonly string[] | null) => {
    const found: string[][] = [];
    for (const source of files.sources) {
      const { items } = await source.fetch({ windows: [allTime], services, limit: 1000 }, signal);
      found.push(items.map((item) => ("key" in item ? item.key.service : item.service)).sort());
    }
    return found;
  };
  return { files, read };
}

describe("What the operator calls otherwise", () => {
  const telemetry = [
    ["geo-svc", "a"],
    ["srv-geo", "b"],
    ["frontend", "c"],
    ["legacy", "d"],
    ["postgres", "postgres-1"],
    ["postgres", "postgres-2"],
  ] as const;
  const known = ["checkout", "frontend", "geo", "orders-db", "postgres"];

  it("is named so in files of OTLP: in the inventory, in answers and when it is asked for", async () => {
    const { files, read } = await opened(await temporaryFolder({ "all.jsonl": otlpOf(telemetry) }));

    const inventory = await files.inventory.inventory(signal);

    expect(inventory.services).toEqual(known);
    expect(inventory.instances).toContainEqual({ service: "orders-db", instance: "postgres-1" });
    const all = ["checkout", "frontend", "geo", "geo", "orders-db", "postgres"];
    expect(await read(null)).toEqual([all, all, all]);
    expect(await read(["geo"])).toEqual([
      ["geo", "geo"],
      ["geo", "geo"],
      ["geo", "geo"],
    ]);
    expect(await read(["orders-db"])).toEqual([["orders-db"], ["orders-db"], ["orders-db"]]);
    expect(await read(["postgres"])).toEqual([["postgres"], ["postgres"], ["postgres"]]);
  });

  it("is named so in files of the project's own layout, the call graph too", async () => {
    const rows = telemetry.map(([service, instance]) => `${noon},${service},${instance},hello\n`);
    const { files, read } = await opened(
      await temporaryFolder({
        "logs.csv": `time,service,instance,body\n${rows.join("")}`,
        "topology.csv": "caller,callee\nfrontend,geo-svc\nsrv-geo,geo-svc\n",
      }),
    );

    const { services, topology } = await files.inventory.inventory(signal);

    expect(services).toEqual(known);
    expect(topology?.edges).toMatchObject([{ caller: "frontend", callee: "geo" }]);
    expect(await read(["checkout"])).toEqual([["checkout"]]);
  });
});
