import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connector } from "../../../connectors/connector.ts";
import { itTakesNamesAsTheyAre } from "../../contract/odd-names.ts";
import { describeSource } from "../../contract/source.ts";
import { tempoServer } from "../../fakes/tempo-server.ts";
import { demoWindows } from "../../support/backend-data.ts";
import { testedBackends } from "../../support/backends.ts";
import { replayServer } from "../../support/replay.ts";

const start = Date.parse("2026-11-23T10:00:00Z");

for (const backend of testedBackends) {
  const { recording } = backend;
  const how = recording === null ? "written after its documentation" : "over recorded answers of a real one";
  const refused: string[] = [];
  const serve = async () =>
    recording === null
      ? { ...(await tempoServer(start)), start }
      : replayServer(new URL(`recorded/${recording}`, import.meta.url), refused);

  describe(`${backend.title}, ${how},`, () => {
    let server: Awaited<ReturnType<typeof serve>>;
    let connector: Connector;
    beforeAll(async () => {
      server = await serve();
      connector = backend.open(server.url, "recorded");
    });
    afterAll(async () => {
      await connector.close();
      await server.close();
    });

    describeSource(backend.title, async () => ({
      cases: connector.sources.map((source) => ({
        source,
        ...demoWindows(server.start),
        service: "geo",
      })),
      close: async () => {},
    }));

    itTakesNamesAsTheyAre(() => ({
      sources: connector.sources,
      window: demoWindows(server.start).window,
    }));

    it("was asked nothing that is not answered", () => {
      expect(refused).toEqual([]);
    });
  });
}
