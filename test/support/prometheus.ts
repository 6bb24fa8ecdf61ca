import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, type StartedServer, startServer } from "./programs.ts";

interface Labelled {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A series by its value at each step. */
export interface SteppedSeries extends Labelled {
  readonly value: (time: number, index: number) => number;
}

/** A series as it was sampled: epoch milliseconds and value. */
interface SampledSeries extends Labelled {
  readonly samples: readonly (readonly [time: number, value: number])[];
}

export type Backfill = SteppedSeries | SampledSeries;

/** Starts a Prometheus in `folder` that holds these series; those by value every `stepMs` from `start` to before `end`. */
export async function startPrometheus(
  folder: string,
  series: readonly Backfill[],
  { start, end, stepMs }: { start: number; end: number; stepMs: number },
): Promise<StartedServer> {
  const [prometheus, promtool] = [findProgram("prometheus"), findProgram("promtool")];
  if (prometheus === null || promtool === null) throw new Error("prometheus is not installed");
  const data = join(folder, "data");
  mkdirSync(data);
  const config = join(folder, "prometheus.yml");
  writeFileSync(config, "global: { scrape_interval: 15s }\n");
  const text = join(folder, "backfill.txt");
  writeFileSync(text, openMetrics(series, start, end, stepMs));
  execFileSync(promtool, ["tsdb", "create-blocks-from", "openmetrics", text, data], { stdio: "ignore" });
  return startServer(
    prometheus,
    (port) => [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--storage.tsdb.retention.time=10y",
    ],
    "/-/ready",
  );
}

/** OpenMetrics with times: the samples of a metric must stand together. */
function openMetrics(series: readonly Backfill[], start: number, end: number, stepMs: number): string {
  const lines: string[] = [];
  for (const metric of new Set(series.map((one) => one.metric))) {
    lines.push(`# TYPE ${metric} unknown`);
    for (const one of series.filter((other) => other.metric === metric)) {
      const said = Object.entries(one.labels).map(([key, text]) => `${key}="${escaped(text)}"`);
      const samples = "samples" in one ? one.samples : stepped(one.value, start, end, stepMs);
      for (const [at, value] of samples) lines.push(`${metric}{${said.join(",")}} ${value} ${at / 1_000}`);
    }
  }
  return `${lines.join("\n")}\n# EOF\n`;
}

function stepped(value: (time: number, index: number) => number, start: number, end: number, stepMs: number) {
  const samples: [number, number][] = [];
  for (let at = start, index = 0; at < end; at += stepMs, index++) samples.push([at, value(at, index)]);
  return samples;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
