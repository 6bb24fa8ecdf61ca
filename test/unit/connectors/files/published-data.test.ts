import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openFiles } from "../../../../connectors/files/index.ts";
import { read } from "./folder.ts";

const data = process.env.LOCALEXPERT_DATA;
const title = `The published data sets${data === undefined ? " (skipped: LOCALEXPERT_DATA names no folder)" : ""}`;

interface Case {
  readonly query: { readonly at: string; readonly lookback_s: number };
  readonly injected: { readonly service: string; readonly pod: string };
  readonly root_cause: { readonly service: string; readonly metric: string };
  readonly fault_type: string;
}

function casesOf(system: string): Case[] {
  return JSON.parse(readFileSync(join(data ?? "", system, "cases.json"), "utf8")) as Case[];
}

async function openSystem(system: string) {
  const connector = await openFiles({ type: "files", path: join(data ?? "", system) });
  onTestFinished(() => connector.close());
  return connector;
}

describe.skipIf(data === undefined)(title, () => {
  const live = () => new AbortController().signal;

  it("has all three modalities and the injected service in every TrainTicket case", async () => {
    const connector = await openSystem("nezha-trainticket");
    const inventory = await connector.inventory.inventory(live());

    expect(connector.format).toBe("nezha");
    expect(inventory.services).toHaveLength(47);
    for (const { query, injected, root_cause, fault_type } of casesOf("nezha-trainticket")) {
      const end = Date.parse(query.at);
      const window = { start: end - query.lookback_s * 1000, end };
      const metrics = await read(connector, "metric", [window]);
      const logs = await read(connector, "log", [window]);
      const spans = await read(connector, "trace", [window]);

      expect(inventory.services).toContain(injected.service);
      expect(inventory.instances).toContainEqual({ service: injected.service, instance: injected.pod });
      expect(logs.items.length).toBeGreaterThan(100);
      expect(spans.items.length).toBeGreaterThan(100);
      expect([...metrics.gaps, ...spans.gaps]).toEqual([]);
      expect(logs.gaps.every(({ detail }) => detail.startsWith("1 of "))).toBe(true);
      if (fault_type !== "cpu_contention") continue;
      const cpu = metrics.items.find(
        ({ key }) => key.instance === injected.pod && key.metric === root_cause.metric,
      );
      expect(Math.max(...(cpu?.samples.v ?? [])), `${injected.pod} at ${query.at}`).toBeGreaterThan(80);
    }
  }, 120_000);

  it("names the one log row of the set that has ten fields, and finds no other broken row", async () => {
    const connector = await openSystem("nezha-trainticket");
    const { extent } = await connector.inventory.inventory(live());
    const windows = extent.log === null ? [] : [extent.log];

    const logs = await read(connector, "log", windows);
    const spans = await read(connector, "trace", windows);

    expect(logs.items.length).toBeGreaterThan(140_000);
    expect(spans.items.length).toBeGreaterThan(267_000);
    expect(logs.items.filter(({ t }) => t < windows[0]!.start || Number.isNaN(t))).toEqual([]);
    expect(spans.gaps).toEqual([]);
    expect(logs.gaps.length).toBeLessThanOrEqual(1);
  }, 120_000);

  it("reads OnlineBoutique's metrics by Time and its call graph without the nodes", async () => {
    const connector = await openSystem("nezha-onlineboutique");
    const inventory = await connector.inventory.inventory(live());
    const day = { start: Date.parse("2022-08-22T00:00:00Z"), end: Date.parse("2022-08-23T00:00:00Z") };

    const { items, gaps } = await read(connector, "metric", [day]);

    const advert = items.find(({ key }) => key.service === "adservice" && key.metric === "CpuUsage(m)");
    expect(connector.sources.map(({ modality }) => modality)).toEqual(["metric", "trace"]);
    expect(gaps).toEqual([]);
    expect(advert?.samples.t.length).toBeGreaterThan(1000);
    expect(inventory.topology?.edges).toHaveLength(14);
    expect(inventory.topology?.services.filter((name) => /\d/.test(name))).toEqual([]);
    expect(inventory.declaredReference.trace).toHaveLength(1);
  }, 60_000);

  it("has the window and the reference period of every PetShop case of low_traffic", async () => {
    const connector = await openSystem("petshop");
    const inventory = await connector.inventory.inventory(live());

    expect(connector.format).toBe("petshop");
    expect(inventory.declaredReference.metric).toHaveLength(1);
    for (const { query, root_cause } of casesOf("petshop")) {
      const end = Date.parse(query.at);
      const { items, gaps } = await read(connector, "metric", [
        { start: end - query.lookback_s * 1000, end },
      ]);

      expect(gaps).toEqual([]);
      expect(items.length).toBeGreaterThan(200);
      expect(items.some(({ key }) => key.service === root_cause.service)).toBe(true);
    }
  }, 60_000);
});
