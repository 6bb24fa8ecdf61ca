import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { collect, takeInventory } from "../../../../pipeline/collect.ts";
import { PipelineOptions } from "../../../../pipeline/options.ts";
import { at, openTemporary } from "./folder.ts";

const warnings: Error[] = [];
const keep = (warning: Error) => void warnings.push(warning);
beforeAll(() => void process.on("warning", keep));
afterAll(() => void process.off("warning", keep));

const minutes = Array.from({ length: 60 }, (_, minute) => at("2026-11-23T14:00:00Z") + minute * 60_000);
const files = {
  "metrics/metrics.csv": `time,service,instance,metric,value\n${minutes.map((time) => `${time},geo,geo-1,cpu,1`).join("\n")}\n`,
  "logs/logs.csv": `time,service,instance,level,body\n${minutes.map((time) => `${time},geo,geo-1,info,hello`).join("\n")}\n`,
};

it("reads many sources at once under one signal without a warning about a leak", async () => {
  const connectors = await Promise.all(Array.from({ length: 12 }, () => openTemporary(files)));
  const toolbox = {
    inventories: connectors.map(({ inventory }) => inventory),
    sources: connectors.flatMap(({ sources }) => sources),
    model: null,
    prompts: { prompts: new Map(), notes: [] },
    stopwatch: () => 0,
  };
  const { signal } = new AbortController();
  const window = { start: at("2026-11-23T14:30:00Z"), end: at("2026-11-23T15:00:00Z") };
  const scope = { services: ["geo"], instances: [] };

  const inventory = await takeInventory(toolbox, signal);
  const slice = await collect(window, scope, inventory, toolbox, PipelineOptions.parse({}), signal);
  // Warnings are told a turn later.
  await nextTurn();

  expect(slice.logs.window.length).toBeGreaterThan(12);
  expect(warnings.map(({ message }) => message)).toEqual([]);
});

it("closes under a query that is at work, which then fails as cancelled or as stopped", async () => {
  const connector = await openTemporary(files);
  const stop = new AbortController();
  const reading = Promise.allSettled([
    ...connector.sources.map((source) =>
      source.fetch(
        { windows: [{ start: 0, end: at("2100-01-01T00:00:00Z") }], services: null, limit: 1e6 },
        stop.signal,
      ),
    ),
    connector.inventory.inventory(stop.signal),
  ]);
  stop.abort();

  await connector.close();

  const outcomes = await reading;
  expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => "rejected"));
});
