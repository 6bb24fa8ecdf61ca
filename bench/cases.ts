import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { BotError } from "../pipeline/errors.ts";
import type { EpochMs } from "../pipeline/types.ts";
import type { PipelineInput } from "./case-message.ts";

/**
 * Only what is used. `fault_window`, `evidence`, `visible_in_data`, `notes` and the published labels are
 * not named here, so they are dropped while reading.
 */
const RootCause = z.object({
  service: z.string().min(1),
  pod: z.string().min(1).nullish(),
  metric: z.string().min(1).nullish(),
  code_region: z.object({ after: z.string(), before: z.string() }).nullish(),
});
type RootCause = z.infer<typeof RootCause>;

const CaseRecord = z.object({
  id: z.string().min(1),
  system: z.string().min(1).optional(),
  fault_type: z.string().min(1).default("unknown"),
  /** The telemetry's folder, beside cases.json; `scenario` is PetShop's name for it. */
  telemetry: z.string().min(1).optional(),
  scenario: z.string().min(1).optional(),
  query: z.object({
    at: z.iso.datetime({ offset: true }),
    text: z.string().min(1),
    lookback_s: z.number().positive().optional(),
  }),
  /** An empty list: nothing was broken, and any cause that is named is wrong. */
  root_cause: z.union([RootCause, z.array(RootCause)]),
});
const CaseList = z.array(CaseRecord).min(1, "the list is empty");
type CaseRecord = z.infer<typeof CaseRecord>;

export interface MetricName {
  readonly service: string;
  readonly metric: string;
}

/** Any of these is right. A level with no names cannot be scored; without a service, nothing was broken. */
export interface Truth {
  readonly services: readonly string[];
  readonly instances: readonly string[];
  /** For a code region `metric` is its two log statements joined by "_", as Nezha publishes them. */
  readonly metrics: readonly MetricName[];
}

export interface LabelledCase {
  readonly id: string;
  readonly system: string;
  readonly faultType: string;
  readonly question: { readonly text: string; readonly askedAt: EpochMs };
  /** What the window read from the text should come to; null where the case does not say. */
  readonly lookbackMs: number | null;
  /** Absolute path of the folder with the telemetry. */
  readonly telemetry: string;
  readonly truth: Truth;
}

/**
 * The cases of each folder that has a `cases.json`, or of the folders directly inside it that do.
 *
 * Throws: BotError "source-invalid" when a folder has none, or one is no list of cases, or an id
 *         occurs twice; the message lists every problem with its place.
 */
export async function readCases(folders: readonly string[]): Promise<LabelledCase[]> {
  const files = (await Promise.all(folders.map(caseFiles))).flat();
  const cases: LabelledCase[] = [];
  const seen = new Set<string>();
  for (const folder of [...new Set(files)]) {
    for (const labelled of await readFolder(folder)) {
      if (seen.has(labelled.id)) {
        throw new BotError(
          "source-invalid",
          `The case id "${labelled.id}" occurs twice (again in ${join(folder, "cases.json")}). Give each case an id of its own.`,
        );
      }
      seen.add(labelled.id);
      cases.push(labelled);
    }
  }
  return cases;
}

/** Whether the case is a window in which nothing was broken. */
export function isQuiet({ truth }: LabelledCase): boolean {
  return truth.services.length === 0;
}

/** What the pipeline is told of a case. This is the only way from a case to the pipeline. */
export function pipelineInput(labelled: LabelledCase): PipelineInput {
  return {
    text: labelled.question.text,
    askedAt: labelled.question.askedAt,
    timeZone: "UTC",
    source: { type: "files", path: labelled.telemetry },
  };
}

/** Folders with a cases.json: this one, or the ones directly inside it. */
async function caseFiles(folder: string): Promise<string[]> {
  const root = resolve(folder);
  let names: string[];
  try {
    names = await readdir(root);
  } catch (cause) {
    throw new BotError(
      "source-invalid",
      `The folder ${folder} cannot be read. Name a folder that holds a cases.json, or several such folders.`,
      { cause },
    );
  }
  if (names.includes("cases.json")) return [root];
  const inside: string[] = [];
  for (const name of names) {
    // A file beside the folders has nothing inside it.
    const deeper: string[] = await readdir(join(root, name)).catch(() => []);
    if (deeper.includes("cases.json")) inside.push(join(root, name));
  }
  if (inside.length > 0) return inside.sort();
  throw new BotError(
    "source-invalid",
    `There is no cases.json in ${folder}, nor in a folder directly inside it. docs/bench.md says what it must hold.`,
  );
}

async function readFolder(folder: string): Promise<LabelledCase[]> {
  const path = join(folder, "cases.json");
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new BotError("source-invalid", `${path} is not readable JSON: ${problem}.`, { cause });
  }
  const parsed = CaseList.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path: at, message }) => `  ${at.join(".") || "top level"}: ${message}`,
    );
    throw new BotError(
      "source-invalid",
      `${path} is not a list of cases (docs/bench.md has the format):\n${shortened(problems).join("\n")}`,
      { cause: parsed.error },
    );
  }
  return parsed.data.map((record) => labelledCase(record, folder));
}

const mostProblems = 20;

function shortened(problems: readonly string[]): string[] {
  if (problems.length <= mostProblems) return [...problems];
  return [...problems.slice(0, mostProblems), `  … and ${problems.length - mostProblems} more`];
}

function labelledCase(record: CaseRecord, folder: string): LabelledCase {
  const { query } = record;
  return {
    id: record.id,
    system: record.system ?? basename(folder),
    faultType: record.fault_type,
    question: { text: query.text, askedAt: Date.parse(query.at) },
    lookbackMs: query.lookback_s === undefined ? null : query.lookback_s * 1000,
    telemetry: resolve(folder, record.telemetry ?? record.scenario ?? "."),
    truth: truth(Array.isArray(record.root_cause) ? record.root_cause : [record.root_cause]),
  };
}

function truth(roots: readonly RootCause[]): Truth {
  const metrics: MetricName[] = [];
  for (const { service, metric, code_region } of roots) {
    if (metric) metrics.push({ service, metric });
    else if (code_region) metrics.push({ service, metric: `${code_region.after}_${code_region.before}` });
  }
  return {
    services: roots.map(({ service }) => service),
    instances: roots.flatMap(({ pod }) => (pod ? [pod] : [])),
    metrics,
  };
}
