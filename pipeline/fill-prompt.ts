import type { Prompt } from "../prompts/prompt-schema.ts";
import { withoutAngles } from "./describe/foreign-text.ts";

/** The names in a prompt's front matter, with the text of each. */
export type Variables = Readonly<Record<string, string>>;

/**
 * Puts a case into a prompt. What is filled in is never looked at again, so that data with `{{names}}` in
 * it fills in nothing, and can neither close the marks around it nor speak as the system: what chat templates
 * take for their own ("<|im_start|>", "</s>", "[INST]") and what cannot be seen is taken out.
 *
 * Throws: Error, a bug, for a variable without a text.
 */
export function fillPrompt(prompt: Prompt, variables: Variables): { system: string; user: string } {
  const filled = (text: string) =>
    text.replace(/\{\{(\w+)\}\}/g, (_whole, name: string) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`The prompt ${prompt.id} needs the variable ${name}.`);
      return asData(value);
    });
  return { system: filled(prompt.system), user: filled(prompt.user) };
}

const unseen =
  /(?![\t\n])(?:[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Variation_Selector}]|\u034f|\u115f|\u1160|\u3164|\uffa0)/gu;

function asData(text: string): string {
  return withoutAngles(text.replace(unseen, "")).replace(/\[(\/?(?:INST|SYS))\]/giu, "($1)");
}
