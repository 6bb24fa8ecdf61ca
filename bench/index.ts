import { stat, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { ModelOptions } from "../connectors/llm/model-options.ts";
import { BotError } from "../pipeline/errors.ts";
import { version } from "../pipeline/version.ts";
import { judgedAnswers, writeConfidenceWeights } from "./calibrate.ts";
import type { CaseRun, PipelineInput } from "./case-message.ts";
import { isQuiet, type LabelledCase, pipelineInput, readCases } from "./cases.ts";
import { checkMarks, writeInto } from "./into-document.ts";
import { keepRuns, keptOutcomes } from "./kept-runs.ts";
import { readMachine } from "./machine.ts";
import { type Outcome, rankedNames, rightNames } from "./methods.ts";
import { type PerturbationName, perturbationNames } from "./perturb.ts";
import { quietWindows } from "./quiet.ts";
import { runCase } from "./run-case.ts";
import { scaleTable } from "./scale.ts";
import { rankOf } from "./score.ts";
import { renderTable } from "./table.ts";

export interface BenchOptions {
  /** Folders with a cases.json, or folders that hold such folders. */
  readonly cases: string | readonly string[];
  /** Files to write; none when left out. */
  readonly json?: string | undefined;
  readonly markdown?: string | undefined;
  /** Writes weights of the confidence, fitted on all answers, into this file. */
  readonly calibrate?: string | undefined;
  /** Chooses thresholds and weights on other systems than they are reported on. */
  readonly transfer?: boolean | undefined;
  /** Keeps what came of each case in this file, to be scored again. */
  readonly keep?: string | undefined;
  /** Scores what these files keep, and diagnoses nothing. */
  readonly again?: readonly string[] | undefined;
  /** A document that has marks for the tables (into-document.ts). */
  readonly into?: string | undefined;
  /** The first so many of the cases. */
  readonly limit?: number | undefined;
  /** How many at a time; above one, seconds are no longer those of a case that has the machine alone. */
  readonly parallel?: number | undefined;
  /** Each case is diagnosed again in these harder forms (perturb.ts). */
  readonly perturb?: readonly PerturbationName[] | undefined;
  /** So many windows without a fault for each folder of telemetry that declares some. */
  readonly quiet?: number | undefined;
  /** Generated telemetry of growing size is diagnosed as well. */
  readonly scale?: boolean | undefined;
  /** Cases whose "system/fault type/id" holds this. */
  readonly only?: string | undefined;
  /** URL of a model server; the experts speak through it. */
  readonly model?: string | undefined;
  /** The model, as that server calls it. */
  readonly modelName?: string | undefined;
  readonly progress: (line: string) => void;
}

export interface BenchResult {
  /** Cases without an answer; a wrong answer is none of them. */
  readonly failed: number;
  /** Markdown. */
  readonly table: string;
}

export type RunCase = (input: PipelineInput, signal: AbortSignal) => Promise<CaseRun>;

const bootstrapSeed = 7;
const growthWords =
  "Generated telemetry (bench/generate.ts, seed 7): an hour, of which the last quarter is asked about. Reading it is from memory.";

/**
 * Diagnoses labelled cases and scores what came out.
 *
 * Throws: BotError "source-invalid" when there are no such cases or a file cannot be written (known
 *         before the first case starts), "cancelled" when aborted.
 */
export async function runBench(
  options: BenchOptions,
  signal: AbortSignal,
  run: RunCase = runCase,
): Promise<BenchResult> {
  const folders = typeof options.cases === "string" ? [options.cases] : options.cases;
  const parallel = Math.max(1, Math.floor(options.parallel ?? 1));
  const model = modelOf(options);
  const ask: RunCase = (input, stop) => run(model === null ? input : { ...input, model }, stop);
  await Promise.all([options.json, options.markdown, options.keep, options.calibrate].map(checkWritable));
  const { into } = options;
  if (into !== undefined) await checkMarks(into);
  const faults = chosen(await readCases(folders), options);
  const quiet = options.quiet === undefined ? [] : await quietWindows(faults, options.quiet, signal);
  const date = new Date().toISOString();
  const asked = [...faults, ...quiet];
  const outcomes =
    options.again === undefined
      ? await runAll(asked, parallel, ask, options, signal)
      : await keptOutcomes(options.again, asked);
  if (options.calibrate !== undefined)
    await writeConfidenceWeights(options.calibrate, judgedAnswers(outcomes));
  if (options.keep !== undefined) await keepRuns(options.keep, outcomes);

  const scale = options.scale === true ? await scaleTable(options.progress, signal) : null;

  const cases = renderTable(outcomes, {
    command: commandLine(folders, options),
    date,
    seed: bootstrapSeed,
    model: model?.name ?? null,
    parallel,
    version,
    machine: await readMachine(),
    transfer: options.transfer === true,
  });
  const table = scale === null ? cases : `${cases}\n## Growth\n\n${growthWords}\n\n${scale}\n`;
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify(outcomes.map(caseResult), null, 1)}\n`);
  }
  if (options.markdown !== undefined) await writeFile(options.markdown, table);
  if (into !== undefined) await writeInto(into, table);
  return { failed: outcomes.filter(({ run: { error } }) => error !== null).length, table };
}

/** Outcomes in the order of the cases, whatever order they end in. */
async function runAll(
  cases: readonly LabelledCase[],
  parallel: number,
  run: RunCase,
  { progress, perturb = [] }: BenchOptions,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = cases.map((labelled, index) => ({ labelled, index }));
  let done = 0;

  async function lane(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { labelled, index } = next;
      const input = { ...pipelineInput(labelled), perturbations: isQuiet(labelled) ? [] : [...perturb] };
      const outcome = { labelled, run: withoutPath(await run(input, signal), labelled) };
      outcomes[index] = outcome;
      done += 1;
      progress(`[${done}/${cases.length}] ${labelled.id}: ${inWords(outcome)}`);
    }
  }

  await Promise.all(Array.from({ length: Math.min(parallel, cases.length) }, lane));
  return outcomes;
}

function chosen(cases: readonly LabelledCase[], { only, limit }: BenchOptions): LabelledCase[] {
  const wanted = cases.filter(
    ({ system, faultType, id }) => only === undefined || `${system}/${faultType}/${id}`.includes(only),
  );
  const first = wanted.slice(0, limit);
  if (first.length > 0) return first;
  const names = cases.slice(0, 3).map(({ system, faultType, id }) => `${system}/${faultType}/${id}`);
  throw new BotError(
    "source-invalid",
    `None of the ${cases.length} cases is left to run. The text of --only must be part of a name such as ${names.join(", ")}, and --limit at least 1.`,
  );
}

/** Tables and files are passed on: they say the folder's name, not where it lies on this machine. */
function withoutPath(run: CaseRun, { telemetry }: LabelledCase): CaseRun {
  return run.error === null ? run : { ...run, error: run.error.replaceAll(telemetry, basename(telemetry)) };
}

function inWords(outcome: Outcome): string {
  const { labelled, run } = outcome;
  if (run.error !== null) return `failed: ${run.error.split("\n", 1)[0]}`;
  if (isQuiet(labelled)) return `nothing was broken; ${run.answer?.verdict}`;
  const rank = rankOf(rankedNames(outcome, "service"), rightNames(labelled, "service"));
  const cost = `${run.seconds?.toFixed(2)} s, ${run.peakMb?.toFixed(0)} MB`;
  return `${rank === null ? "service not ranked" : `service ranked ${rank}`}, ${cost}`;
}

/** One entry of `--json`. No truth in it: with the cases.json anyone can score it again. */
function caseResult({ labelled, run }: Outcome): unknown {
  const { id, system, faultType } = labelled;
  const { answer, seconds, peakMb, error } = run;
  return {
    id,
    system,
    faultType,
    seconds,
    peakMb,
    services: answer?.services ?? [],
    instances: answer?.instances ?? [],
    metrics: answer?.metrics ?? [],
    error,
    verdict: answer?.verdict ?? null,
    confidence: answer?.confidence ?? null,
    window: answer?.window ?? null,
    reference: answer?.reference ?? null,
    stages: answer?.stages ?? null,
    model: answer?.model ?? null,
    rankings: answer?.rankings ?? [],
  };
}

/** Throws: BotError "config-invalid" where the server is named and the model is not. */
function modelOf({ model: url, modelName: name }: BenchOptions): { url: string; name: string } | null {
  if (url === undefined) return null;
  const read = ModelOptions.safeParse({ url, name });
  if (read.success) return { url: read.data.url, name: read.data.name };
  throw new BotError(
    "config-invalid",
    `--model ${url} cannot be used. Name a URL such as http://localhost:8000/v1 with --model, and the model as that server calls it with --model-name.`,
  );
}

