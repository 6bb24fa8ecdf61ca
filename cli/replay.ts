import { explainCalls } from "../bot/explain-calls.ts";
import { plainText } from "../bot/plain-text.ts";
import { openArchive, openToolbox } from "../compose.ts";
import { recordedModel } from "../connectors/llm/recorded-model.ts";
import { diagnose } from "../pipeline/diagnose.ts";
import { Diagnosis } from "../pipeline/diagnosis.ts";
import { BotError } from "../pipeline/errors.ts";
import { PipelineOptions } from "../pipeline/options.ts";
import type { ChatQuestion } from "../pipeline/types.ts";
import { configWith, type QuestionOptions, requireSources } from "./question-options.ts";
import { exitCodes, printJson, printLine, type Shell } from "./shell.ts";

/** Keys that no method makes: clocks, what a model cost, and what the memory of incidents added. */
const apart = new Set(["timings", "modelCalls", "earlier"]);
/** Keys that the model's words are in; all others are the deterministic half. */
const words = new Set(["explanation", "findings", "uncertainty", "gaps", "model", "evidence", "madeWith"]);

/**
 * Makes a saved diagnosis again from the telemetry, with the options it was made with and the model's recorded
 * answers, and compares key by key and byte by byte.
 *
 * Throws: BotError "question-invalid" when nothing is saved under the id.
 */
export async function replay(id: string, options: QuestionOptions, shell: Shell): Promise<number> {
  const config = configWith(options);
  requireSources(config);
  const { question, saved } = await load(id, config);
  const toolbox = await openToolbox(config);
  try {
    const made = PipelineOptions.safeParse(saved.madeWith.options);
    const model = saved.modelCalls.length === 0 ? null : recordedModel(saved.modelCalls);
    const again = await diagnose(
      question,
      // The memory has gone on since.
      { ...toolbox, model, recall: () => saved.earlier },
      made.success ? made.data : config.pipeline,
      shell.signal,
    );
    return said(saved, differing(saved, again), options, shell);
  } finally {
    await toolbox.close();
  }
}

async function load(
  id: string,
  config: ReturnType<typeof configWith>,
): Promise<{ question: ChatQuestion; saved: Diagnosis }> {
  const archive = await openArchive(config);
  try {
    const [question, saved] = await Promise.all([
      archive.store.loadQuestion(id),
      archive.store.loadDiagnosis(id),
    ]);
    if (question !== null && saved !== null) return { question, saved };
  } finally {
    await archive.close();
  }
  throw new BotError(
    "question-invalid",
    `Nothing is saved under ${id}. "ask --json" prints the id of each answer; answers are kept for retentionDays.`,
  );
}

/** The keys whose bytes are not the same, once both are read back as a saved one is. */
export function differing(saved: Diagnosis, again: Diagnosis): string[] {
  const one: Record<string, unknown> = readBack(saved);
  const other: Record<string, unknown> = readBack(again);
  const bytes = (value: unknown) => JSON.stringify(value ?? null);
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (key) => !apart.has(key) && bytes(one[key]) !== bytes(other[key]),
  );
}

/** Saved and loaded: reading puts the keys of each object into the order of its schema. */
function readBack(diagnosis: Diagnosis): Diagnosis {
  return Diagnosis.parse(JSON.parse(JSON.stringify(diagnosis)));
}

function said(saved: Diagnosis, differs: readonly string[], { json }: QuestionOptions, shell: Shell): number {
  const { id } = saved.question;
  const half = differs.filter((key) => !words.has(key));
  if (json === true) {
    const { modelCalls } = saved;
    printJson(shell, { id, same: differs.length === 0, sameRanking: half.length === 0, differs, modelCalls });
  } else if (differs.length === 0) {
    printLine(shell, `${id}: the same, byte by byte.`);
  } else {
    printLine(shell, `${id}: differs in ${differs.join(", ")}.`);
    printLine(
      shell,
      half.length === 0
        ? "The ranking is the same; only words differ: prompts or knowledge have changed since."
        : "The telemetry, the configuration or the version has changed since.",
    );
  }
  if (json !== true) for (const line of ["", ...explainCalls(saved)]) printLine(shell, plainText(line));
  return differs.length === 0 ? exitCodes.answered : exitCodes.bug;
}
