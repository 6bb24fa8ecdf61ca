import { DateTime } from "luxon";
import { readCases } from "../bench/cases.ts";
import { plainText } from "../bot/plain-text.ts";
import type { Config } from "../config.ts";
import { fitOrder, fitProcess, usualMethods } from "../fitting.ts";
import { fitInProcess } from "../jobs/fit-in-process.ts";
import type { Fit, FitOrder, FitReport } from "../jobs/fit-order.ts";
import { incidentPeriods } from "../jobs/known-incidents.ts";
import { asBotError, BotError } from "../pipeline/errors.ts";
import { type LabelledCase, rightService } from "../pipeline/labelled-case.ts";
import { learners } from "../pipeline/learners.ts";
import { localizers } from "../pipeline/localize/index.ts";
import type { TimeWindow } from "../pipeline/types.ts";
import { questionOf } from "./export-cases.ts";
import { withArchive } from "./incidents.ts";
import { configWith, type QuestionOptions } from "./question-options.ts";
import { exitCodes, printJson, printLine, type Shell } from "./shell.ts";

export interface FitCommandOptions extends Pick<QuestionOptions, "source" | "format" | "config" | "json"> {
  readonly cases?: readonly string[] | undefined;
  readonly normal?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly warm?: boolean | undefined;
  readonly method?: readonly string[] | undefined;
  readonly seed?: number | undefined;
}

