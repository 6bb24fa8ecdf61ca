import type { styleText } from "node:util";
import { plainText } from "../../plain-text.ts";

export type Format = Parameters<typeof styleText>[0];
export type Paint = (format: Format, text: string) => string;

/** Part of a line. Its text is data until it is printed: control characters are taken out there. */
export interface Segment {
  readonly text: string;
  readonly format: Format | null;
}
export type Line = readonly Segment[];

export const blank: Line = [];

export function segment(text: string, format: Format | null = null): Segment {
  return { text, format };
}

/** The only place where lines become terminal text, so that nothing reaches it unstripped. */
export function printed(lines: readonly Line[], paint: Paint): string {
  const texts = lines.map((line) =>
    line
      .map(({ text, format }) => {
        const plain = plainText(text);
        return format === null || plain === "" ? plain : paint(format, plain);
      })
      .join("")
      .trimEnd(),
  );
  return `${texts.join("\n")}\n`;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;
const ascii = /^[\u0020-\u007e]*$/;

/** Columns that a text takes: two for East Asian wide characters and emoji, one for the rest. */
export function textWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const { segment: one } of graphemes.segment(text)) width += columnsOf(one);
  return width;
}

function columnsOf(grapheme: string): number {
  if (wide.test(grapheme)) return 2;
  return /^\p{Mark}+$/u.test(grapheme) ? 0 : 1;
}

/** The text's head in at most `width` columns, with an ellipsis where something was cut. */
export function cut(text: string, width: number): string {
  // A grapheme is rarely over ten units: no need to walk a pasted log to its end.
  const head = plainText(text.slice(0, width * 10 + 100));
  if (head.length === text.length && textWidth(head) <= width) return head;
  let kept = "";
  let columns = 0;
  for (const { segment: one } of graphemes.segment(head)) {
    columns += columnsOf(one);
    if (columns > width - 1) return `${kept.trimEnd()}…`;
    kept += one;
  }
  return text.length > head.length && head.length >= width * 10 ? `${kept}…` : kept;
}

/**
 * Text in lines of at most `width` columns, broken between words; a word longer than a line is broken
 * where the line ends.
 */
export function wrap(text: string, width: number): string[] {
  const limit = Math.max(1, width);
  const lines: string[] = [];
  let line = "";
  let columns = 0;
  for (const word of plainText(text).split(" ")) {
    if (word === "") continue;
    for (const piece of pieces(word, limit)) {
      const wideness = textWidth(piece);
      if (columns > 0 && columns + 1 + wideness > limit) {
        lines.push(line);
        line = "";
        columns = 0;
      }
      line += columns > 0 ? ` ${piece}` : piece;
      columns += columns > 0 ? 1 + wideness : wideness;
    }
  }
  if (columns > 0) lines.push(line);
  return lines;
}

function pieces(word: string, width: number): string[] {
  if (textWidth(word) <= width) return [word];
  const found: string[] = [];
  let piece = "";
  let columns = 0;
  for (const { segment: one } of graphemes.segment(word)) {
    const wideness = columnsOf(one);
    if (columns + wideness > width && columns > 0) {
      found.push(piece);
      piece = "";
      columns = 0;
    }
    piece += one;
    columns += wideness;
  }
  return piece === "" ? found : [...found, piece];
}
