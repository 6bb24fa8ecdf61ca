import { plainText } from "../../plain-text.ts";

/** Joins what it stands between without being seen; a link finder does not read over it. */
const wordJoiner = "\u2060";
/** What Teams' Markdown gives a meaning anywhere in a line. */
const marks = /[\\`*_[\]~|]/g;
/** What it gives a meaning at the beginning of a line only: headings, lists, quotes, rules. */
const lineStart = /^(\s*)([#+\-=]|\d+(?=[.)]))/;
/** What Teams makes a link of by itself. */
const linkStarts = /(:)(?=\/\/)|(www)(?=\.)|(mailto)(?=:)/gi;
const longest = 2_000;

/**
 * Text as one paragraph of a message in Teams' Markdown, of which nothing can be pressed, mentions anyone
 * or is more than text: log lines and service names come from outside.
 */
export function deadMarkdown(text: string): string {
  return bounded(plainText(text))
    .replace(marks, "\\$&")
    .replace(lineStart, (_all, space: string, mark: string) =>
      /\d/.test(mark) ? `${space}${mark}${wordJoiner}` : `${space}\\${mark}`,
    )
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(linkStarts, `$&${wordJoiner}`);
}

/**
 * Text for a text run of a card. Runs know no Markdown and no mentions; what is left is the macro
 * "{{DATE(…)}}", which clients fill in.
 */
export function deadRun(text: string): string {
  return bounded(plainText(text)).replace(/\{(?=\{)/g, `{${wordJoiner}`);
}

/** A pasted log must not fill the message of which it is a part. */
function bounded(text: string): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
