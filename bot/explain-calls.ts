import type { Diagnosis } from "../pipeline/diagnosis.ts";
import { counted } from "./time-words.ts";

type Call = Diagnosis["modelCalls"][number];

const longestAnswer = 600;
const hashLength = 12;

/**
 * Every call of the language model that is kept with a diagnosis: what for, of whom, with which parameters, what it
 * cost. The answers of experts stand in their sentences; all others are given as they came.
 */
export function explainCalls({ modelCalls, findings }: Diagnosis): string[] {
  if (modelCalls.length === 0) return ["No language model was asked."];
  const experts = new Set(findings.map(({ expert }) => expert));
  return [
    "What the language model was asked",
    ...modelCalls.flatMap((call) => [
      `  ${call.purpose}: ${askedWords(call)}`,
      `      ${costWords(call)}`,
      ...(call.problem === null ? [] : [`      not used: ${call.problem.detail}`]),
      ...(experts.has(call.purpose) || call.answer === "" ? [] : [`      ${answerWords(call)}`]),
    ]),
  ];
}

function askedWords({ prompt, promptHash, model, parameters }: Call): string {
  const told = Object.entries(parameters).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const hash = promptHash.slice(0, hashLength);
  return [
    `prompt ${prompt.id} version ${prompt.version}, sha256 ${hash}…`,
    `of ${model}${told.length === 0 ? "" : ` with ${told.join(", ")}`}`,
  ].join(", ");
}

function costWords({ promptTokens, answerTokens, cachedTokens, durationMs, attempts }: Call): string {
  const tokens =
    promptTokens === null
      ? "tokens not counted by the server"
      : `${promptTokens} prompt and ${answerTokens ?? 0} answer tokens${cachedTokens === null ? "" : ` (${cachedTokens} cached)`}`;
  return `${tokens}, ${(durationMs / 1_000).toFixed(1)} s, ${counted(attempts, "request")}`;
}

function answerWords({ answer }: Call): string {
  const line = answer.replaceAll(/\s+/g, " ").trim();
  return line.length <= longestAnswer ? line : `${line.slice(0, longestAnswer)}…`;
}
