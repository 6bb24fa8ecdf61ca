import { fileURLToPath } from "node:url";
import type { Config } from "./config.ts";
import { type ClockTask, type ClockWork, startClockWork } from "./jobs/clock-work.ts";
import { fitInProcess } from "./jobs/fit-in-process.ts";
import type { FitOrder, FitReport } from "./jobs/fit-order.ts";
import { modelFolder } from "./jobs/fitted-models.ts";
import { incidentPeriods } from "./jobs/known-incidents.ts";
import type { RedisConnections } from "./jobs/redis-connection.ts";
import type { FeedbackStore, IncidentMemory } from "./jobs/store.ts";
import { excludedFrom } from "./pipeline/fault-free.ts";
import { learners } from "./pipeline/learners.ts";
import { readScheduleTime } from "./pipeline/question/read-schedule.ts";
import type { EpochMs, TimeWindow } from "./pipeline/types.ts";

/** The program that fits. */
export const fitProcess = fileURLToPath(new URL("./fit-process.js", import.meta.url));

/** The order to fit something on the telemetry of a configuration; cold, and without incidents, unless said. */
export function fitOrder(
  { sources, names, faultFree, pipeline, stateFolder }: Config,
  order: Partial<FitOrder> & Pick<FitOrder, "normal">,
): FitOrder {
  return {
    task: "learn",
    sources: [...sources],
    names,
    faultFree,
    pipeline,
    modelFolder: modelFolder(stateFolder),
    methods: [],
    seed: pipeline.seed,
    excluded: [],
    isWarm: false,
    incidents: [],
    ...order,
  };
}

/** What is fitted where nobody names methods: all but those that take long and are not in use. */
export function usualMethods({ pipeline: { detectors, localizers } }: Pick<Config, "pipeline">): string[] {
  const inUse = new Set<string>([
    ...detectors.metric,
    ...detectors.trace,
    ...detectors.log,
    ...detectors.perMetric.map(({ detector }) => detector),
    ...localizers,
  ]);
  return [...learners()].flatMap(([method, { isSlow }]) =>
    isSlow !== true || inUse.has(method) ? [method] : [],
  );
}

export interface FittingOptions {
  readonly name: string;
  readonly connections: RedisConnections;
  readonly memory: Pick<IncidentMemory, "list">;
  readonly feedback: Pick<FeedbackStore, "list">;
  readonly lockMs: number;
  readonly now: () => EpochMs;
  readonly onNews: (text: string) => void;
  readonly onTrouble: (what: string, error: unknown) => void;
  /** Fits in place of fit-process.ts; Node's options for it. */
  readonly process?: { readonly entry: string; readonly execArgv?: readonly string[] };
}

const minute = 60_000;
const hour = 60 * minute;
/** Telemetry of the last minutes is still on its way. */
const lateMs = 10 * minute;
const hourly = "7 * * * *";

/** Fits at the times that `fit` of the configuration names, and learns new call paths every hour. */
export function startFitting(config: Config, options: FittingOptions): Promise<ClockWork> {
  return startClockWork({ ...options, tasks: fitTasks(config, options) });
}

function fitTasks(config: Config, options: FittingOptions): ClockTask[] {
  const { fit } = config;
  if (fit === undefined) return [];
  const { memory, feedback, now, onNews, process = { entry: fitProcess } } = options;
  const { cron, timeZone } = readScheduleTime(fit.at, config.timeZone);
  const back = (ms: number): TimeWindow => ({ start: now() - lateMs - ms, end: now() - lateMs });
  const fitNow = (order: FitOrder, signal: AbortSignal) => fitInProcess(order, signal, process);
  const refit: ClockTask = {
    id: "fit",
    cron,
    timeZone,
    async run(signal) {
      const report = await fitNow(
        fitOrder(config, {
          methods: fit.methods ?? usualMethods(config),
          normal: back(fit.hours * hour),
          excluded: await incidentPeriods(memory, feedback),
          isWarm: true,
        }),
        signal,
      );
      onNews(reportLine(report));
    },
  };
  const learnPaths: ClockTask = {
    id: "new-paths",
    cron: hourly,
    timeZone,
    async run(signal) {
      const normal = back(hour);
      // What an incident looks like must not become normal, so nothing is learnt beside one.
      // One that was asked about an hour before may still be going on.
      const near = { start: normal.start - hour, end: now() };
      const open = excludedFrom([near], await incidentPeriods(memory, feedback));
      if (open.length > 0) return;
      const { newPaths } = await fitNow(fitOrder(config, { task: "new-paths", normal }), signal);
      if (newPaths.length > 0) onNews(`New call paths count as normal now: ${newPaths.join("; ")}.`);
    },
  };
  return config.pipeline.detectors.trace.includes("trace-anomaly") ? [refit, learnPaths] : [refit];
}

function reportLine({ fits, periods, excluded }: FitReport): string {
  const methods = fits.map(({ method, seconds }) => `${method} in ${seconds.toFixed(0)} s`).join(", ");
  const hours = periods.reduce((sum, { start, end }) => sum + (end - start), 0) / hour;
  const left =
    excluded.length === 1 ? "1 known incident was" : `${excluded.length || "no"} known incidents were`;
  return `Fitted ${methods} on ${hours.toFixed(1)} hours; ${left} left out.`;
}
