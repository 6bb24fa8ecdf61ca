import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openNames } from "../../connectors/names/names.ts";
import { openPrometheus } from "../../connectors/prometheus/index.ts";
import { PrometheusOptions } from "../../connectors/prometheus/options.ts";
import type { MetricSource } from "../../pipeline/ports.ts";
import { describeSource } from "../contract/source.ts";
import { findProgram, type StartedServer, startServer } from "../support/programs.ts";
import { type SteppedSeries, startPrometheus } from "../support/prometheus.ts";

const stepMs = 15_000;
const end = Math.floor(Date.now() / stepMs) * stepMs;
const hour = 3_600_000;
const start = end - 2 * hour;
const live = () => new AbortController().signal;
const nasty = 'ge"o{}\n|.*\\';

/** Counters rise by `perSecond`, and faster in the last ten minutes. */
const counter =
  (perSecond: number, later = perSecond) =>
  (at: number) =>
    (perSecond * (at - start) + (later - perSecond) * Math.max(0, at - (end - 600_000))) / 1_000;
const pods = ["geo-7d4b9c6f5-x2x4z", "mongodb-geo-0", "rate-6c9bdf8d7c-zq4kd"];
const series: readonly SteppedSeries[] = [
  ...pods.flatMap((pod) => {
    const labels = { job: "kubelet", namespace: "hotel", pod, container: "app", instance: "node-1:10250" };
    return [
      { metric: "container_cpu_usage_seconds_total", labels, value: counter(0.25) },
      // The pause container and the sum over the pod must not count.
      {
        metric: "container_cpu_usage_seconds_total",
        labels: { ...labels, container: "" },
        value: counter(9),
      },
      { metric: "container_memory_working_set_bytes", labels, value: () => 1e8 },
    ];
  }),
  ...["geo", "rate", nasty].flatMap((service) => {
    const labels = { job: `hotel/${service}`, instance: `${service}-1` };
    const code = (value: string) => ({ ...labels, http_response_status_code: value });
    const total = "http_server_request_duration_seconds_count";
    const bucket = "http_server_request_duration_seconds_bucket";
    return [
      { metric: total, labels: code("200"), value: counter(9, service === "geo" ? 5 : 9) },
      ...(service === "geo" ? [{ metric: total, labels: code("500"), value: counter(0, 5) }] : []),
      ...["0.1", "0.2", "+Inf"].map((le) => ({
        metric: bucket,
        labels: { ...code("200"), le },
        value: counter(le === "0.1" ? 5 : 10),
      })),
    ];
  }),
  {
    metric: "traces_service_graph_request_total",
    labels: { client: "geo", server: "mongodb-geo" },
    value: counter(2),
  },
  {
    metric: "traces_service_graph_request_total",
    labels: { client: "user", server: "geo" },
    value: counter(2),
  },
  { metric: "jobs_waiting", labels: { job: "queue", instance: "q:1" }, value: (_at, index) => index % 7 },
  { metric: "untouched_total", labels: { job: "geo" }, value: counter(1) },
];

const hasPrometheus = findProgram("prometheus") !== null && findProgram("promtool") !== null;
if (!hasPrometheus)
  process.stdout.write("skipped: no prometheus is installed, and the set-up could not unpack one\n");
const victoria = findProgram("victoria-metrics");
if (victoria === null) process.stdout.write("skipped: no victoria-metrics is installed\n");

const open = (url: string, options: object = {}) =>
  openPrometheus(
    PrometheusOptions.parse({
      type: "prometheus",
      url,
      name: "live",
      metrics: [{ name: "jobs waiting", metric: "jobs_waiting", kind: "gauge" }],
      ...options,
    }),
    { readSecret: () => "", names: openNames({ map: {}, aliases: {} }), clock: Date.now },
  );

function metricsOf(connector: ReturnType<typeof open>): MetricSource {
  const [source] = connector.sources;
  if (source?.modality !== "metric") throw new Error("no source of metrics");
  return source;
}

