import { fileURLToPath } from "node:url";
import { DateTime } from "luxon";
import { readCases } from "../bench/cases.ts";
import type { Config } from "../config.ts";
import { fitInProcess } from "../jobs/fit-in-process.ts";
import type { Fit, FitOrder } from "../jobs/fit-order.ts";
import { modelFolder } from "../jobs/fitted-models.ts";
import { asBotError, BotError } from "../pipeline/errors.ts";
import { rightService } from "../pipeline/labelled-case.ts";
import { learners } from "../pipeline/learners.ts";
import type { TimeWindow } from "../pipeline/types.ts";
import { questionOf } from "./export-cases.ts";
import { withArchive } from "./incidents.ts";
import { configWith, type QuestionOptions } from "./question-options.ts";
import { exitCodes, printJson, printLine, type Shell } from "./shell.ts";

export interface FitCommandOptions extends Pick<QuestionOptions, "source" | "format" | "config" | "json"> {
  readonly cases?: readonly string[] | undefined;
  readonly normal?: string | undefined;
  readonly method?: readonly string[] | undefined;
  readonly seed?: number | undefined;
}

/** Fits what can be fitted, and says from what and how well. */
export async function fit(options: FitCommandOptions, shell: Shell): Promise<number> {
  const config = configWith(options);
  const incidents =
    options.cases === undefined
      ? await confirmedIncidents(config, shell)
      : await namedIncidents(options.cases);
  if (config.sources.length === 0 && incidents.length === 0) {
    throw new BotError(
      "config-invalid",
      "There is nothing to learn from. Name telemetry with --source or in the configuration, or labelled incidents with --cases.",
    );
  }
  const order: FitOrder = {
    sources: [...config.sources],
    names: config.names,
    pipeline: config.pipeline,
    modelFolder: modelFolder(config.stateFolder),
    methods: methodsOf(options.method),
    seed: options.seed ?? config.pipeline.seed,
    normal: options.normal === undefined ? null : periodOf(options.normal, config.timeZone),
    incidents,
  };
  const fits = await fitInProcess(order, shell.signal, {
    entry: fileURLToPath(new URL("../fit-process.js", import.meta.url)),
    onStep: (text) => void shell.errors.write(`${text}\n`),
  });
  if (options.json === true) printJson(shell, { fits });
  else for (const line of fits.flatMap(linesOf)) printLine(shell, line);
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

/** What people said of answers about this telemetry. Without Redis there is none, and that is said. */
async function confirmedIncidents(config: Config, shell: Shell): Promise<FitOrder["incidents"]> {
  if (config.sources.length === 0) return [];
  try {
    const cases = await withArchive(config, ({ feedback }) => feedback.list());
    return cases.flatMap((one) => {
      const service = rightService(one);
      const { text, at } = questionOf(one);
      return service === null
        ? []
        : [
            {
              id: one.questionId,
              text,
              askedAt: Date.parse(at),
              telemetry: null,
              services: [service],
              faultType: "unknown",
            },
          ];
    });
  } catch (error) {
    const known = asBotError(error);
    if (known === null || known.code === "cancelled") throw error;
    shell.errors.write(`Without what people said of answers: ${known.message}\n`);
    return [];
  }
}

function linesOf({ method, file, seconds, trainedOn, validation }: Fit): string[] {
  const { normalPeriods, incidents, traces } = trainedOn;
  const from = `${traces} traces of ${counted(normalPeriods, "fault-free period")} and ${counted(incidents, "incident")}`;
  const line = `${method}: fitted on ${from} in ${seconds.toFixed(1)} s, kept in ${file}`;
  if (validation === null) {
    return [line, "  Not tested on real incidents: there are too few. It knows simulated faults only."];
  }
  const { folds, at1, at3, unranked } = validation;
  return [
    line,
    `  On incidents it had not seen (${folds} folds, ${counted(validation.incidents, "incident")}): the right service first in ${percent(at1)}, among the first three in ${percent(at3)}; nothing ranked in ${unranked}.`,
  ];
}

function methodsOf(named: readonly string[] | undefined): string[] {
  const known = [...learners().keys()];
  const unknown = (named ?? []).filter((method) => !known.includes(method));
  if (unknown.length === 0) return [...(named ?? known)];
  throw new BotError(
    "config-invalid",
    `${unknown.join(", ")} cannot be fitted. With --method name any of: ${known.join(", ")}.`,
  );
}

/** START/END, both ISO-8601, in `zone` where they name none. */
function periodOf(text: string, zone: string): TimeWindow {
  const [from, to, ...more] = text.split("/").map((part) => DateTime.fromISO(part.trim(), { zone }));
  if (from?.isValid && to?.isValid && more.length === 0 && from < to) {
    return { start: from.toMillis(), end: to.toMillis() };
  }
  throw new BotError(
    "window-invalid",
    `"${text}" is no period. Write --normal START/END, such as 2026-11-23T10:00Z/2026-11-23T12:00Z.`,
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
