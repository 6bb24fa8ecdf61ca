import { stripVTControlCharacters } from "node:util";

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
const unseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
const breaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
const loneSurrogates = /\p{Surrogate}/gu;

/**
 * One line of text that a terminal only shows: without escape sequences, control characters, and the
 * marks that turn the writing direction or hide letters. Log lines and service names come from outside
 * and could otherwise move the cursor, set the title or pretend to be an answer.
 *
 * Shape: line breaks and tabs become one space each run.
 */
export function plainText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(breaks, " ")
    .replace(unseen, "")
    .replace(loneSurrogates, "\ufffd");
}