describe.skipIf(!hasPrometheus)("a real Prometheus", () => {
  let folder = "";
  let server: StartedServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "localexpert-prometheus-"));
    server = await startPrometheus(folder, series, { start, end, stepMs });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function valuesOf(service: string, options: object = {}) {
    const connector = open(server.url, options);
    const windows = [{ start: end - hour, end }];
    const { items, gaps } = await metricsOf(connector).fetch(
      { windows, services: [service], limit: 1e6 },
      live(),
    );
    await connector.close();
    const values = new Map(items.map(({ key, samples }) => [key.metric, [...samples.v]]));
    return { items, gaps, values, at: (metric: string, index: number) => values.get(metric)?.at(index) };
  }

  it("gives rates, shares and quantiles in their units", async () => {
    const { at, gaps, items } = await valuesOf("geo");

    expect(gaps).toEqual([]);
    expect(at("cpu", -1)).toBeCloseTo(0.25, 6);
    expect(at("memory working set", -1)).toBe(1e8);
    expect(at("requests per second", 0)).toBeCloseTo(9, 6);
    expect(at("request errors", 0)).toBe(0);
    expect(at("request errors", -1)).toBeCloseTo(50, 3);
    expect(at("request latency p95", -1)).toBeCloseTo(0.19, 6);
    expect(items.find(({ key }) => key.metric === "request errors")).toMatchObject({
      key: { service: "geo", instance: "geo-1" },
      unit: "%",
      class: "symptom",
    });
    expect(items.find(({ key }) => key.metric === "cpu")?.key.instance).toBe(pods[0]);
  });

  it("asks for a service whose name is made of quotes, braces and a line break", async () => {
    const { items } = await valuesOf(nasty);

    expect(new Set(items.map(({ key }) => key.service))).toEqual(new Set([nasty]));
    expect(items.length).toBeGreaterThan(0);
  });

  it("keeps geo and mongodb-geo apart", async () => {
    const { items } = await valuesOf("mongodb-geo");

    expect(items.map(({ key }) => [key.service, key.instance])).toEqual([
      ["mongodb-geo", "mongodb-geo-0"],
      ["mongodb-geo", "mongodb-geo-0"],
    ]);
  });

  it("takes a selector, and an operator's own PromQL", async () => {
    const query = "max by ($by) (jobs_waiting{$selector}) * 2";
    const own = { name: "twice", metric: "jobs_waiting", kind: "query", query };
    const { at } = await valuesOf("queue", { metrics: [own], selector: { instance: ["q:1", "q:2"] } });
    const { items } = await valuesOf("queue", { metrics: [own], selector: { instance: "elsewhere" } });

    expect(at("twice", 1)).toBeGreaterThanOrEqual(0);
    expect(items).toEqual([]);
  });

  it("says which of its queries were refused, and gives the others", async () => {
    const broken = { name: "broken", metric: "jobs_waiting", kind: "query", query: "sum(" };
    const { gaps, at } = await valuesOf("queue", {
      metrics: [broken, { name: "jobs waiting", metric: "jobs_waiting", kind: "gauge" }],
    });

    expect(at("jobs waiting", 0)).toBeGreaterThanOrEqual(0);
    expect(gaps).toEqual([
      {
        from: "live metrics",
        reason: "failed",
        detail: expect.stringMatching(/1 of 2 queries.*refused a query: .*parse error/),
      },
    ]);
  });

  it("cuts what is longer than 11,000 points into pieces", async () => {
    const connector = open(server.url, { scrapeSeconds: 15 });
    const windows = [{ start: end - 60 * 24 * hour, end }];
    const { items, gaps } = await metricsOf(connector).fetch(
      { windows, services: ["queue"], limit: 1e6 },
      live(),
    );
    await connector.close();

    expect(gaps).toEqual([]);
    // The last sample is looked back at for up to five minutes, but the window ends with it.
    expect(items[0]?.samples.t.length).toBe((2 * hour) / stepMs);
  });

  it("knows services, instances, when data begins and ends, and who calls whom", async () => {
    const connector = open(server.url);
    const inventory = await connector.inventory.inventory(live(), end);
    const about = await connector.about(live());
    await connector.close();

    expect(inventory.services).toEqual([nasty, "geo", "mongodb-geo", "queue", "rate"].sort());
    expect(inventory.instances).toContainEqual({ service: "mongodb-geo", instance: "mongodb-geo-0" });
    expect(inventory.topology?.edges).toMatchObject([{ caller: "geo", callee: "mongodb-geo" }]);
    expect(inventory.extent.metric?.end).toBe(end - stepMs);
    expect(inventory.gaps).toEqual([]);
    expect(about).toMatch(/^Prometheus \d/);
  });

  describeSource("Prometheus", async () => {
    const connector = open(server.url);
    return {
      cases: [
        {
          source: metricsOf(connector),
          window: { start: end - 600_000, end: end - 300_000 },
          other: { start: end - hour, end: end - hour + 300_000 },
          service: "geo",
        },
      ],
      close: () => connector.close(),
    };
  });
});

describe.skipIf(victoria === null)("a real VictoriaMetrics", () => {
  let folder = "";
  let server: StartedServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "localexpert-victoria-"));
    server = await startServer(
      victoria ?? "",
      (port) => [
        `-storageDataPath=${folder}`,
        `-httpListenAddr=127.0.0.1:${port}`,
        "-search.latencyOffset=0s",
        "-search.disableCache",
      ],
      "/health",
    );
    const lines = series.flatMap(({ metric, labels, value }) => {
      const timestamps = Array.from({ length: (end - start) / stepMs }, (_, index) => start + index * stepMs);
      return JSON.stringify({
        metric: { __name__: metric, ...labels },
        timestamps,
        values: timestamps.map(value),
      });
    });
    await fetch(`${server.url}/api/v1/import`, { method: "POST", body: lines.join("\n") });
    await fetch(`${server.url}/internal/force_flush`);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it("answers like Prometheus", async () => {
    const connector = open(server.url);
    const windows = [{ start: end - hour, end: end - 60_000 }];
    const { items, gaps } = await metricsOf(connector).fetch(
      { windows, services: ["geo"], limit: 1e6 },
      live(),
    );
    const inventory = await connector.inventory.inventory(live(), end);
    await connector.close();

    const last = new Map(items.map(({ key, samples }) => [key.metric, samples.v.at(-1)]));
    expect(gaps).toEqual([]);
    expect(last.get("cpu")).toBeCloseTo(0.25, 3);
    expect(last.get("request errors")).toBeCloseTo(50, 1);
    expect(inventory.services).toEqual([nasty, "geo", "mongodb-geo", "queue", "rate"].sort());
  });

  describeSource("VictoriaMetrics", async () => {
    const connector = open(server.url);
    return {
      cases: [
        {
          source: metricsOf(connector),
          window: { start: end - 600_000, end: end - 300_000 },
          other: { start: end - hour, end: end - hour + 300_000 },
          service: "geo",
        },
      ],
      close: () => connector.close(),
    };
  });
});
