import type { KnowledgeNote, Prompt } from "../../prompts/prompt-schema.ts";
import type { CaseFile } from "./case-file.ts";
import type { Desk } from "./desk.ts";
import { fittingNotes, standingNotes } from "./knowledge.ts";
import { fitted } from "./tokens.ts";

/** Throws: Error, a bug, for a prompt that does not come with the program. */
export function promptOf({ prompts }: Desk, id: string): Prompt {
  const prompt = prompts.prompts.get(id);
  if (prompt === undefined) throw new Error(`There is no prompt ${id}.`);
  return prompt;
}

/** What is always known, for the head, and what is known of what is seen here. */
export function knowledgeText(
  { anomalies, descriptions }: CaseFile,
  { prompts }: Desk,
  budget: number,
): { readonly knowledge: string; readonly patterns: string } {
  const lines = (notes: readonly KnowledgeNote[]) =>
    notes.map(({ text }) => `- ${text.replaceAll(/\s+/g, " ")}`);
  return {
    knowledge: lines(standingNotes(prompts.notes)).join("\n"),
    patterns:
      fitted(lines(fittingNotes(prompts.notes, anomalies, descriptions)), budget).join("\n") || "(none)",
  };
}
