import { plainLine } from "../detect/plain-line.ts";

const longestName = 120;
const longestQuote = 300;
const longestSentence = 500;

/** A service, metric or trace id as it may stand in a sentence. */
export function name(text: string): string {
  return neutral(plainLine(text, longestName));
}

/** A sentence of somebody else's, such as a language model's. */
export function sentence(text: string): string {
  return neutral(plainLine(text, longestSentence));
}

/** What a log or an operation says, to be put between double quotes: it cannot close them. */
export function quote(text: string): string {
  return neutral(plainLine(text, longestQuote)).replaceAll('"', "'");
}

/**
 * Text that may have several lines, without what tags, mentions and marks around data are made of: angle
 * brackets become look-alikes. `<*>` and `<password-1>` stay, they are ours.
 */
export function withoutAngles(text: string): string {
  return text
    .split(ours)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(/[<＜]/gu, "‹").replace(/[>＞]/gu, "›")))
    .join("");
}

/** Telemetry is data and never markup: besides tags, backticks (code) and braces (our own placeholders) go. */
function neutral(text: string): string {
  return withoutAngles(text).replaceAll("`", "'").replaceAll("{", "(").replaceAll("}", ")");
}

/** What stands for a variable part, or for a secret that was taken out; Drain makes a number in one variable. */
const ours = /(<\*>|<[a-z]{1,40}(?:-[a-z]{1,40}){0,5}-(?:\d{1,9}|<\*>)>)/u;
