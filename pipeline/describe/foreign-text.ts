import { plainLine } from "../detect/plain-line.ts";

const longestName = 120;
const longestQuote = 300;

/** A service, metric or trace id as it may stand in a sentence. */
export function name(text: string): string {
  return neutral(plainLine(text, longestName));
}

/** What a log or an operation says, to be put between double quotes: it cannot close them. */
export function quote(text: string): string {
  return neutral(plainLine(text, longestQuote)).replaceAll('"', "'");
}

/**
 * Telemetry is data and never markup: angle brackets (tags, mentions), backticks (code) and braces
 * (our own placeholders) are replaced by look-alikes. `<*>` and `<password-1>` stay, they are ours.
 */
function neutral(text: string): string {
  return text
    .split(ours)
    .map((part, index) => (index % 2 === 1 ? part : harmless(part)))
    .join("");
}

/** What stands for a variable part, or for a secret that was taken out; Drain makes a number in one variable. */
const ours = /(<\*>|<[a-z]{1,40}(?:-[a-z]{1,40}){0,5}-(?:\d{1,9}|<\*>)>)/u;

function harmless(text: string): string {
  return text
    .replaceAll("<", "‹")
    .replaceAll(">", "›")
    .replaceAll("`", "'")
    .replaceAll("{", "(")
    .replaceAll("}", ")");
}
