// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colour codes begin with one
const colour = /\u001b\[[0-9;?]*[A-Za-z]/g;
/**
 * Control and format characters (zero width, right-to-left marks, tags), line and paragraph ends, lone
 * surrogates, and letters that show nothing: variation selectors, fillers, joiners.
 */
const unprintable =
  /(?:[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Variation_Selector}]|\u034f|\u115f|\u1160|\u3164|\uffa0)+/gu;
/** More marks on one letter than any writing needs: they reach into the lines above and below. */
const piledMarks = /(\p{M}{3})\p{M}+/gu;

/**
 * Foreign text on one line of at most `longest` characters: no control characters, colour codes or
 * invisible ones, runs of white space as one blank, and "…" where something was cut off.
 */
export function plainLine(text: string, longest: number): string {
  const beginning = text.length > 8 * longest ? text.slice(0, 8 * longest) : text;
  const line = beginning
    .replace(colour, "")
    .replace(unprintable, " ")
    .replace(piledMarks, "$1")
    .replace(/\s+/g, " ")
    .trim();
  const characters = line.length > longest ? [...line] : [];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join("")}…` : line;
}
