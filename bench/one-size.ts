import { performance } from "node:perf_hooks";
import { z } from "zod";
import { openToolbox } from "../compose.ts";
import { takeInventory } from "../pipeline/collect.ts";
import { diagnose } from "../pipeline/diagnose.ts";
import { PipelineOptions } from "../pipeline/options.ts";
import { answerOnce, peakMb } from "./answer-once.ts";
import { caseAnswer } from "./case-answer.ts";
import type { CaseRun } from "./case-message.ts";
import { generate, generatedQuestion } from "./generate.ts";

const Size = z.object({
  services: z.number().int().positive(),
  spans: z.number().int().positive(),
  seed: z.number().int(),
});

/** The process that diagnoses generated telemetry of one size; making it up is not in the seconds. */
async function runOne(message: unknown): Promise<CaseRun> {
  const made = generate(Size.parse(message));
  const { signal } = new AbortController();
  const none = await openToolbox({ sources: [] });
  const toolbox = { ...none, ...made };
  const started = performance.now();
  const question = { id: "bench", ...generatedQuestion, askedWindow: null };
  const diagnosis = await diagnose(question, toolbox, PipelineOptions.parse({}), signal);
  const seconds = (performance.now() - started) / 1000;
  const answer = caseAnswer(diagnosis, await takeInventory(toolbox, signal));
  return { seconds, peakMb: peakMb(), answer, error: null, perturbed: [] };
}

answerOnce(runOne);
