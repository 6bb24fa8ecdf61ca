import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { readCases } from "../../../bench/cases.ts";
import { openFiles } from "../../../connectors/files/index.ts";
import { recordedIncidents, shiftIncident } from "../../../testbed/incidents.ts";

const largestBytes = 4_000_000;
const shortestNormalMs = 30 * 60_000;

const incidents = await recordedIncidents();

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "localexpert-incident-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe("the recorded incidents", () => {
  it("are at least four, the one of the paper among them", () => {
    expect(incidents.length).toBeGreaterThanOrEqual(4);
    expect(incidents.map(({ name }) => name)).toContain("geo-store-down");
  });

  it.each(incidents)(
    "$name is small, and has half an hour of normal time and a label",
    async ({ folder }) => {
      let bytes = 0;
      for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
      const { periods } = JSON.parse(await readFile(join(folder, "reference.json"), "utf8"));
      const [labelled] = await readCases([folder]);

      expect(bytes).toBeLessThan(largestBytes);
      expect(Date.parse(periods[0].end) - Date.parse(periods[0].start)).toBeGreaterThanOrEqual(
        shortestNormalMs,
      );
      expect(labelled?.truth.services.length).toBeGreaterThan(0);
      expect(labelled?.telemetry).toBe(folder);
    },
  );

  it("move in time as a whole, and stay readable without a gap", async () => {
    const incident = incidents.find(({ name }) => name === "geo-store-down");
    if (incident === undefined) throw new Error("the incident is missing");
    const folder = await temporaryFolder();
    const askedAt = Date.parse("2030-01-02T03:04:05.678Z");
    const byMs = askedAt - incident.askedAt;

    await shiftIncident(incident, folder, askedAt);

    const before = gunzipSync(await readFile(join(incident.folder, "logs.jsonl.gz")))
      .toString("utf8")
      .trimEnd()
      .split("\n");
    const after = (await readFile(join(folder, "logs.jsonl"), "utf8")).trimEnd().split("\n");
    const moved = before.map((line) => {
      const { time, ...rest } = JSON.parse(line);
      return { time: time + byMs * 1_000, ...rest };
    });
    expect(after.map((line) => JSON.parse(line))).toEqual(moved);
    const connector = await openFiles({ type: "files", path: folder });
    onTestFinished(() => connector.close());
    const { extent, gaps, declaredReference } = await connector.inventory.inventory(
      new AbortController().signal,
    );
    expect(gaps).toEqual([]);
    for (const one of [extent.metric, extent.log, extent.trace]) {
      expect(one?.end).toBeLessThanOrEqual(askedAt);
      expect(one?.end).toBeGreaterThan(askedAt - 60_000);
    }
    expect(declaredReference.metric[0]?.end).toBeLessThan(askedAt);
  });
});
