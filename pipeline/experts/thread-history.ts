import { ThreadSummaryAnswer } from "../../prompts/answer-schemas.ts";
import type { PromptLibrary } from "../../prompts/prompt-schema.ts";
import { fillPrompt } from "../fill-prompt.ts";
import type { ModelCall } from "../model-call.ts";
import type { LanguageModel } from "../ports.ts";
import type { ThreadHistory } from "../types.ts";
import { tokensOf } from "./tokens.ts";

/** What of a thread goes into a prompt, in tokens; a third of it is the summary. */
const historyBudget = 600;
const summaryBudget = 200;
const keptTurns = 2;
const longestLine = 160;
const maxAnswerTokens = 250;

export function historyText({ summary, turns }: ThreadHistory): string {
  const lines = turns.map(({ asked, said }) => `Q: ${asked}\nA: ${said}`);
  return [summary, ...lines].filter((line) => line !== "").join("\n") || "(nothing)";
}

export function isTooLong(history: ThreadHistory): boolean {
  return history.turns.length > keptTurns && tokensOf(historyText(history)) > historyBudget;
}

/** The same in fewer words, without a model: of each older question its words and the first of what was said. */
export function shortened(history: ThreadHistory): ThreadHistory {
  const older = history.turns.slice(0, -keptTurns).map(({ asked, said }) => cut(`${asked} — ${said}`));
  const lines = [...history.summary.split("\n").filter((line) => line !== ""), ...older];
  // The latest are the likeliest to be meant.
  const kept: string[] = [];
  let spent = 0;
  for (const line of lines.reverse()) {
    spent += tokensOf(line) + 1;
    if (spent > summaryBudget) break;
    kept.unshift(line);
  }
  const turns = history.turns.slice(-keptTurns).map(({ asked, said }) => ({
    asked: cut(asked),
    said: said.slice(0, 3 * longestLine),
  }));
  return { summary: kept.join("\n"), turns };
}

/**
 * The same with its older part summed up by the model; what it says goes into prompts only, as data, and is no evidence
 * there. Where it cannot be used, null: the caller shortens by code.
 */
export async function summedUp(
  history: ThreadHistory,
  {
    model,
    prompts,
    seed,
  }: { readonly model: LanguageModel; readonly prompts: PromptLibrary; readonly seed: number },
  signal: AbortSignal,
): Promise<{ readonly history: ThreadHistory | null; readonly calls: readonly ModelCall[] }> {
  const prompt = prompts.prompts.get("thread-summary");
  if (prompt === undefined) return { history: null, calls: [] };
  const older = { summary: "", turns: history.turns.slice(0, -keptTurns) };
  const { system, user } = fillPrompt(prompt, {
    before: history.summary || "(nothing)",
    turns: historyText(older),
  });
  const { output, call } = await model.complete(
    {
      role: "question",
      purpose: "thread summary",
      prompt: { id: prompt.id, version: prompt.version },
      system,
      user,
      answer: { name: prompt.id, schema: ThreadSummaryAnswer },
      maxAnswerTokens,
      thinking: false,
      priority: "schedule",
      seed,
    },
    signal,
  );
  const summary = output?.summary.join(" ").trim() ?? "";
  const isUsable = summary !== "" && tokensOf(summary) <= summaryBudget;
  const turns = history.turns.slice(-keptTurns);
  return { history: isUsable ? { summary, turns } : null, calls: [call] };
}

function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= longestLine ? line : `${line.slice(0, longestLine - 1)}…`;
}
