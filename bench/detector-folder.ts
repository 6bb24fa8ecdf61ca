import { openToolbox } from "../compose.ts";
import { boundNames } from "../pipeline/bounded-names.ts";
import { collect, takeInventory } from "../pipeline/collect.ts";
import { detected, logDetectors, metricDetectors, traceDetectors } from "../pipeline/detect/index.ts";
import { isEvent } from "../pipeline/detect/significance.ts";
import { PipelineOptions } from "../pipeline/options.ts";
import type { AnomalyDetector, Inventory, Toolbox } from "../pipeline/ports.ts";
import { readWithModel } from "../pipeline/question/index.ts";
import { ranked } from "../pipeline/ranked.ts";
import { resolveScope, resolveWindow } from "../pipeline/resolve.ts";
import type { Anomaly, ChatQuestion, TelemetrySlice } from "../pipeline/types.ts";
import { answerOnce } from "./answer-once.ts";
import {
  type DetectorFindings,
  DetectorInput,
  type DetectorWindow,
  type Suspects,
} from "./detector-message.ts";
import { defaultMetrics } from "./detector-table.ts";
import { remembering } from "./remembering.ts";

const hourMs = 3_600_000;
const mostRanked = 5;
const options = PipelineOptions.parse({});
const { metric, trace, log } = options.detectors;
const chosen: readonly string[] = [...metric, ...trace, ...log];

/** Those that need no fitted model: by default first, so that what is put together is in the product's order. */
const detectors: readonly AnomalyDetector<unknown>[] = byDefaultFirst([
  ...Object.values(metricDetectors),
  ...Object.values(traceDetectors),
  ...Object.values(logDetectors),
]);

function byDefaultFirst(all: readonly AnomalyDetector<unknown>[]): readonly AnomalyDetector<unknown>[] {
  const place = ({ name }: { name: string }) => {
    const index = chosen.indexOf(name);
    return index < 0 ? chosen.length : index;
  };
  return all.filter(({ learner }) => learner === undefined).sort((a, b) => place(a) - place(b));
}

/** The process that runs every detector over the windows that are asked about; telemetry is read once for each. */
async function runFolder(message: unknown): Promise<{ windows: DetectorWindow[] }> {
  const { source, timeZone, asked } = DetectorInput.parse(message);
  const { signal } = new AbortController();
  const toolbox = await openToolbox({ sources: [source] });
  try {
    const read = remembering(toolbox);
    const inventory = await takeInventory(read, signal);
    const windows: DetectorWindow[] = [];
    for (const { text, askedAt, isRanked } of asked) {
      const question = { id: "bench", text, askedAt, timeZone, askedWindow: null };
      const slice = await sliceOf(question, read, inventory, signal);
      windows.push(judged(slice, isRanked));
    }
    return { windows };
  } finally {
    await toolbox.close();
  }
}

async function sliceOf(
  question: ChatQuestion,
  toolbox: Toolbox,
  inventory: Inventory,
  signal: AbortSignal,
): Promise<TelemetrySlice> {
  const read = await readWithModel(question, inventory.services, options, toolbox, signal);
  const window = resolveWindow(question, read, options);
  const scope = resolveScope(question, read);
  return boundNames(await collect(window, scope, inventory, toolbox, options, signal));
}

function judged(slice: TelemetrySlice, isRanked: boolean): DetectorWindow {
  const { window, metrics, traces } = slice;
  const found = new Map<string, readonly Anomaly[]>();
  const findings: DetectorFindings[] = [];
  for (const detector of detectors) {
    const started = process.cpuUsage();
    const anomalies = detector.detect(slice, null);
    const { user, system } = process.cpuUsage(started);
    found.set(detector.name, anomalies);
    findings.push(findingsOf(detector, detected([anomalies], metrics), (user + system) / 1e6));
  }
  const foundBy = (names: readonly string[]) => names.map((name) => found.get(name) ?? []);
  const together = detected(foundBy(metric), metrics);
  const seconds = findings.reduce(
    (sum, one) => sum + (metric.some((name) => name === one.detector) ? one.seconds : 0),
    0,
  );
  return {
    hours: (window.end - window.start) / hourMs,
    seriesHours: metrics.reduce((sum, series) => sum + (series.window.v.length * series.stepMs) / hourMs, 0),
    traces: traces.window.length,
    findings: [findingsOf({ name: defaultMetrics, modality: "metric" }, together, seconds), ...findings],
    suspects: isRanked ? [null, ...chosen].map((without) => suspects(slice, without, foundBy)) : [],
  };
}

function findingsOf(
  { name, modality }: Pick<AnomalyDetector, "name" | "modality">,
  anomalies: readonly Anomaly[],
  seconds: number,
): DetectorFindings {
  const told = anomalies.filter(isEvent);
  const traces = new Set(told.flatMap((one) => (one.modality === "trace" ? one.traceIds : [])));
  return {
    detector: name,
    modality,
    seconds,
    told: told.map(({ service }) => service),
    signals: anomalies.length - told.length,
    traces: traces.size,
  };
}

function suspects(
  slice: TelemetrySlice,
  without: string | null,
  foundBy: (names: readonly string[]) => (readonly Anomaly[])[],
): Suspects {
  const anomalies = detected(foundBy(chosen.filter((name) => name !== without)), slice.metrics);
  const { services, metrics } = ranked(slice, anomalies, options).fused;
  return {
    without,
    services: services.slice(0, mostRanked).map(({ service }) => service),
    instances: services.flatMap(({ instance }) => (instance === null ? [] : [instance])).slice(0, mostRanked),
    metrics: metrics
      .map(({ service, metric: name }) => ({ service, metric: name ?? "" }))
      .slice(0, mostRanked),
  };
}

answerOnce(runFolder);
