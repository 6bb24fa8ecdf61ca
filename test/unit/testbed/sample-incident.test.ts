import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openFiles } from "../../../connectors/files/index.ts";
import { xoshiro128 } from "../../../testbed/random.ts";
import { generateSampleIncident } from "../../../testbed/sample-incident.ts";

const endsAt = Date.parse("2026-11-24T03:30:00Z");

async function generate(seed: number, end = endsAt) {
  const folder = await mkdtemp(join(tmpdir(), "localexpert-sample-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const incident = await generateSampleIncident({ folder, endsAt: end, seed });
  const names = (await readdir(folder, { recursive: true })).sort();
  const content = new Map<string, string>();
  let bytes = 0;
  for (const name of names) {
    const path = join(folder, name);
    if ((await stat(path)).isDirectory()) continue;
    const file = await readFile(path);
    bytes += file.length;
    content.set(name, file.toString("base64"));
  }
  return { incident, content, bytes };
}

describe("generateSampleIncident", () => {
  it("writes the same bytes for the same seed and end, and others for another seed", async () => {
    const one = await generate(7);
    const again = await generate(7);
    const other = await generate(8);

    expect(again.content).toEqual(one.content);
    expect(other.content.get("logs/logs.csv")).not.toBe(one.content.get("logs/logs.csv"));
    expect(one.bytes).toBeLessThan(3_000_000);
  });

  it("can be read without a gap, and shows a store that geo cannot reach", async () => {
    const { incident } = await generate(7);
    const connector = await openFiles({ type: "files", path: incident.folder });
    onTestFinished(() => connector.close());
    const signal = new AbortController().signal;
    const { startsAt, faultAt } = incident;
    const before = { start: startsAt, end: faultAt };
    const during = { start: faultAt, end: endsAt };

    const inventory = await connector.inventory.inventory(signal);
    const panics = { before: 0, during: 0 };
    const failed = new Map<string, number>();
    let cpu = { before: Number.NaN, during: Number.NaN };
    for (const source of connector.sources) {
      const query = { services: null, limit: 1_000_000 };
      if (source.modality === "log") {
        const [old, now] = [
          await source.fetch({ ...query, windows: [before] }, signal),
          await source.fetch({ ...query, windows: [during] }, signal),
        ];
        expect([...old.gaps, ...now.gaps]).toEqual([]);
        panics.before = old.items.filter(({ body }) => body === "panic: no reachable servers").length;
        panics.during = now.items.filter(({ body }) => body === "panic: no reachable servers").length;
      } else if (source.modality === "trace") {
        const { items, gaps } = await source.fetch({ ...query, windows: [before, during] }, signal);
        expect(gaps).toEqual([]);
        expect(items.length).toBeGreaterThan(3000);
        for (const { service, status, start } of items) {
          if (status === "error") {
            expect(start).toBeGreaterThanOrEqual(faultAt);
            failed.set(service, (failed.get(service) ?? 0) + 1);
          }
        }
      } else {
        const [old, now] = [
          await source.fetch({ ...query, windows: [before] }, signal),
          await source.fetch({ ...query, windows: [during] }, signal),
        ];
        const mean = (items: typeof old.items) => {
          const values = items
            .filter(({ key }) => key.service === "geo" && key.metric === "cpu_usage")
            .flatMap(({ samples }) => [...samples.v]);
          return values.reduce((sum, value) => sum + value, 0) / values.length;
        };
        cpu = { before: mean(old.items), during: mean(now.items) };
      }
    }

    expect(inventory.gaps).toEqual([]);
    expect(inventory.services).toHaveLength(16);
    expect(panics.before).toBe(0);
    expect(panics.during).toBeGreaterThan(50);
    expect([...failed.keys()].sort()).toEqual(["frontend", "geo", "search"]);
    expect(cpu.during).toBeGreaterThan(cpu.before * 3);
  });

  it("ends where it was told to", async () => {
    const { incident } = await generate(1, endsAt + 12_345);

    expect(incident.endsAt).toBe(endsAt + 12_345);
    expect(incident.faultAt).toBe(endsAt + 12_345 - 38 * 60_000);
  });
});

describe("xoshiro128", () => {
  it("spreads evenly, is the same for the same seed, and makes hexadecimal digits", () => {
    const random = xoshiro128(1);
    const values = Array.from({ length: 20_000 }, () => random.uniform());
    const normals = Array.from({ length: 20_000 }, () => random.normal());
    const mean = (numbers: readonly number[]) =>
      numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

    expect(mean(values)).toBeCloseTo(0.5, 1);
    expect(mean(normals)).toBeCloseTo(0, 1);
    expect(mean(normals.map((value) => value * value))).toBeCloseTo(1, 1);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(xoshiro128(5).hex(21)).toMatch(/^[0-9a-f]{21}$/);
    expect(xoshiro128(5).hex(21)).toBe(xoshiro128(5).hex(21));
  });
});
