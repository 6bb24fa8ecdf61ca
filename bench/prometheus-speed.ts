import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { openNames } from "../connectors/names/names.ts";
import { openPrometheus } from "../connectors/prometheus/index.ts";
import { PrometheusOptions } from "../connectors/prometheus/options.ts";
import { peakMb } from "./answer-once.ts";
import { readMachine } from "./machine.ts";

/**
 * How long Filter 1 takes against a local Prometheus of many services: `node dist/bench/prometheus-speed.js`
 * prints it, docs/CONNECTORS.md has the figures. It fills and starts a Prometheus of its own, which takes
 * about two minutes and a gigabyte of disk; `prometheus` and `promtool` must be on the path.
 */
const services = 1_000;
const stepSeconds = 15;
const hourSeconds = 3_600;
const counters = [
  ...[
    "container_cpu_usage_seconds_total",
    "container_cpu_cfs_throttled_seconds_total",
    "container_oom_events_total",
  ],
  ...[
    "container_fs_reads_bytes_total",
    "container_fs_writes_bytes_total",
    "container_network_receive_bytes_total",
  ],
  ...["container_network_transmit_bytes_total", "container_network_receive_errors_total"],
  ...["container_network_receive_packets_dropped_total", "process_cpu_seconds_total", "http_requests_total"],
  ...["redis_commands_processed_total", "redis_evicted_keys_total"],
];
const gauges = [
  ...["container_memory_working_set_bytes", "container_memory_rss", "container_threads"],
  ...["process_resident_memory_bytes", "process_open_fds", "go_goroutines", "up"],
];

async function fill(path: string, start: number): Promise<void> {
  const file = createWriteStream(path);
  for (const metric of [...counters, ...gauges]) {
    file.write(`# TYPE ${metric} unknown\n`);
    const isCounter = counters.includes(metric);
    for (let service = 0; service < services; service++) {
      const pod = `service-${service}-7d4b9c6f5-x2x4z`;
      const labels = /^container/.test(metric)
        ? `pod="${pod}",container="app",namespace="n"`
        : `job="service-${service}",instance="${pod}"`;
      let lines = "";
      let value = service;
      for (let at = start; at < start + hourSeconds; at += stepSeconds) {
        // Some unevenness that needs no seed: the same numbers in every run.
        const step = ((at / stepSeconds) * 7 + service * 13) % 17;
        value = isCounter ? value + step : service + step;
        lines += `${metric}{${labels}} ${value} ${at}\n`;
      }
      if (!file.write(lines)) await once(file, "drain");
    }
  }
  file.end("# EOF\n");
  await once(file, "close");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function measure(url: string, start: number): Promise<void> {
  const options = PrometheusOptions.parse({ type: "prometheus", url });
  const surroundings = { readSecret: () => "", names: openNames({ map: {}, aliases: {} }), clock: Date.now };
  const connector = openPrometheus(options, surroundings);
  const [source] = connector.sources;
  if (source?.modality !== "metric") throw new Error("no source of metrics");
  const { signal } = new AbortController();
  const windows = [{ start: start * 1_000, end: (start + hourSeconds) * 1_000 }];
  const say = (what: string, since: number, more = "") =>
    process.stdout.write(`${what}: ${Math.round(performance.now() - since)} ms${more}\n`);

  let since = performance.now();
  const { services: known } = await connector.inventory.inventory(signal);
  say("inventory", since, `, ${known.length} services`);
  for (const service of ["service-1", "service-2", "service-3"]) {
    since = performance.now();
    const { items } = await source.fetch({ windows, services: [service], limit: 5_000_000 }, signal);
    say("one service", since, `, ${items.length} series`);
  }
  since = performance.now();
  const { items, gaps } = await source.fetch({ windows, services: null, limit: 5_000_000 }, signal);
  const samples = items.reduce((sum, one) => sum + one.samples.t.length, 0);
  say("all services", since, `, ${items.length} series, ${samples} samples, gaps: ${JSON.stringify(gaps)}`);
  const { cpu, cores, node } = await readMachine();
  process.stdout.write(`peak memory: ${Math.round(peakMb())} MB\n${cores} cores of ${cpu}, Node ${node}\n`);
  await connector.close();
}

const folder = await mkdtemp(join(tmpdir(), "localexpert-bench-"));
try {
  const start = Math.floor(Date.now() / 1_000 / stepSeconds) * stepSeconds - hourSeconds;
  const [data, text, config] = [join(folder, "data"), join(folder, "text"), join(folder, "prometheus.yml")];
  await mkdir(data);
  await writeFile(config, "global: { scrape_interval: 15s }\n");
  await fill(text, start);
  execFileSync("promtool", ["tsdb", "create-blocks-from", "openmetrics", text, data], { stdio: "ignore" });
  await rm(text);
  const port = await freePort();
  const words = [`--config.file=${config}`, `--storage.tsdb.path=${data}`];
  const server = spawn("prometheus", [...words, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: "ignore",
  });
  try {
    const url = `http://127.0.0.1:${port}`;
    const ready = () =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (server.exitCode === null && !(await ready())) await sleep(100);
    await measure(url, start);
  } finally {
    server.kill("SIGKILL");
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
