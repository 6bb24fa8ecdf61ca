import { metricDetectors } from "../pipeline/detect/index.ts";
import { type Random, xoshiro } from "../pipeline/learn/xoshiro.ts";
import type { MetricSeries, Samples, TelemetrySlice } from "../pipeline/types.ts";
import { readMachine } from "./machine.ts";

/**
 * How long each metric detector takes, and that its cost grows with the input and no faster:
 * `node dist/bench/detector-speed.js` prints a table, in seconds of processor time. Two thirds of the samples are reference, one sixth
 * window; one series in fifty has a fault.
 */
const samples = 480;
const counts = [1_250, 5_000, 20_000];
const stepMs = 60_000;

function run(): void {
  const random = xoshiro(7, "detector-speed");
  const series = Array.from({ length: counts[counts.length - 1] ?? 0 }, (_, index) =>
    madeSeries(index, random),
  );
  const rows = Object.values(metricDetectors).map((detector) => {
    // The first run compiles; it is not counted.
    detector.detect(sliceOf(series.slice(0, 500)));
    const seconds = counts.map((count) => {
      const slice = sliceOf(series.slice(0, count));
      const started = process.cpuUsage();
      detector.detect(slice);
      const { user, system } = process.cpuUsage(started);
      return (user + system) / 1e6;
    });
    return `| ${[detector.name, ...seconds.map((value) => value.toFixed(2))].join(" | ")} |`;
  });
  const heads = counts.map((count) => `${count.toLocaleString("en-US")} series, s`);
  process.stdout.write(
    `${[`| ${["detector", ...heads].join(" | ")} |`, `|${"---|".repeat(counts.length + 1)}`, ...rows].join("\n")}\n`,
  );
}

function madeSeries(index: number, random: Random): MetricSeries {
  const metrics = ["cpu_usage", "memory_usage", "latency_p99", "errors", "queue_length"];
  const isFaulty = index % 50 === 0;
  const level = 10 + 90 * random();
  const normal = () => level * (1 + 0.05 * (random() + random() + random() + random() - 2));
  const part = (from: number, count: number, value: (i: number) => number): Samples => ({
    t: Float64Array.from({ length: count }, (_, i) => (from + i) * stepMs),
    v: Float64Array.from({ length: count }, (_, i) => value(i)),
  });
  return {
    key: { service: `service-${index % 200}`, instance: null, metric: `${metrics[index % 5]}-${index}` },
    unit: null,
    class: "resource",
    stepMs,
    reference: part(0, (samples * 4) / 6, normal),
    before: part((samples * 4) / 6, samples / 6, normal),
    window: part((samples * 5) / 6, samples / 6, (i) => normal() * (isFaulty && i > 40 ? 2 : 1)),
  };
}

function sliceOf(metrics: readonly MetricSeries[]): TelemetrySlice {
  const window = { start: (samples * 5 * stepMs) / 6, end: samples * stepMs };
  return {
    window,
    scope: { services: [] },
    referencePeriods: { metric: [], log: [], trace: [], from: "preceding" },
    metrics,
    logs: { reference: [], window: [], isSampled: false },
    traces: { reference: [], window: [] },
    topology: { services: [], edges: [] },
    gaps: [],
  };
}

const machine = await readMachine();
process.stdout.write(`${JSON.stringify(machine)}\n\n`);
run();
