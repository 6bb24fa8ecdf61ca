import { rm } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openFiles } from "../../../../connectors/files/index.ts";
import { describeSource } from "../../../contract/source.ts";
import { at, openTemporary, read, writeFolder } from "./folder.ts";

const issueStart = at("2023-04-18T17:27:00Z") / 1000;
const normalStart = at("2023-08-21T09:00:00Z") / 1000;

function metrics(start: number, rows: number): string {
  const header = [
    "microservice,PetSite,PetSearch_client,PetSite",
    "metric,latency,latency,availability",
    "statistic,p90,Average,Average",
    "unix_timestamp,,,",
  ];
  const values = Array.from(
    { length: rows },
    (_, row) => `${start + row * 300}.0,0.${row},${row === 1 ? "" : 2},100`,
  );
  return `${[...header, ...values].join("\n")}\n`;
}

const files = {
  "graph.csv": ",PetSite,PetSearch_client\nPetSite,0.0,1.0\nPetSearch_client,0.0,0.0\n",
  "noissue/metrics.csv.gz": gzipSync(metrics(normalStart, 6)),
  "test/issue_0/metrics.csv": metrics(issueStart, 5),
  "test/issue_0/target.json": "{ no JSON",
  "train/issue_3/metrics.csv": metrics(issueStart + 3600, 5),
  "cases.json": "{ no JSON",
};

describeSource("The PetShop layout", async () => {
  const path = await writeFolder(files);
  const connector = await openFiles({ type: "files", path });
  const window = { start: issueStart * 1000, end: (issueStart + 1500) * 1000 };
  const other = { start: normalStart * 1000, end: (normalStart + 900) * 1000 };
  return {
    cases: connector.sources.map((source) => ({ source, window, other, service: "PetSite" })),
    close: async () => {
      await connector.close();
      await rm(path, { recursive: true });
    },
  };
});

describe("The PetShop layout", () => {
  it("reads one series per column, named by the three header rows", async () => {
    const connector = await openTemporary(files);

    const { items, gaps } = await read(connector, "metric", [
      { start: issueStart * 1000, end: (issueStart + 900) * 1000 },
    ]);

    const t = Float64Array.of(...[0, 300, 600].map((seconds) => (issueStart + seconds) * 1000));
    expect(connector.format).toBe("petshop");
    expect(gaps).toEqual([]);
    expect(items).toEqual([
      {
        key: { service: "PetSearch_client", instance: null, metric: "latency Average" },
        unit: "s",
        samples: { t, v: Float64Array.of(2, Number.NaN, 2) },
      },
      {
        key: { service: "PetSite", instance: null, metric: "availability Average" },
        unit: "%",
        samples: { t, v: Float64Array.of(100, 100, 100) },
      },
      {
        key: { service: "PetSite", instance: null, metric: "latency p90" },
        unit: "s",
        samples: { t, v: Float64Array.of(0, 0.1, 0.2) },
      },
    ]);
  });

  it("declares the normal operation as reference, months away, and gives the call graph", async () => {
    const connector = await openTemporary(files);

    const inventory = await connector.inventory.inventory(new AbortController().signal);

    expect(inventory.services).toEqual(["PetSearch_client", "PetSite"]);
    expect(inventory.declaredReference.metric).toEqual([
      { start: normalStart * 1000, end: (normalStart + 1500) * 1000 + 1 },
    ]);
    expect(inventory.extent.metric).toEqual({
      start: issueStart * 1000,
      end: (normalStart + 1500) * 1000 + 1,
    });
    expect(inventory.topology?.edges).toEqual([{ caller: "PetSite", callee: "PetSearch_client", calls: 1 }]);
    expect(inventory.gaps).toEqual([]);
  });

  it("reads the folder of several scenarios as one", async () => {
    const nested = Object.fromEntries(
      Object.entries(files).map(([name, content]) => [`low_traffic/${name}`, content]),
    );
    const connector = await openTemporary({
      ...nested,
      "other/test/issue_1/metrics.csv": metrics(issueStart + 7200, 5),
    });

    const { items } = await read(connector, "metric", [
      { start: (issueStart + 7200) * 1000, end: (issueStart + 8700) * 1000 },
    ]);

    expect(items.map(({ samples }) => samples.v.length)).toEqual([5, 5, 5]);
  });

  it("names a cell that is no number", async () => {
    const connector = await openTemporary({
      "noissue/metrics.csv": metrics(issueStart, 3).replace("0.1,", "much,"),
    });

    const { items, gaps } = await read(connector, "metric", [{ start: 0, end: Number.MAX_SAFE_INTEGER }]);

    expect(items[0]?.samples.v.length).toBe(2);
    expect(gaps.map(({ detail }) => detail)).toEqual([
      "1 of 3 rows of noissue/metrics.csv could not be read: first at line 6: a value is no number.",
    ]);
  });
});
