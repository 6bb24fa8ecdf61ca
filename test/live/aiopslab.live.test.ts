import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenToolbox, openToolbox } from "../../compose.ts";
import { SourceOptions } from "../../connectors/index.ts";
import { takeInventory } from "../../pipeline/collect.ts";
import type { Modality } from "../../pipeline/types.ts";
import {
  clusterMetrics,
  minutes,
  namespace,
  pushLogs,
  pushTraces,
  services,
  stepMs,
} from "../support/aiopslab-data.ts";
import { findProgram } from "../support/programs.ts";
import { startPrometheus } from "../support/prometheus.ts";
import { recordingProxy, replayServer } from "../support/replay.ts";

const { ELASTICSEARCH_URL, JAEGER_URL, JAEGER_OTLP_URL, LOCALEXPERT_RECORD } = process.env;
const hasServers = [ELASTICSEARCH_URL, JAEGER_URL, JAEGER_OTLP_URL].every((url) => url !== undefined);
const hasPrometheus = findProgram("prometheus") !== null && findProgram("promtool") !== null;
if (!hasPrometheus) process.stdout.write("skipped: AIOpsLab's preset, since no prometheus is installed\n");
const how = hasServers
  ? "real servers"
  : "recorded answers of real ones (ELASTICSEARCH_URL and JAEGER_URL name none)";

interface Backend {
  readonly url: string;
  close(): Promise<void>;
}

/** OpenSearch and Jaeger with the cluster's logs and traces, and when those begin. */
async function backends(refused: string[]): Promise<{ start: number; logs: Backend; traces: Backend }> {
  if (ELASTICSEARCH_URL === undefined || JAEGER_URL === undefined || JAEGER_OTLP_URL === undefined) {
    const recorded = (name: string) => new URL(`../unit/connectors/recorded/${name}`, import.meta.url);
    const logs = await replayServer(recorded("aiopslab-opensearch.json"), refused);
    const traces = await replayServer(recorded("aiopslab-jaeger.json"), refused);
    return { start: logs.start, logs, traces };
  }
  const start = Math.floor(Date.now() / 60_000) * 60_000 - (minutes + 1) * 60_000;
  await pushLogs(ELASTICSEARCH_URL, start);
  await pushTraces(JAEGER_OTLP_URL, start);
  const [logs, traces] = await Promise.all([
    recordingProxy(ELASTICSEARCH_URL, start),
    recordingProxy(JAEGER_URL, start),
  ]);
  const kept = (proxy: typeof logs, name: string): Backend => ({
    url: proxy.url,
    async close() {
      if (LOCALEXPERT_RECORD !== undefined) await proxy.save(`${LOCALEXPERT_RECORD}/${name}`);
      await proxy.close();
    },
  });
  return {
    start,
    logs: kept(logs, "aiopslab-opensearch.json"),
    traces: kept(traces, "aiopslab-jaeger.json"),
  };
}

describe.skipIf(!hasPrometheus)(`AIOpsLab's preset, over a real Prometheus and ${how},`, () => {
  const signal = new AbortController().signal;
  const refused: string[] = [];
  let folder = "";
  let start = 0;
  const closers: (() => Promise<unknown>)[] = [];
  let urls = { prometheus: "", elasticsearch: "", jaeger: "" };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "localexpert-aiopslab-"));
    const opened = await backends(refused);
    start = opened.start;
    closers.push(opened.logs.close, opened.traces.close);
    const end = start + minutes * 60_000;
    const prometheus = await startPrometheus(folder, clusterMetrics(start), { start, end, stepMs });
    closers.push(async () => prometheus[Symbol.asyncDispose]());
    urls = { prometheus: prometheus.url, elasticsearch: opened.logs.url, jaeger: opened.traces.url };
  });
  afterAll(async () => {
    for (const close of closers) await close();
    await rm(folder, { recursive: true, force: true });
  });

  const preset = (without: Partial<Record<keyof typeof urls, false>> = {}) =>
    SourceOptions.parse({
      type: "aiopslab",
      namespace,
      prometheus: { url: urls.prometheus },
      elasticsearch: { url: urls.elasticsearch },
      jaeger: { url: urls.jaeger },
      ...without,
    });

  async function withToolbox<Result>(
    options: SourceOptions,
    work: (toolbox: OpenToolbox) => Promise<Result>,
  ) {
    const toolbox = await openToolbox({ sources: [options] });
    try {
      return await work(toolbox);
    } finally {
      await toolbox.close();
    }
  }

  it("knows the application's services under one name each, and nothing else of the cluster", async () => {
    const inventory = await withToolbox(preset(), (toolbox) =>
      takeInventory(toolbox, signal, start + minutes * 60_000),
    );

    // A real Jaeger that is named may hold traces of other tests.
    expect(inventory.services).toEqual(hasServers ? expect.arrayContaining(services) : services);
    expect(inventory.services).not.toContain("prometheus-server");
    expect(inventory.services).not.toContain("jaeger-all-in-one");
    expect(inventory.gaps).toEqual([]);
  });

  it("reads metrics, logs and traces of the namespace", async () => {
    const query = { windows: [{ start, end: start + minutes * 60_000 }], services: null, limit: 100_000 };
    const read = await withToolbox(preset(), async (toolbox) => {
      const found = new Map<Modality, { services: string[]; gaps: readonly unknown[] }>();
      for (const source of toolbox.sources) {
        const { items, gaps } = await source.fetch(query, signal);
        const of = items.map((item) => ("key" in item ? item.key.service : item.service));
        found.set(source.modality, { services: [...new Set(of)].sort(), gaps });
      }
      return found;
    });

    expect(Object.fromEntries(read)).toEqual({
      metric: { services, gaps: [] },
      log: { services, gaps: [] },
      trace: { services: ["frontend", "geo"], gaps: [] },
    });
  });

  it("asks for one service by its name", async () => {
    const query = { windows: [{ start, end: start + minutes * 60_000 }], services: ["geo"], limit: 100_000 };
    const counts = await withToolbox(preset(), async (toolbox) => {
      const found: Record<string, Set<string>> = {};
      for (const source of toolbox.sources) {
        const { items } = await source.fetch(query, signal);
        found[source.name] = new Set(items.map((item) => ("key" in item ? item.key.service : item.service)));
      }
      return found;
    });

    expect(counts).toEqual({
      "aiopslab prometheus metrics": new Set(["geo"]),
      "aiopslab elasticsearch logs": new Set(["geo"]),
      "aiopslab jaeger traces": new Set(["geo"]),
    });
  });

  it("leaves out a backend that there is none of", async () => {
    const names = await withToolbox(preset({ elasticsearch: false, jaeger: false }), async ({ sources }) =>
      sources.map(({ name }) => name),
    );

    expect(names).toEqual(["aiopslab prometheus metrics"]);
  });

  it("was asked nothing that is not answered", () => {
    expect(refused).toEqual([]);
  });
});
