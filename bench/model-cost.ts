import { z } from "zod";
import type { Diagnosis } from "../pipeline/diagnosis.ts";

/** What the language model was asked in one case, and what it cost. */
export const ModelCost = z.object({
  calls: z.number(),
  /** Calls that had to wait for one another. */
  depth: z.number(),
  promptTokens: z.number(),
  answerTokens: z.number(),
  /** Of the prompts, what a prefix cache can have from another case; 0 to 1. */
  stableShare: z.number(),
  /** From the first question to the last answer, with what runs side by side counted once. */
  modelMs: z.number(),
  overheadMs: z.number(),
  /** Of the processor, while the experts were asked: ours alone, since a model runs elsewhere. */
  cpuMs: z.number().default(0),
  kept: z.number(),
  dropped: z.number(),
  repaired: z.number(),
  /** Experts that a template spoke for. */
  byTemplate: z.number(),
});
export type ModelCost = z.infer<typeof ModelCost>;

const conclusion = "failure localization expert";
const filter = "log filter";

/** Null where no model was asked. */
export function modelCost({ modelCalls, findings, timings }: Diagnosis, cpuMs: number): ModelCost | null {
  if (modelCalls.length === 0) return null;
  const sum = (of: (call: Diagnosis["modelCalls"][number]) => number) =>
    modelCalls.reduce((total, call) => total + of(call), 0);
  const lanes = new Map<string, { ms: number; calls: number }>();
  for (const { purpose, durationMs } of modelCalls) {
    const lane = lanes.get(purpose) ?? { ms: 0, calls: 0 };
    lanes.set(purpose, { ms: lane.ms + durationMs, calls: lane.calls + 1 });
  }
  const sideBySide = [...lanes].filter(([purpose]) => purpose !== conclusion && purpose !== filter);
  const steps = [
    lanes.get(filter),
    {
      ms: Math.max(0, ...sideBySide.map(([, { ms }]) => ms)),
      calls: Math.max(0, ...sideBySide.map(([, { calls }]) => calls)),
    },
    lanes.get(conclusion),
  ];
  const modelMs = steps.reduce((total, step) => total + (step?.ms ?? 0), 0);
  const sentences = findings.filter(({ by }) => by === "model");
  const promptCharacters = sum(({ promptCharacters: all }) => all.system + all.user);
  return {
    calls: modelCalls.length,
    depth: steps.reduce((total, step) => total + (step?.calls ?? 0), 0),
    promptTokens: sum(({ promptTokens }) => promptTokens ?? 0),
    answerTokens: sum(({ answerTokens }) => answerTokens ?? 0),
    stableShare: sum(({ promptCharacters: all }) => all.system) / Math.max(1, promptCharacters),
    modelMs,
    overheadMs: Math.max(0, (timings.consult ?? 0) - modelMs),
    cpuMs,
    kept: sentences.reduce((total, finding) => total + finding.sentences.length, 0),
    dropped: findings.reduce((total, finding) => total + finding.dropped, 0),
    repaired: findings.reduce((total, finding) => total + finding.repaired, 0),
    byTemplate: findings.length - sentences.length,
  };
}
