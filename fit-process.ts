import { performance } from "node:perf_hooks";
import { z } from "zod";
import { openToolbox, type Telemetry } from "./compose.ts";
import { SourceOptions } from "./connectors/index.ts";
import { NamesOptions } from "./connectors/names/options.ts";
import { type Fit, type FitMessage, FitOrder, type FitReport } from "./jobs/fit-order.ts";
import {
  keptModel,
  loadFittedModels,
  modelFile,
  saveFitReport,
  saveFittedModel,
} from "./jobs/fitted-models.ts";
import { collect, takeInventory } from "./pipeline/collect.ts";
import { newPaths } from "./pipeline/detect/trace-anomaly/new-paths.ts";
import { traceAnomaly } from "./pipeline/detect/trace-anomaly/trace-anomaly.ts";
import { asBotError, BotError } from "./pipeline/errors.ts";
import { excludedFrom, halves, withoutIncidents } from "./pipeline/fault-free.ts";
import { fitModel, openModel } from "./pipeline/fitted-model.ts";
import { FusionModel, fittedWords, fusionName } from "./pipeline/fusion/fusion-weights.ts";
import { crossValidate } from "./pipeline/learn/cross-validate.ts";
import { learners } from "./pipeline/learners.ts";
import { localizers } from "./pipeline/localize/index.ts";
import { PipelineOptions } from "./pipeline/options.ts";
import type { Inventory, LabelledIncident, Learnt, Lessons, Localizer, Toolbox } from "./pipeline/ports.ts";
import { readQuestion } from "./pipeline/question/index.ts";
import { resolveWindow } from "./pipeline/resolve.ts";
import type { TelemetrySlice, TimeWindow } from "./pipeline/types.ts";

/** More than this of fault-free time teaches little more; the latest counts. */
const mostPeriods = 6;
/** Pieces of one period, between incidents. */
const mostPieces = 24;
/** Epochs are told this seldom. */
const tellMs = 5_000;

/** The process that fits (jobs/fit-in-process.ts): one order in, steps and the result out, then it ends. */
async function carryOut(message: unknown): Promise<FitMessage> {
  const order = FitOrder.parse(message);
  const options = PipelineOptions.parse(order.pipeline);
  switch (order.task) {
    case "learn":
      return fitAll(order, options);
    case "new-paths":
      return learnNewPaths(order, options);
  }
}

async function fitAll(order: FitOrder, options: PipelineOptions): Promise<FitMessage> {
  const { signal } = new AbortController();
  const { slices, ...normal } = await normalSlices(order, options, signal);
  const lessons: Lessons = { normal: slices, incidents: await incidentSlices(order, options, signal) };
  if (lessons.normal.length + lessons.incidents.length === 0) {
    const why =
      normal.excluded.length > 0
        ? "incidents leave no ten minutes of the fault-free periods"
        : "no fault-free period is declared and no incident is named";
    throw new BotError(
      "source-invalid",
      `There is nothing to learn from: ${why}. Name another period with --normal START/END, or labelled incidents with --cases.`,
    );
  }
  const { models } = await loadFittedModels(order.modelFolder);
  const fits: Fit[] = [];
  for (const method of order.methods) {
    const learner = learners().get(method);
    if (learner === undefined) continue;
    // Weights from confirmed incidents outlast a night in which none is looked at.
    if (method === fusionName && lessons.incidents.length === 0) continue;
    step(`fitting ${method}`);
    const started = performance.now();
    const progress = progressOf(method);
    const before = models[method] ?? null;
    const previous = order.isWarm ? before : null;
    const fitted = fitModel(method, learner, lessons, order.seed, { previous, tell: progress.tell });
    const isEmpty = (model: unknown) => learner.isEmpty?.(model) ?? false;
    const isWorse = isEmpty(fitted.model) && before !== null && !isEmpty(before);
    if (isWorse) step(`${method} learnt nothing, so what it learnt before stays`);
    const file = isWorse
      ? modelFile(order.modelFolder, method)
      : await saveFittedModel(order.modelFolder, fitted);
    const seconds = (performance.now() - started) / 1000;
    const localizer = Object.values<Localizer<unknown>>(localizers).find(({ name }) => name === method);
    if (lessons.incidents.length > 0) step(`testing ${method} on incidents it has not seen`);
    const validation =
      localizer === undefined ? null : crossValidate(localizer, lessons, options.detectors, order.seed);
    const { trainedOn } = fitted;
    const weighed = method === fusionName ? FusionModel.safeParse(fitted.model) : null;
    const words = weighed?.success === true ? { words: fittedWords(weighed.data) } : {};
    fits.push({ method, file, seconds, trainedOn, networks: progress.networks(), validation, ...words });
  }
  const report = { fits, ...normal, newPaths: [] };
  await saveFitReport(order.modelFolder, report);
  return { kind: "fitted", ...report };
}

