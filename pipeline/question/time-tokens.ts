import { keyword, readCjk, readers, weekToken } from "./time-readers.ts";
import { type Meaning, serviceMark, type Token } from "./time-token.ts";
import { cjk, cjkWords, misspelt, plain, vocabulary } from "./time-vocabulary.ts";
import { weekNumberWords } from "./time-words.ts";
import { isPlaceAbbreviation, isZoneName, offsetZone, zoneOfAbbreviation, zoneOfCity } from "./time-zones.ts";

/** A word may be hyphenated or dotted; whether it is one name or several words is told by its parts. */
const identifier = /[\p{L}_][\p{L}\p{N}_]{0,80}(?:['’.:/-][\p{L}\p{N}_]{1,80}){0,8}/uy;
const opaque = /[\p{L}\p{N}_%$€]{1,80}(?:[.:/-][\p{L}\p{N}_%]{1,80}){0,8}/uy;
/** A question has some dozens; the bound keeps what is no question ("1-1-1-…") cheap. */
const mostTokens = 700;
const spaces = /\s+/uy;

/** Splits a cleaned text into what the grammar reads. Linear: each position is read by bounded patterns. */
export function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let position = 0;
  let glued = false;
  const push = (meanings: readonly Meaning[], length: number) => {
    const written = text.slice(position, position + length);
    meanings.forEach((meaning, index) => {
      tokens.push({ ...meaning, text: written, start: position, glued: glued || index > 0 });
    });
    position += length;
    glued = true;
  };
  while (position < text.length && tokens.length < mostTokens) {
    spaces.lastIndex = position;
    const gap = spaces.exec(text);
    if (gap !== null) {
      position += gap[0].length;
      glued = false;
      continue;
    }
    const found =
      readNumber(text, position, tokens.at(-1), glued) ??
      readCjkWord(text, position) ??
      readWords(text, position, tokens.at(-1), glued);
    push(found.meanings, found.length);
  }
  return tokens;
}

interface Found {
  readonly meanings: readonly Meaning[];
  readonly length: number;
}

function readNumber(text: string, position: number, before: Token | undefined, glued: boolean): Found | null {
  const character = text[position] ?? "";
  if (!/[\dPpn一二两兩三四五六七八九十]/.test(character)) return null;
  if (glued && before?.kind === "word") return null;
  for (const [pattern, read] of readers) {
    pattern.lastIndex = position;
    const found = pattern.exec(text);
    const meanings = found === null ? null : read(found);
    if (found === null || meanings === null) continue;
    return numberIsWhole(text, position + found[0].length, meanings)
      ? { meanings, length: found[0].length }
      : swallow(text, position);
  }
  if (/\d/.test(character)) return swallow(text, position);
  const digits = /[一二两兩三四五六七八九十]{1,3}/uy;
  digits.lastIndex = position;
  const written = digits.exec(text)?.[0];
  if (written === undefined || startsCjkWord(text, position)) return null;
  return {
    meanings: [{ kind: "number", value: readCjk(written), ordinal: false, vague: false }],
    length: written.length,
  };
}

/** "404ms", "5xx", "2GB" and "30%" are no numbers of units of time. */
function numberIsWhole(text: string, end: number, meanings: readonly Meaning[]): boolean {
  if (meanings[0]?.kind !== "number") return true;
  const tail = /^[\p{L}%_]+/u.exec(text.slice(end, end + 40))?.[0] ?? "";
  if (tail === "" || cjk.test(tail.charAt(0))) return !/^[$€]/.test(text.slice(end, end + 1));
  const kind = vocabulary.get(plain(tail))?.kind;
  return kind === "unit" || kind === "oclock" || kind === "to" || kind === "month";
}

function swallow(text: string, position: number): Found {
  opaque.lastIndex = position;
  return { meanings: [keyword("word")], length: opaque.exec(text)?.[0].length ?? 1 };
}

function startsCjkWord(text: string, position: number): string | null {
  const ahead = text.slice(position, position + 8);
  return cjkWords.find((word) => ahead.startsWith(word)) ?? null;
}

function readCjkWord(text: string, position: number): Found | null {
  if (!cjk.test(text[position] ?? "")) return null;
  const word = startsCjkWord(text, position);
  const meaning = word === null ? undefined : vocabulary.get(word);
  return word === null || meaning === undefined
    ? { meanings: [keyword("word")], length: 1 }
    : { meanings: [meaning], length: word.length };
}

function readWords(text: string, position: number, before: Token | undefined, glued: boolean): Found {
  const character = text[position] ?? "";
  if (character === serviceMark) return { meanings: [keyword("service")], length: 1 };
  if (/[-–—~〜→]/.test(character)) return { meanings: [keyword("dash")], length: 1 };
  if (character === "/") return { meanings: [keyword("dash")], length: 1 };
  if (character === "@" || character === "&")
    return { meanings: [vocabulary.get(character) ?? keyword("mark")], length: 1 };
  identifier.lastIndex = position;
  const written = identifier.exec(text)?.[0];
  if (written === undefined) return { meanings: [keyword("mark")], length: 1 };
  const latin = written.split(cjk)[0] ?? written;
  const unit = before?.kind === "number" && glued ? /^([a-z]{1,7})\d/i.exec(written)?.[1] : undefined;
  if (unit !== undefined && vocabulary.get(plain(unit))?.kind === "unit") return lookUp(text, position, unit);
  if (latin.length < written.length) return lookUp(text, position, latin);
  if (isZoneName(written) && written.includes("/")) {
    return { meanings: [{ kind: "zone", zone: written, written }], length: written.length };
  }
  const city = /^[\p{Lu}][\p{L}]+(?: [\p{Lu}][\p{L}]+)?(?= (?:time|Zeit)(?!\p{L}))/u.exec(
    text.slice(position, position + 50),
  )?.[0];
  const cityZone = city === undefined ? null : zoneOfCity(city);
  if (city !== undefined && cityZone !== null) {
    return { meanings: [{ kind: "zone", zone: cityZone, written: city }], length: city.length };
  }
  const week = readWeekNumber(text, position);
  if (week !== null) return week;
  const abbreviation = readZone(text, position, written);
  return abbreviation ?? lookUp(text, position, written);
}

/** "CW 47", "KW47". */
function readWeekNumber(text: string, position: number): Found | null {
  const [whole, word = "", number] =
    /^(\p{L}{2,15}) ?(\d{1,2})(?![\p{L}\d.:])/u.exec(text.slice(position, position + 24)) ?? [];
  const meanings = weekNumberWords.test(plain(word)) ? weekToken(number) : null;
  return whole === undefined || meanings === null ? null : { meanings, length: whole.length };
}

function readZone(text: string, position: number, written: string): Found | null {
  const head = /^[A-Z]{1,5}/.exec(written)?.[0] ?? "";
  if (head !== written) return null;
  const zone = zoneOfAbbreviation(head);
  if (zone === null || head === "Z") return null;
  const afterTime = /(?:\d|[ap]\.?m\.?)\s?$/i.test(text.slice(Math.max(0, position - 6), position));
  if (
    (isPlaceAbbreviation(head) || head === "EST" || head === "IST") &&
    !afterTime &&
    /\p{Lu}{2} \p{Lu}{2}/u.test(text.slice(Math.max(0, position - 12), position + 12))
  )
    return null;
  if (isPlaceAbbreviation(head) && !afterTime) return null;
  const ahead = text.slice(position + head.length, position + head.length + 6);
  const shift = head === "UTC" || head === "GMT" ? /^([+-])(\d{1,2})(?::?(\d{2}))?(?!\d)/.exec(ahead) : null;
  if (shift === null) return { meanings: [{ kind: "zone", zone, written: head }], length: head.length };
  const size = Number(shift[2]) * 60 + Number(shift[3] ?? 0);
  const length = head.length + shift[0].length;
  return {
    meanings: [
      {
        kind: "zone",
        zone: offsetZone(shift[1] === "-" ? -size : size),
        written: text.slice(position, position + length),
      },
    ],
    length,
  };
}

/** "Freitagabend": a day, and a part of it in the same word. */
function readCompound(written: string): Found | null {
  for (let length = 6; length <= written.length - 4; length += 1) {
    const day = vocabulary.get(plain(written.slice(0, length)));
    const part = vocabulary.get(plain(written.slice(length)))?.kind;
    if (day?.kind === "weekday" && (part === "part" || part === "morgen")) return { meanings: [day], length };
  }
  return null;
}

/** Longest phrase of up to four words first; then the word alone; then its parts; else an ordinary word. */
function lookUp(text: string, position: number, written: string): Found {
  const ahead = text.slice(position, position + 60);
  const words = /^[\p{L}'’@-]+(?:\s+[\p{L}'’]+){0,3}/u.exec(ahead)?.[0].split(/\s+/) ?? [];
  for (let count = words.length; count >= 2; count -= 1) {
    const meaning = vocabulary.get(plain(words.slice(0, count).join(" ")));
    if (meaning === undefined) continue;
    const length =
      new RegExp(`^(?:\\S+\\s+){${count - 1}}[\\p{L}'’]+`, "u").exec(ahead)?.[0].length ?? written.length;
    return { meanings: [meaning], length };
  }
  const whole = plain(written);
  const direct = vocabulary.get(whole) ?? vocabulary.get(whole.replace(/'s$/, ""));
  if (direct !== undefined) return { meanings: [direct], length: written.length };
  const lowered = /^(pst|pdt|cet|cest|edt|utc|gmt|jst|bst|mez|mesz|est)$/.exec(whole)?.[0];
  const zone = lowered === undefined ? null : zoneOfAbbreviation(lowered.toUpperCase());
  if (zone !== null && /(?:\d|[ap]m)\s?$/i.test(text.slice(Math.max(0, position - 4), position))) {
    return { meanings: [{ kind: "zone", zone, written }], length: written.length };
  }
  const parts = written.split(/[-/.:]/);
  const first = parts[0] ?? "";
  if (
    parts.length > 1 &&
    parts.every((part) => vocabulary.has(plain(part)) || /^\d{1,2}(am|pm|h|m)?$/i.test(part))
  ) {
    const meaning = vocabulary.get(plain(first));
    if (meaning !== undefined) return { meanings: [meaning], length: first.length };
  }
  const elided = /^([ld]|jusqu)['’](?=\p{L})/iu.exec(written)?.[0];
  if (elided !== undefined && !/['’]h/.test(elided))
    return { meanings: [keyword(elided.length > 2 ? "to" : "filler")], length: elided.length };
  return readCompound(written) ?? { meanings: [misspelt(whole) ?? keyword("word")], length: written.length };
}
