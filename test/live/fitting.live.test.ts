import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { Config } from "../../config.ts";
import { startFitting, usualMethods } from "../../fitting.ts";
import type { PastIncident } from "../../pipeline/past-incident.ts";
import { redisConnections } from "../support/redis-server.ts";
import { until } from "../support/until.ts";

const now = Date.parse("2026-11-24T03:00:00Z");
const minute = 60_000;
const config = Config.parse({
  timeZone: "UTC",
  fit: { at: "daily 3:00", hours: 2, methods: ["mepfl"] },
  pipeline: { detectors: { trace: ["trace-anomaly"] } },
});
const incidentAt = (minutesAgo: number): PastIncident => ({
  questionId: "q1",
  start: now - minutesAgo * minute,
  end: now - (minutesAgo - 5) * minute,
  service: "geo",
  instance: null,
  metric: null,
  confidence: 0.9,
  why: "",
  signature: [],
});

async function open(incidents: readonly PastIncident[], wanted = config) {
  const news: string[] = [];
  const work = await startFitting(wanted, {
    name: "fits",
    connections: await redisConnections(),
    memory: { list: async () => incidents },
    feedback: { list: async () => [] },
    lockMs: 15_000,
    now: () => now,
    onNews: (text) => void news.push(text),
    onTrouble: (what, error) => void news.push(`${what} ${String(error)}`),
    process: {
      entry: fileURLToPath(new URL("../fakes/echo-fit-process.ts", import.meta.url)),
      execArgv: ["--import", new URL("../support/load-typescript.mjs", import.meta.url).href],
    },
  });
  onTestFinished(() => work.close());
  return { work, news };
}

describe("fitting at night", () => {
  it("fits on the hours before, without the incidents of then", async () => {
    const { work, news } = await open([incidentAt(60)]);
    expect(new Date((await work.nextOf("fit")) ?? 0).toISOString()).toContain("T03:00:00.000Z");

    await work.start("fit");
    await until(() => news.length > 0);

    expect(news).toEqual(["Fitted mepfl in 1 s on 2.0 hours; 1 known incident was left out."]);
  });

  it("learns new call paths every hour, but not near an incident", async () => {
    const near = await open([incidentAt(90)]);
    const quiet = await open([incidentAt(200)]);

    await near.work.start("new-paths");
    await quiet.work.start("new-paths");
    await until(() => quiet.news.length > 0);

    expect(quiet.news).toEqual(["New call paths count as normal now: web -> rate."]);
    expect(near.news).toEqual([]);
  });

  it("looks for call paths only where a model of them is in use", async () => {
    const { work } = await open([], Config.parse({ fit: { at: "daily 3:00" } }));

    expect(await work.nextOf("new-paths")).toBeNull();
  });
});

describe("usualMethods", () => {
  it("are those that are quick, and slow ones that are in use", () => {
    const inUse = { pipeline: { detectors: { perMetric: [{ metric: "*", detector: "usad" }] } } };

    expect(usualMethods(config)).not.toContain("usad");
    expect(usualMethods(Config.parse(inUse))).toContain("usad");
    expect(usualMethods(Config.parse(inUse))).toEqual(expect.arrayContaining(["mepfl", "trace-anomaly"]));
  });
});
