import { ownModels } from "../compose.ts";
import { type ModelOptions, serverOf } from "../connectors/llm/model-options.ts";
import { type Capabilities, probeModel } from "../connectors/llm/probe.ts";
import type { ModelRole } from "../pipeline/ports.ts";
import type { Check } from "./check.ts";
import { exitCodes } from "./shell.ts";

/** Asks the model of a role for one short answer, and says what its server can do. */
export async function modelCheck(
  model: ModelOptions,
  role: ModelRole,
  signal: AbortSignal,
): Promise<Omit<Check, "name">> {
  const options = serverOf(model, role);
  const capabilities = await probeModel(await ownModels(model).server(role), options, signal);
  const where = `${options.name} at ${new URL(options.url).host}`;
  const { problem } = capabilities;
  if (problem !== null) {
    const detail = `${where}: ${problem} Answers are explained by templates until it works.`;
    return { ok: false, detail, exitCode: exitCodes.unavailable, capabilities };
  }
  return {
    ok: true,
    detail: `${where}: ${inWords(capabilities)}`,
    exitCode: exitCodes.answered,
    capabilities,
  };
}

function inWords({
  dialect,
  takesSchema,
  refuses,
  tellsThinking,
  context,
  countsCache,
  answerMs,
}: Capabilities): string {
  return [
    `${dialect} answers in ${(answerMs / 1_000).toFixed(1)} s`,
    takesSchema ? "decodes by JSON Schema" : "takes no JSON Schema and is asked for JSON in words",
    ...(refuses.length === 0 ? [] : [`refuses ${refuses.join(", ")}, which it is asked without`]),
    tellsThinking ? "can be told not to think" : "cannot be told whether to think",
    context === null ? "does not say its context" : `context ${context.toLocaleString("en-US")} tokens`,
    countsCache ? "counts its prompt cache" : "does not count its prompt cache",
  ].join("; ");
}
