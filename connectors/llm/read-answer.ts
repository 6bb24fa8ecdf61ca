/**
 * The JSON in a model's answer: thoughts and code fences are taken off, then the first balanced object is
 * read. Undefined where there is none.
 *
 * Models put text around what they were told to send alone, and servers without a reasoning parser leave
 * the thoughts in the answer; an answer inside the thoughts is a draft and is not taken.
 */
export function readAnswer(text: string): unknown {
  const said = withoutThoughts(text);
  for (let start = said.indexOf("{"); start >= 0; start = said.indexOf("{", start + 1)) {
    const end = balancedEnd(said, start);
    // What is not closed was cut off: an inner object of it would be only a part.
    if (end === null) return undefined;
    const value = parsed(said.slice(start, end));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Some templates open the thought in the prompt, so that only its end stands in the answer. */
function withoutThoughts(text: string): string {
  const closed = text.lastIndexOf("</think>");
  if (closed >= 0) return text.slice(closed + "</think>".length);
  const open = text.indexOf("<think>");
  return open >= 0 ? text.slice(0, open) : text;
}

/** The place after the brace that closes the one at `start`; null where none does. */
function balancedEnd(text: string, start: number): number | null {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === "\\") at += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{") depth += 1;
    else if (character === "}") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