/** What the networks of a method say of themselves, as steps now and then, and together at the end. */
function progressOf(method: string) {
  const parts: Extract<Learnt, { kind: "part" }>[] = [];
  let toldAt = performance.now();
  return {
    tell(learnt: Learnt): void {
      const now = performance.now();
      if (learnt.kind === "part") parts.push(learnt);
      if (now - toldAt < tellMs) return;
      toldAt = now;
      const loss = learnt.loss.toPrecision(4);
      step(
        learnt.kind === "epoch"
          ? `${method}: ${learnt.part}, epoch ${learnt.epoch}, loss ${loss}`
          : `${method}: ${learnt.part}, done after ${learnt.epochs} epochs, loss ${loss}`,
      );
    },
    networks(): Fit["networks"] {
      if (parts.length === 0) return null;
      return {
        count: parts.length,
        warm: parts.filter(({ isWarm }) => isWarm).length,
        epochs: parts.reduce((sum, { epochs }) => sum + epochs, 0),
        loss: parts.reduce((sum, { loss }) => sum + loss, 0) / parts.length,
      };
    },
  };
}

/** Adds the call paths that are new in a normal period to those that the model of traces knows. */
async function learnNewPaths(order: FitOrder, options: PipelineOptions): Promise<FitMessage> {
  const { signal } = new AbortController();
  const { name, learner } = traceAnomaly;
  const kept = await keptModel(order.modelFolder, name);
  const { model } = openModel(name, learner, kept);
  const { slices, ...normal } = await normalSlices(order, options, signal);
  if (kept === null || model === null) return { kind: "fitted", fits: [], ...normal, newPaths: [] };
  const traces = slices.flatMap((slice) => [...slice.traces.reference, ...slice.traces.window]);
  const added = newPaths(model, traces);
  if (added.length > 0) {
    const knownPaths = [...model.knownPaths, ...added].sort();
    await saveFittedModel(order.modelFolder, { ...kept, model: { ...model, knownPaths } });
  }
  return { kind: "fitted", fits: [], ...normal, newPaths: added };
}

interface NormalTelemetry extends Pick<FitReport, "periods" | "excluded"> {
  readonly slices: TelemetrySlice[];
}

async function normalSlices(
  order: FitOrder,
  options: PipelineOptions,
  signal: AbortSignal,
): Promise<NormalTelemetry> {
  if (order.sources.length === 0) return { slices: [], periods: [], excluded: [] };
  const toolbox = await openToolbox(configuredTelemetry(order));
  try {
    const inventory = await takeInventory(toolbox, signal);
    const declared = [...inventory.declaredReference.trace]
      .sort((a, b) => b.start - a.start)
      .slice(0, mostPeriods);
    const named = order.normal === null ? declared : [order.normal];
    const excluded = excludedFrom(named, order.excluded);
    for (const { start, end, why } of excluded) step(`left out ${periodText({ start, end })}: ${why}`);
    const periods = withoutIncidents(named, excluded).slice(-mostPieces);
    const slices: TelemetrySlice[] = [];
    for (const period of periods) {
      step(`reading ${periodText(period)}`);
      const { window, known } = readingOf(period, inventory, order, periods.length > 1);
      slices.push(await sliceOf(toolbox, known, window, options, signal));
    }
    return { slices, periods, excluded: [...excluded] };
  } finally {
    await toolbox.close();
  }
}

/**
 * How a period is read: declared ones beside each other, without what is excluded; one that stands alone, or
 * was named, is compared with its own first half, since what came before it need not be normal.
 */
function readingOf(
  period: TimeWindow,
  inventory: Inventory,
  order: FitOrder,
  hasOthers: boolean,
): { readonly window: TimeWindow; readonly known: Inventory } {
  if (order.normal === null && hasOthers) {
    const { metric, log, trace } = inventory.declaredReference;
    const left = (periods: readonly TimeWindow[]) => withoutIncidents(periods, order.excluded);
    return {
      window: period,
      known: {
        ...inventory,
        declaredReference: { metric: left(metric), log: left(log), trace: left(trace) },
      },
    };
  }
  const { reference, window } = halves(period);
  const declaredReference = { metric: [reference], log: [reference], trace: [reference] };
  return { window, known: { ...inventory, declaredReference } };
}

function periodText({ start, end }: TimeWindow): string {
  return `${new Date(start).toISOString()} to ${new Date(end).toISOString()}`;
}

function configuredTelemetry({ sources, names, faultFree }: FitOrder): Telemetry {
  return {
    sources: z.array(SourceOptions).parse(sources),
    names: NamesOptions.prefault({}).parse(names),
    faultFree,
  };
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
  inventory: Inventory,
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
  carryOut(message)
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
