import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openFiles } from "../../../../connectors/files/index.ts";
import { type FolderTelemetry, writeFolder } from "../../../../connectors/files/write-folder.ts";
import type { LogLine, RawSeries, Span } from "../../../../pipeline/types.ts";
import { line, samples, span, window } from "../../../fakes/telemetry.ts";
import { stateFolder } from "../../../support/state-folder.ts";

const { signal } = new AbortController();
const nothing: FolderTelemetry = {
  metrics: [],
  logs: [],
  spans: [],
  calls: [],
  declared: { metric: [], log: [], trace: [] },
};

/** What a folder gives back that this was written into. */
async function readBack(telemetry: FolderTelemetry) {
  const folder = join(await stateFolder(), "case");
  await writeFolder(folder, telemetry, signal);
  const connector = await openFiles({ type: "files", path: folder });
  onTestFinished(() => connector.close());
  const query = { windows: [window], services: null, limit: 1_000 };
  const items = { metric: [] as RawSeries[], log: [] as LogLine[], trace: [] as Span[] };
  const gaps = [];
  for (const source of connector.sources) {
    const fetched = await source.fetch(query, signal);
    (items[source.modality] as unknown[]).push(...fetched.items);
    gaps.push(...fetched.gaps);
  }
  return { items, gaps, inventory: await connector.inventory.inventory(signal), folder };
}

describe("a folder of telemetry that is written", () => {
  it("gives back what was written, whatever the names and texts hold", async () => {
    const odd = 'a "b", c; d\te';
    const logs = [
      line({ service: "geo", body: 'two\nlines, "quoted" {} ü', level: null, instance: null }),
      line({ service: odd, body: "x", traceId: "t", spanId: "1", t: window.start + 1.25 }),
    ];
    const spans = [
      span({ traceId: "t", spanId: "1", service: "geo", operation: odd, durationMs: 0.125, status: "error" }),
      span({
        traceId: "t",
        spanId: "2",
        parentId: "1",
        service: odd,
        instance: null,
        start: window.start + 0.5,
      }),
    ];
    const metrics: RawSeries[] = [
      {
        key: { service: "geo", instance: "geo-1", metric: odd },
        unit: "%",
        samples: samples([1.5, Number.NaN, -3e-7], window.start),
      },
      {
        key: { service: "rate", instance: null, metric: "up" },
        unit: null,
        samples: samples([1], window.start),
      },
    ];

    const { items, gaps } = await readBack({ ...nothing, metrics, logs, spans });

    expect(gaps).toEqual([]);
    expect(items.log).toEqual(logs);
    expect(items.trace).toEqual(spans);
    const byService = (a: RawSeries, b: RawSeries) => (a.key.service < b.key.service ? -1 : 1);
    expect([...items.metric].sort(byService)).toEqual(metrics);
  });

  it("gives back who calls whom, and what was declared fault-free", async () => {
    const normal = { start: window.start - 3_600_000, end: window.start };
    const telemetry = {
      ...nothing,
      logs: [line({ service: "geo", body: "x" })],
      calls: [{ caller: "geo", callee: "a,b", calls: 3 }],
      declared: { metric: [normal], log: [], trace: [normal, window] },
    };

    const { inventory, folder } = await readBack(telemetry);

    expect(inventory.topology?.edges).toEqual(telemetry.calls);
    expect(inventory.declaredReference).toEqual(telemetry.declared);
    expect((await readdir(folder)).sort()).toEqual(["logs", "reference.json", "topology.csv"]);
  });

  it("stops when it is told to", async () => {
    const folder = join(await stateFolder(), "case");
    const logs = [line({ service: "geo", body: "x" })];

    await expect(writeFolder(folder, { ...nothing, logs }, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});
