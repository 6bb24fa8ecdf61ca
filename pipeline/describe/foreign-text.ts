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
 * (our own placeholders) are replaced by look-alikes. `<*>` stays, it is ours.
 */
function neutral(text: string): string {
  return text
    .split("<*>")
    .map((part) =>
      part
        .replaceAll("<", "‹")
        .replaceAll(">", "›")
        .replaceAll("`", "'")
        .replaceAll("{", "(")
        .replaceAll("}", ")"),
    )
    .join("<*>");
}
