import { plainText } from "../../plain-text.ts";

/** Look-alikes of the letters that Slack would read as formatting; a log line may hold any of them. */
const lookAlikes: Readonly<Record<string, string>> = { "*": "∗", "~": "∼", "`": "ˋ", ":": "∶" };
const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

const marks = /[*~`]/g;
/** An emoji's name between colons; the colons of a time of day are none. */
const emojiColon = /:(?=[a-z_+'-][a-z0-9_+'-]*:)/gi;
/** An underscore beside no letter begins or ends italics; one within a word, as in cpu_usage, does not. */
const loneUnderscore = /(?<![\p{L}\p{N}_])_|_(?![\p{L}\p{N}_])/gu;

/**
 * Text from outside as part of Slack's mrkdwn, where it is only letters: no mention, channel, link, emoji
 * or formatting comes of it. One line.
 */
export function literal(text: string): string {
  return plainText(text)
    .replace(marks, (mark) => lookAlikes[mark] ?? mark)
    .replace(emojiColon, "∶")
    .replace(loneUnderscore, "＿")
    .replace(/[&<>]/g, (letter) => entities[letter] ?? letter);
}

export function bold(text: string): string {
  const inner = literal(text).trim();
  return inner === "" ? "" : `*${inner}*`;
}

export function code(text: string): string {
  const inner = literal(text).trim();
  return inner === "" ? "" : `\`${inner}\``;
}

/** What was made with the functions above, without its formatting; its entities stay, as Slack reads them. */
export function withoutFormatting(mrkdwn: string): string {
  return mrkdwn.replace(/[*`]/g, "");
}

/**
 * mrkdwn in pieces of at most `limit` characters, cut between lines, else between words, never within an
 * entity. Of a line that had to be cut within its formatting, Slack shows the mark itself.
 */
export function pieces(lines: readonly string[], limit: number): string[] {
  const found: string[] = [];
  let piece = "";
  for (const line of lines.flatMap((long) => cutLine(long, limit))) {
    if (piece !== "" && piece.length + 1 + line.length > limit) {
      found.push(piece);
      piece = "";
    }
    piece = piece === "" ? line : `${piece}\n${line}`;
  }
  return piece === "" ? found : [...found, piece];
}

function cutLine(line: string, limit: number): string[] {
  const found: string[] = [];
  let rest = line;
  while (rest.length > limit) {
    const space = rest.lastIndexOf(" ", limit);
    const at = space > limit / 2 ? space : limit - brokenEnd(rest.slice(0, limit));
    found.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return rest === "" ? found : [...found, rest];
}

/** How many letters at the end belong to an entity or a pair of surrogates that goes on. */
function brokenEnd(head: string): number {
  const entity = /&[a-z]{0,4}$/.exec(head);
  if (entity !== null) return entity[0].length;
  return /[\ud800-\udbff]$/.test(head) ? 1 : 0;
}
