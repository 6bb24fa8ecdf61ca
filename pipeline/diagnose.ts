import { boundNames } from "./bounded-names.ts";
import { collect, takeInventory } from "./collect.ts";
import { conclude } from "./conclude.ts";
import { describe, summarize } from "./describe/index.ts";
import { detect } from "./detect/index.ts";
import { isEvent } from "./detect/significance.ts";
import type { Diagnosis, EarlierIncident } from "./diagnosis.ts";
import { BotError } from "./errors.ts";
import type { CaseFile } from "./experts/case-file.ts";
import { openDesk } from "./experts/desk.ts";
import { consult } from "./experts/index.ts";
import { expertsFinding, rankedFinding } from "./first-finding.ts";
import { promptsWithout } from "./hidden-names.ts";
import type { PipelineOptions } from "./options.ts";
import { pastIncident } from "./past-incident.ts";
import { permittedToolbox } from "./permitted-toolbox.ts";
import type { Toolbox } from "./ports.ts";
import { readingCalls, readWithModel } from "./question/index.ts";
import { ranked } from "./ranked.ts";
import { redactSlice } from "./redact/redact-slice.ts";
import { redactor } from "./redact/redactor.ts";
import { restoreDiagnosis } from "./redact/restore-diagnosis.ts";
import { resolveScope, resolveWindow, wishedToolbox } from "./resolve.ts";
import { timedToolbox } from "./time-budget.ts";
import type { ChatQuestion, Stage, StageName } from "./types.ts";

/**
 * The whole method: a question in, a diagnosis out (paper, Fig. 1). Nothing here decides anything;
 * each step does, in the file that is named for it.
 *
 * Throws: BotError when the question cannot be answered as it stands ("service-unknown",
 * "window-invalid", "question-invalid"), when every source failed, or "cancelled".
 */
export async function diagnose(
  question: ChatQuestion,
  whole: Toolbox,
  options: PipelineOptions,
  signal: AbortSignal,
  onStage: (stage: Stage) => void = () => {},
): Promise<Diagnosis> {
  const toolbox = timedToolbox(permittedToolbox(whole, question.permitted), options.timeBudgetMs);
  const timings: Record<string, number> = {};
  const begun = toolbox.stopwatch();

  async function stage<Result>(
    name: StageName,
    work: () => Result | Promise<Result>,
    say: (result: Result) => string,
    found: (result: Result) => string | null = () => null,
  ): Promise<Result> {
    if (signal.aborted) throw new BotError("cancelled", "The diagnosis was stopped.");
    onStage({ name, state: "started", detail: "" });
    const started = toolbox.stopwatch();
    const result = await work();
    timings[name] = toolbox.stopwatch() - started;
    onStage({ name, state: "done", detail: say(result), ...foundBy(found(result)) });
    return result;
  }

  const { window, scope, inventory, modalities, notes, reading } = await stage(
    "read",
    async () => {
      const known = await takeInventory(toolbox, signal, question.askedAt);
      const read = await readWithModel(question, known.services, options, toolbox, signal);
      return {
        inventory: known,
        window: resolveWindow(question, read, options),
        scope: resolveScope(question, read),
        modalities: question.carried == null ? read.modalities : question.carried.modalities,
        notes: question.carried == null ? read.notes : [question.carried.note, ...read.notes],
        reading: readingCalls(question, read),
      };
    },
    (read) => spoken(read.scope.services.length, "service", "every service"),
  );
  const wished = wishedToolbox(toolbox, modalities);
  // Nothing after this sees a secret, so that nothing can forget to hide it.
  const secrets = redactor(options.redaction);
  const asked = { ...question, text: secrets.redact(question.text) };
  const slice = await stage(
    "collect",
    async () =>
      redactSlice(boundNames(await collect(window, scope, inventory, wished, options, signal)), secrets),
    ({ metrics, logs, traces }) =>
      `${spoken(metrics.length, "metric series", "no metrics")}, ${spoken(logs.window.length, "log line", "no logs")}, ${spoken(traces.window.length, "trace", "no traces")}`,
  );
  const anomalies = await stage(
    "detect",
    () => detect(slice, options.detectors, toolbox.fitted?.models),
    (found) => spoken(found.length, "anomaly", "nothing abnormal"),
  );
  const descriptions = await stage(
    "describe",
    () => describe(anomalies, question.timeZone),
    (texts) => spoken(texts.length, "description", "nothing to describe"),
  );
  const localized = await stage(
    "localize",
    () => ranked(slice, anomalies, options, toolbox.fitted),
    ({ fused }) => spoken(fused.services.length, "suspect", "no suspect"),
    // Without a model the answer is there at once.
    (who) => (toolbox.model === null ? null : rankedFinding(who)),
  );
  const summaries = summarize(anomalies.filter(isEvent), question.timeZone);
  const found = {
    question: asked,
    window,
    slice,
    anomalies,
    descriptions,
    ...localized,
    summaries,
    earlier: [],
  };
  const file = { ...found, earlier: recalled(found, wished, options) };
  const { model } = toolbox;
  const prompts = promptsWithout(toolbox.prompts, toolbox.withheld);
  const { seed, experts } = options;
  const desk =
    model === null
      ? null
      : openDesk({ model, prompts, priority: "person", seed, signal }, experts, toolbox.stopwatch);
  const consultation = await stage(
    "consult",
    () => {
      const first = rankedFinding(file);
      return consult(file, desk, (findings) => {
        if (first === null) return;
        onStage({ name: "consult", state: "started", detail: "", found: expertsFinding(first, findings) });
      });
    },
    ({ findings }) => spoken(findings.length, "finding", "no finding"),
  );
  const diagnosis = await stage(
    "conclude",
    () =>
      conclude(
        { ...file, consultation, calls: desk?.calls ?? [], reading, modalities, notes },
        wished,
        options,
      ),
    (made) => made.verdict.replace("-", " "),
  );
  const shown = options.redaction.restore ? restoreDiagnosis(diagnosis, secrets) : diagnosis;
  return { ...shown, timings: { ...timings, total: toolbox.stopwatch() - begun } };
}

/** Nothing where nothing is found yet. */
function foundBy(found: string | null): Pick<Stage, "found"> {
  return found === null ? {} : { found };
}

/** The earlier incidents like what the methods found, which does not hang on what the experts say of it. */
function recalled(file: CaseFile, toolbox: Toolbox, options: PipelineOptions): readonly EarlierIncident[] {
  if (toolbox.recall === undefined || !file.isNamed) return [];
  const unsaid = { findings: [], gaps: [], notes: [] };
  const incident = pastIncident(
    conclude({ ...file, consultation: unsaid, calls: [], reading: [], notes: [] }, toolbox, options),
  );
  return incident === null ? [] : toolbox.recall(incident);
}

function spoken(count: number, noun: string, none: string): string {
  if (count === 0) return none;
  const plural = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : noun.endsWith("s") ? noun : `${noun}s`;
  return `${count.toLocaleString("en-US")} ${count === 1 ? noun : plural}`;
}