/** Fits what can be fitted, and says from what and how well. */
export async function fit(options: FitCommandOptions, shell: Shell): Promise<number> {
  const config = configWith(options);
  const known = await knownCases(config, options, shell);
  const incidents = options.cases === undefined ? known.incidents : await namedIncidents(options.cases);
  if (config.sources.length === 0 && incidents.length === 0) {
    throw new BotError(
      "config-invalid",
      "There is nothing to learn from. Name telemetry with --source or in the configuration, or labelled incidents with --cases.",
    );
  }
  const order = fitOrder(config, {
    methods: methodsOf(options.method, config),
    normal: normalOf(options, config.timeZone),
    excluded: known.excluded,
    isWarm: options.warm === true,
    incidents,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
  const report = await fitInProcess(order, shell.signal, {
    entry: fitProcess,
    onStep: (text) => void shell.errors.write(`${plainText(text)}\n`),
  });
  if (options.json === true) printJson(shell, reportJson(report));
  else for (const line of linesOfReport(report)) printLine(shell, plainText(line));
  return exitCodes.answered;
}

async function namedIncidents(folders: readonly string[]): Promise<FitOrder["incidents"]> {
  const cases = await readCases(folders);
  return cases.map(({ id, question, telemetry, truth, faultType }) => ({
    id,
    ...question,
    telemetry,
    services: [...truth.services],
    faultType,
  }));
}

interface KnownCases {
  readonly incidents: FitOrder["incidents"];
  readonly excluded: FitOrder["excluded"];
}

/**
 * What people said of answers about this telemetry, and when incidents were diagnosed in it. Without Redis
 * there is neither, and that is said.
 */
async function knownCases(
  config: Config,
  { cases: named }: FitCommandOptions,
  shell: Shell,
): Promise<KnownCases> {
  if (config.sources.length === 0) return { incidents: [], excluded: [] };
  try {
    return await withArchive(config, async ({ feedback, memory }) => ({
      incidents: named === undefined ? incidentsIn(await feedback.list()) : [],
      excluded: await incidentPeriods(memory, feedback),
    }));
  } catch (error) {
    const known = asBotError(error);
    if (known === null || known.code === "cancelled") throw error;
    shell.errors.write(`Without the incidents that are known: ${known.message}\n`);
    return { incidents: [], excluded: [] };
  }
}

function incidentsIn(cases: readonly LabelledCase[]): FitOrder["incidents"] {
  return cases.flatMap((one) => {
    const service = rightService(one);
    const { text, at } = questionOf(one);
    if (service === null) return [];
    const askedAt = Date.parse(at);
    const { questionId: id } = one;
    return [{ id, text, askedAt, telemetry: null, services: [service], faultType: "unknown" }];
  });
}

function linesOfReport({ fits, periods, excluded }: FitReport): string[] {
  return [
    ...periods.map((period) => `Learnt from ${isoText(period)}.`),
    ...excluded.map(({ why, ...period }) => `Left out ${isoText(period)}: ${why}.`),
    ...fits.flatMap(linesOf),
  ];
}

function isoText({ start, end }: TimeWindow): string {
  return `${isoOf(start)} to ${isoOf(end)}`;
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}

function reportJson({ fits, periods, excluded }: FitReport): unknown {
  const iso = <Period extends TimeWindow>(period: Period) => ({
    ...period,
    start: isoOf(period.start),
    end: isoOf(period.end),
  });
  return { fits, periods: periods.map(iso), excluded: excluded.map(iso) };
}

function linesOf({ method, file, seconds, trainedOn, networks, validation, words }: Fit): string[] {
  const { normalPeriods, incidents, traces, series } = trainedOn;
  const from = `${traces} traces and ${series} metric series of ${counted(normalPeriods, "fault-free period")} and ${counted(incidents, "incident")}`;
  const line = `${method}: fitted on ${from} in ${seconds.toFixed(1)} s, kept in ${file}`;
  if (words !== undefined) return [line, ...words.map((one) => `  ${one}`)];
  const { count, warm, epochs, loss } = networks ?? { count: 0, warm: 0, epochs: 0, loss: 0 };
  const schooled =
    networks === null
      ? method === "mepfl"
        ? []
        : ["  It learnt nothing: there were too few normal traces or samples (docs/detection.md)."]
      : [
          `  ${counted(count, "network")}, ${warm} of them from before; ${counted(epochs, "epoch")}, loss ${loss.toPrecision(4)} on what was held back.`,
        ];
  return [line, ...schooled, ...linesOfValidation(method, validation)];
}

/** A detector ranks nothing, so there is nothing to say of one. */
function linesOfValidation(method: string, validation: Fit["validation"]): string[] {
  if (!Object.keys(localizers).includes(method)) return [];
  if (validation === null) {
    return ["  Not tested on real incidents: there are too few. It knows simulated faults only."];
  }
  const { folds, at1, at3, unranked } = validation;
  return [
    `  On incidents it had not seen (${folds} folds, ${counted(validation.incidents, "incident")}): the right service first in ${percent(at1)}, among the first three in ${percent(at3)}; nothing ranked in ${unranked}.`,
  ];
}

function methodsOf(named: readonly string[] | undefined, config: Config): string[] {
  const known = [...learners().keys()];
  const unknown = (named ?? []).filter((method) => !known.includes(method));
  if (unknown.length === 0) return [...(named ?? usualMethods(config))];
  throw new BotError(
    "config-invalid",
    `${unknown.join(", ")} cannot be fitted. With --method name any of: ${known.join(", ")}.`,
  );
}

/** The period that is named, as a whole or by its ends; null: the declared ones. */
function normalOf({ normal, from, to }: FitCommandOptions, zone: string): TimeWindow | null {
  if (normal === undefined && from === undefined && to === undefined) return null;
  const ends = [from, to].filter((end) => end !== undefined);
  if (normal === undefined ? ends.length < 2 : ends.length > 0) {
    throw new BotError(
      "window-invalid",
      "Name a fault-free period either with --from ISO and --to ISO, or with --normal START/END.",
    );
  }
  return periodOf(normal ?? ends.join("/"), zone);
}

/** START/END, both ISO-8601, in `zone` where they name none. */
function periodOf(text: string, zone: string): TimeWindow {
  const [from, to, ...more] = text.split("/").map((part) => DateTime.fromISO(part.trim(), { zone }));
  if (from?.isValid && to?.isValid && more.length === 0 && from < to) {
    return { start: from.toMillis(), end: to.toMillis() };
  }
  throw new BotError(
    "window-invalid",
    `"${text}" is no period. Write --normal START/END, or --from START --to END, such as 2026-11-23T10:00Z/2026-11-23T12:00Z.`,
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
