import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connector } from "../../connectors/connector.ts";
import { itTakesNamesAsTheyAre } from "../contract/odd-names.ts";
import { describeSource } from "../contract/source.ts";
import { demoServices, demoWindows } from "../support/backend-data.ts";
import { testedBackends } from "../support/backends.ts";
import { recordingProxy } from "../support/replay.ts";

const { env } = process;
/** Names a folder that the servers' answers are written to, for the tests that run without them. */
const recordInto = env.LOCALEXPERT_RECORD;

for (const backend of testedBackends) {
  const url = env[backend.variable] ?? "";
  const pushUrl = (backend.pushVariable === null ? url : env[backend.pushVariable]) ?? "";
  const missing = url === "" ? backend.variable : pushUrl === "" ? backend.pushVariable : null;
  if (missing !== null) {
    process.stdout.write(`skipped: a real ${backend.title}, since ${missing} names none\n`);
  }
  describe.skipIf(missing !== null)(`A real ${backend.title}`, () => {
    const start = Math.floor(Date.now() / 10_000) * 10_000 - 1_200_000;
    const run = recordInto === undefined ? `live-${process.pid}-${start}` : "recorded";
    let connector: Connector;
    let proxy: Awaited<ReturnType<typeof recordingProxy>> | null = null;
    beforeAll(async () => {
      await backend.push(pushUrl, start, run);
      proxy = recordInto === undefined ? null : await recordingProxy(url, start);
      connector = backend.open(proxy?.url ?? url, run);
    });
    afterAll(async () => {
      await proxy?.save(`${recordInto}/${backend.recording ?? "new.json"}`);
      await proxy?.close();
      await connector.close();
    });

    describeSource(backend.title, async () => ({
      cases: connector.sources.map((source) => ({ source, ...demoWindows(start), service: "geo" })),
      close: async () => {},
    }));

    itTakesNamesAsTheyAre(() => ({ sources: connector.sources, window: demoWindows(start).window }));

    it("knows its services, and who calls whom where it can", async () => {
      const { services } = await connector.inventory.inventory(new AbortController().signal);

      expect(services).toEqual(expect.arrayContaining([...demoServices]));
    });
  });
}
