import { performance } from "node:perf_hooks";
import { z } from "zod";
import { openToolbox, type Telemetry } from "./compose.ts";
import { SourceOptions } from "./connectors/index.ts";
import { NamesOptions } from "./connectors/names/options.ts";
import { type Fit, type FitMessage, FitOrder } from "./jobs/fit-order.ts";
import { saveFittedModel } from "./jobs/fitted-models.ts";
import { collect, takeInventory } from "./pipeline/collect.ts";
import { crossValidate } from "./pipeline/cross-validate.ts";
import { asBotError, BotError } from "./pipeline/errors.ts";
import { fitModel } from "./pipeline/fitted-model.ts";
import { learners } from "./pipeline/learners.ts";
import { localizers } from "./pipeline/localize/index.ts";
import { PipelineOptions } from "./pipeline/options.ts";
import type { LabelledIncident, Lessons, Localizer, Toolbox } from "./pipeline/ports.ts";
import { readQuestion } from "./pipeline/question/index.ts";
import { resolveWindow } from "./pipeline/resolve.ts";
import type { TelemetrySlice, TimeWindow } from "./pipeline/types.ts";

/** More than this of fault-free time teaches little more; the latest counts. */
const mostPeriods = 6;

/** The process that fits (jobs/fit-in-process.ts): one order in, steps and the result out, then it ends. */
async function fitAll(message: unknown): Promise<FitMessage> {
  const order = FitOrder.parse(message);
  const options = PipelineOptions.parse(order.pipeline);
  const { signal } = new AbortController();
  const lessons: Lessons = {
    normal: await normalSlices(order, options, signal),
    incidents: await incidentSlices(order, options, signal),
  };
  if (lessons.normal.length + lessons.incidents.length === 0) {
    throw new BotError(
      "source-invalid",
      "There is nothing to learn from: no fault-free period is declared and no incident is named. Name a period with --normal START/END, or labelled incidents with --cases.",
    );
  }
  const fits: Fit[] = [];
  for (const method of order.methods) {
    const learner = learners().get(method);
    if (learner === undefined) continue;
    step(`fitting ${method}`);
    const started = performance.now();
    const fitted = fitModel(method, learner, lessons, order.seed);
    const file = await saveFittedModel(order.modelFolder, fitted);
    const seconds = (performance.now() - started) / 1000;
    const localizer = Object.values<Localizer<unknown>>(localizers).find(({ name }) => name === method);
    if (lessons.incidents.length > 0) step(`testing ${method} on incidents it has not seen`);
    const validation =
      localizer === undefined ? null : crossValidate(localizer, lessons, options.detectors, order.seed);
    fits.push({ method, file, seconds, trainedOn: fitted.trainedOn, validation });
  }
  return { kind: "fitted", fits };
}

async function normalSlices(
  order: FitOrder,
  options: PipelineOptions,
  signal: AbortSignal,
): Promise<TelemetrySlice[]> {
  if (order.sources.length === 0) return [];
  const toolbox = await openToolbox(configuredTelemetry(order));
  try {
    const inventory = await takeInventory(toolbox, signal);
    const declared = [...inventory.declaredReference.trace]
      .sort((a, b) => b.start - a.start)
      .slice(0, mostPeriods);
    const periods = order.normal === null ? declared : [order.normal];
    const slices: TelemetrySlice[] = [];
    for (const period of periods) {
      step(`reading ${new Date(period.start).toISOString()} to ${new Date(period.end).toISOString()}`);
      // A named period is normal without anything being compared with it.
      const known =
        order.normal === null
          ? inventory
          : { ...inventory, declaredReference: { metric: [period], log: [period], trace: [period] } };
      slices.push(await sliceOf(toolbox, known, period, options, signal));
    }
    return slices;
  } finally {
    await toolbox.close();
  }
}

function configuredTelemetry({ sources, names }: FitOrder): Telemetry {
  return { sources: z.array(SourceOptions).parse(sources), names: NamesOptions.prefault({}).parse(names) };
}

async function incidentSlices(
  order: FitOrder,
  options: PipelineOptions,
  signal: AbortSignal,
): Promise<LabelledIncident[]> {
  const open = new Map<string | null, Awaited<ReturnType<typeof openToolbox>>>();
  const read: LabelledIncident[] = [];
  try {
    for (const { id, text, askedAt, telemetry, services, faultType } of order.incidents) {
      step(`reading incident ${id}`);
      const toolbox =
        open.get(telemetry) ??
        (await openToolbox(
          telemetry === null ? configuredTelemetry(order) : { sources: [{ type: "files", path: telemetry }] },
        ));
      open.set(telemetry, toolbox);
      const inventory = await takeInventory(toolbox, signal);
      const question = { id, text, askedAt, timeZone: "UTC", askedWindow: null };
      const window = resolveWindow(question, readQuestion(question, inventory.services, options), options);
      const slice = await sliceOf(toolbox, inventory, window, options, signal);
      if (isEmpty(slice)) step(`there is no telemetry of incident ${id} any more: it is left out`);
      else read.push({ id, services, faultType, slice });
    }
    return read;
  } finally {
    for (const toolbox of open.values()) await toolbox.close();
  }
}

function isEmpty({ metrics, logs, traces }: TelemetrySlice): boolean {
  return metrics.length + logs.window.length + traces.window.length === 0;
}

/** As a question would read it, about every service. */
async function sliceOf(
  toolbox: Toolbox,
  inventory: Awaited<ReturnType<typeof takeInventory>>,
  window: TimeWindow,
  options: PipelineOptions,
  signal: AbortSignal,
): Promise<TelemetrySlice> {
  const asked = { ...window, from: "question" as const };
  return collect(asked, { services: [] }, inventory, toolbox, options, signal);
}

function step(text: string): void {
  say({ kind: "step", text });
}

function say(message: FitMessage, then: () => void = () => {}): void {
  process.send?.(message, then);
}

process.once("message", (message) => {
  fitAll(message)
    .catch((error: unknown): FitMessage => {
      const known = asBotError(error);
      if (known !== null) return { kind: "failure", code: known.code, message: known.message };
      return {
        kind: "bug",
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
    })
    .then(
      (answer) => say(answer, () => process.exit(0)),
      () => process.exit(1),
    );
});
// Ctrl-C reaches every process of the terminal; the parent ends this one itself.
process.on("SIGINT", () => {});
process.once("disconnect", () => process.exit(1));