function commandLine(
  folders: readonly string[],
  { limit, only, parallel, perturb, quiet, scale, again, transfer, model, modelName }: BenchOptions,
): string {
  const words = ["localexpert bench", ...folders.map((folder) => `--cases ${basename(resolve(folder))}`)];
  if (only !== undefined) words.push(`--only ${JSON.stringify(only)}`);
  if (limit !== undefined) words.push(`--limit ${limit}`);
  if (parallel !== undefined) words.push(`--parallel ${parallel}`);
  if (perturb !== undefined)
    words.push(
      `--perturb ${perturb.length === perturbationNames.length ? "all" : perturb.map((name) => JSON.stringify(name)).join(" ")}`,
    );
  if (quiet !== undefined) words.push(`--quiet ${quiet}`);
  if (scale === true) words.push("--scale");
  if (transfer === true) words.push("--transfer");
  if (again !== undefined) words.push(...again.map((file) => `--again ${basename(file)}`));
  if (model !== undefined) words.push(`--model ${model} --model-name ${modelName ?? ""}`);
  return words.join(" ");
}

/** An hour of cases should not end in a folder that is not there. */
async function checkWritable(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const folder = await stat(dirname(resolve(file))).catch(() => null);
  const there = await stat(file).catch(() => null);
  if (folder?.isDirectory() && !there?.isDirectory()) return;
  throw new BotError(
    "source-invalid",
    `${file} cannot be written: its folder is not there, or it is a folder itself. Make the folder, or name another file.`,
  );
}
