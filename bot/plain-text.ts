import { stripVTControlCharacters } from "node:util";

/** Control and format characters, tags among them, and letters that show nothing. */
const unseen = /(?:[\p{Cc}\p{Cf}\p{Variation_Selector}]|\u034f|\u115f|\u1160|\u3164|\uffa0)/gu;
/** More marks on one letter than any writing needs: they reach into the lines above and below. */
const piledMarks = /(\p{M}{3})\p{M}+/gu;
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
    .replace(piledMarks, "$1")
    .replace(loneSurrogates, "\ufffd");
}
