import type { Prompt } from "../prompts/prompt-schema.ts";

/** The names in a prompt's front matter, with the text of each. */
export type Variables = Readonly<Record<string, string>>;

/**
 * Puts a case into a prompt. What is filled in is never looked at again, so that data with `{{names}}` in
 * it fills in nothing.
 *
 * Throws: Error, a bug, for a variable without a text.
 */
export function fillPrompt(prompt: Prompt, variables: Variables): { system: string; user: string } {
  const filled = (text: string) =>
    text.replace(/\{\{(\w+)\}\}/g, (_whole, name: string) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`The prompt ${prompt.id} needs the variable ${name}.`);
      return value;
    });
  return { system: filled(prompt.system), user: filled(prompt.user) };
}
