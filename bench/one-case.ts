import { performance } from "node:perf_hooks";
import { openToolbox, ownModels } from "../compose.ts";
import { ModelOptions } from "../connectors/llm/model-options.ts";
import { takeInventory } from "../pipeline/collect.ts";
import { diagnose } from "../pipeline/diagnose.ts";
import type { Diagnosis } from "../pipeline/diagnosis.ts";
import { PipelineOptions } from "../pipeline/options.ts";
import type { Inventory, Toolbox } from "../pipeline/ports.ts";
import type { ChatQuestion, Stage, StageName } from "../pipeline/types.ts";
import { answerOnce, peakMb, said } from "./answer-once.ts";
import { caseAnswer } from "./case-answer.ts";
import { type CaseRun, PipelineInput } from "./case-message.ts";
import { type PerturbationName, perturb } from "./perturb.ts";
import { remembering } from "./remembering.ts";

const perturbationSeed = 7;

/**
 * The process that diagnoses one case, started by run-case.ts: one message in, one out, then it ends.
 * It learns nothing but `PipelineInput`. Seconds are counted from opening the telemetry to the
 * diagnosis; starting Node and loading the program is not in them, nor are the harder forms.
 */
async function runOne(message: unknown): Promise<CaseRun> {
  const { source, perturbations, model: named, ...asked } = PipelineInput.parse(message);
  const { signal } = new AbortController();
  const started = performance.now();
  const measured = () => ({ seconds: (performance.now() - started) / 1000, peakMb: peakMb() });
  try {
    const model = named === undefined ? undefined : ModelOptions.parse(named);
    const models = model === undefined ? null : ownModels(model);
    models?.prepare();
    const toolbox = await openToolbox({ sources: [source], model }, models === null ? null : models.chat);
    try {
      const experts = processorTime("consult");
      const diagnosis = await ask(asked, toolbox, signal, experts.onStage);
      const cost = measured();
      const inventory = await takeInventory(toolbox, signal);
      const answer = caseAnswer(diagnosis, inventory, undefined, experts.milliseconds());
      const perturbed = await harder(asked, perturbations, toolbox, inventory, signal);
      return { ...cost, answer, error: null, perturbed };
    } finally {
      await toolbox.close();
    }
  } catch (error) {
    return { ...measured(), answer: null, error: said(error), perturbed: [] };
  }
}

type Asked = Pick<ChatQuestion, "text" | "askedAt" | "timeZone">;

/** Of this process, from the start of a stage to its end. */
function processorTime(name: StageName) {
  let begun: NodeJS.CpuUsage | null = null;
  let spent = 0;
  return {
    milliseconds: () => spent,
    onStage({ name: told, state }: Stage) {
      if (told !== name) return;
      if (begun === null) begun = process.cpuUsage();
      if (state !== "done") return;
      const { user, system } = process.cpuUsage(begun);
      spent = (user + system) / 1_000;
    },
  };
}

function ask(
  asked: Asked,
  toolbox: Toolbox,
  signal: AbortSignal,
  onStage?: (stage: Stage) => void,
): Promise<Diagnosis> {
  const question: ChatQuestion = { id: "bench", ...asked, askedWindow: null };
  return diagnose(question, toolbox, PipelineOptions.parse({}), signal, onStage);
}

/** The same telemetry is read once for all forms that ask for the same of it. */
async function harder(
  asked: Asked,
  names: readonly PerturbationName[],
  toolbox: Toolbox,
  inventory: Inventory,
  signal: AbortSignal,
): Promise<CaseRun["perturbed"]> {
  const results: CaseRun["perturbed"] = [];
  const read = remembering(toolbox);
  for (const name of names) {
    try {
      const form = perturb(name, asked, read, inventory, perturbationSeed);
      const diagnosis = await ask({ ...asked, ...form.asked }, { ...form.toolbox, model: null }, signal);
      results.push({ name, answer: caseAnswer(diagnosis, inventory, form.original), error: null });
    } catch (error) {
      results.push({ name, answer: null, error: said(error) });
    }
  }
  return results;
}

answerOnce(runOne);
