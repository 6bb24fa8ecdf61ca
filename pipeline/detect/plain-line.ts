// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colour codes begin with one
const colour = /\u001b\[[0-9;?]*[A-Za-z]/g;
/** Control and format characters (zero width, right-to-left marks), line and paragraph ends, lone surrogates. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;

/**
 * Foreign text on one line of at most `longest` characters: no control characters, colour codes or
 * invisible ones, runs of white space as one blank, and "…" where something was cut off.
 */
export function plainLine(text: string, longest: number): string {
  const beginning = text.length > 8 * longest ? text.slice(0, 8 * longest) : text;
  const line = beginning.replace(colour, "").replace(unprintable, " ").replace(/\s+/g, " ").trim();
  const characters = line.length > longest ? [...line] : [];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join("")}…` : line;
}
