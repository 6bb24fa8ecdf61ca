import {
  clockWords,
  dayWords,
  type Keyword,
  keywords,
  monthWords,
  numberWords,
  type Part,
  partOfDayWords,
  partWords,
  type Unit,
  units,
  vagueNumbers,
  weakWeekdays,
  weekdayWords,
} from "./time-words.ts";
import { isPlaceAbbreviation, isZoneName, offsetZone, zoneOfAbbreviation, zoneOfCity } from "./time-zones.ts";

export interface CalendarDate {
  /** null: not written. */
  readonly year: number | null;
  readonly month: number;
  readonly day: number;
  /** "11/12" can be read month first as well. */
  readonly swappable: boolean;
}

/** `meridiem` null: not said; with a bare or small hour another part of the sentence may still say it. */
export interface Clock {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly meridiem: "am" | "pm" | null;
}

type Meaning =
  | { readonly kind: Keyword | "mark" | "word" | "service" | "dash" }
  | { readonly kind: "number"; readonly value: number; readonly ordinal: boolean; readonly vague: boolean }
  | { readonly kind: "unit"; readonly unit: Unit; readonly letter: boolean }
  | { readonly kind: "duration"; readonly ms: number }
  | { readonly kind: "clock"; readonly clock: Clock; readonly hForm: boolean }
  | { readonly kind: "meridiem"; readonly meridiem: "am" | "pm" }
  | { readonly kind: "date"; readonly date: CalendarDate; readonly weak: boolean }
  | { readonly kind: "month"; readonly month: number; readonly long: boolean }
  | { readonly kind: "weekday"; readonly weekday: number; readonly weak: boolean }
  | { readonly kind: "day"; readonly days: number }
  | { readonly kind: "part"; readonly part: Part; readonly days: number | null }
  | { readonly kind: "zone"; readonly zone: string; readonly written: string }
  | { readonly kind: "instant"; readonly at: number }
  | { readonly kind: "now"; readonly shiftMs: number; readonly floor: Unit | null };

/** `glued`: no space before it. */
export type Token = Meaning & { readonly text: string; readonly start: number; readonly glued: boolean };

export const unitMs: Readonly<Record<Unit, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: 2_592_000_000,
  year: 31_536_000_000,
};
const grafanaUnits: Readonly<Record<string, Unit>> = {
  s: "second",
  m: "minute",
  h: "hour",
  d: "day",
  w: "week",
  M: "month",
  y: "year",
};

/** Stands for a service's name, so that no part of a name is read as a time. */
export const serviceMark = "\uE000";

const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const plain = (word: string) =>
  word.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/[’`]/g, "'");
const vocabulary = readVocabulary();
const cjkWords = [...vocabulary.keys()].filter((word) => cjk.test(word)).sort((a, b) => b.length - a.length);
const longWords = [...vocabulary.keys()].filter((word) => /^[a-z]{7,}$/.test(word));

function readVocabulary(): Map<string, Meaning> {
  const words = new Map<string, Meaning>();
  const add = (entries: readonly string[], meaning: Meaning) => {
    for (const entry of entries) words.set(cjk.test(entry) ? entry : plain(entry), meaning);
  };
  for (const [kind, entries] of Object.entries(keywords)) add(entries, { kind: kind as Keyword });
  for (const [unit, entries] of Object.entries(units)) {
    for (const entry of entries)
      add([entry], { kind: "unit", unit: unit as Unit, letter: /^[a-z]$/.test(entry) });
  }
  for (const [word, value] of Object.entries(numberWords)) {
    add([word], { kind: "number", value, ordinal: false, vague: vagueNumbers.has(plain(word)) });
  }
  for (const [days, entries] of Object.entries(dayWords)) add(entries, { kind: "day", days: Number(days) });
  for (const [part, entries] of Object.entries(partWords)) {
    add(entries, { kind: "part", part: part as Part, days: part === "tonight" ? 0 : null });
  }
  for (const [entries, days, part] of partOfDayWords) add(entries, { kind: "part", part, days });
  weekdayWords.forEach((entries, index) => {
    for (const entry of entries) {
      add([entry], { kind: "weekday", weekday: index + 1, weak: weakWeekdays.has(entry) });
    }
  });
  monthWords.forEach((entries, index) => {
    for (const entry of entries) add([entry], { kind: "month", month: index + 1, long: entry.length > 3 });
  });
  for (const [word, hour] of Object.entries(clockWords)) {
    add([word], { kind: "clock", clock: { hour, minute: 0, second: 0, meridiem: null }, hForm: false });
  }
  return words;
}

const keyword = (kind: Keyword | "mark" | "word" | "service" | "dash"): Meaning => ({ kind });
const clockOf = (hour: number, minute = 0, second = 0, meridiem: "am" | "pm" | null = null): Clock => ({
  hour,
  minute,
  second,
  meridiem,
});

type Reader = readonly [pattern: RegExp, read: (found: RegExpExecArray) => readonly Meaning[] | null];

function readOffset(offset: string | undefined): readonly Meaning[] {
  if (offset === undefined) return [];
  const written = offset.trim();
  if (/^z$/i.test(written)) return [{ kind: "zone", zone: "UTC", written }];
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})?$/.exec(written) ?? [];
  if (hours === undefined || Number(hours) > 14) return [];
  const size = Number(hours) * 60 + Number(minutes ?? 0);
  return [{ kind: "zone", zone: offsetZone(sign === "-" ? -size : size), written }];
}

function clockToken(
  hour: number,
  minute: number,
  second: number,
  meridiem: string | undefined,
  hForm = false,
): Meaning | null {
  if (hour > 24 || minute > 59 || second > 59 || (hour === 24 && minute + second > 0)) return null;
  const half = meridiem === undefined ? null : /^p/i.test(meridiem) ? "pm" : "am";
  return { kind: "clock", clock: clockOf(hour, minute, second, half), hForm };
}

const dateToken = (
  year: string | undefined,
  month: string,
  day: string,
  weak: boolean,
  swappable = false,
): Meaning => ({
  kind: "date",
  date: {
    year: year === undefined ? null : Number(year.length === 2 ? `20${year}` : year),
    month: Number(month),
    day: Number(day),
    swappable,
  },
  weak,
});

const cjkNumber = "\\d{1,2}|[一二两兩三四五六七八九十]{1,3}";

/** Tried in order at every position that starts a word or a number. No pattern nests a repetition. */
const readers: readonly Reader[] = [
  [
    /(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s?(Z(?![\p{L}])|[+-]\d{2}:?\d{2}(?!\d))?(?!\d)/uy,
    ([, year, month, day, hour, minute, second, offset]) =>
      withClock(dateToken(year, month ?? "", day ?? "", false), hour, minute, second, offset),
  ],
  // A blank before the clock: "10:00-11:00" is then a range and no offset.
  [
    /(\d{4})-(\d{2})-(\d{2})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s?(Z(?![\p{L}])|\+\d{2}:?\d{2}(?!\d))?)?(?!\d)/uy,
    ([, year, month, day, hour, minute, second, offset]) =>
      withClock(dateToken(year, month ?? "", day ?? "", false), hour, minute, second, offset),
  ],
  [
    /(\d{4})(\d{2})(\d{2})T(\d{2}):?(\d{2}):?(\d{2})?(Z|[+-]\d{2}:?\d{2})?(?![\p{L}\d])/uy,
    ([, year, month, day, hour, minute, second, offset]) =>
      withClock(dateToken(year, month ?? "", day ?? "", false), hour, minute, second, offset),
  ],
  [
    /(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?![\p{L}\d.])/uy,
    ([, year, month, day]) => [dateToken(year, month ?? "", day ?? "", false)],
  ],
  [
    /(?:(\d{4})\s?年\s?)?(\d{1,2})\s?月\s?(\d{1,2})\s?[日号號]?/uy,
    ([, year, month, day]) => [dateToken(year, month ?? "", day ?? "", false)],
  ],
  [
    /P(?=T?\d)(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?(?![\p{L}\d-])/iuy,
    ([, weeks, days, hours, minutes, seconds]) => {
      const ms =
        Number(weeks ?? 0) * unitMs.week +
        Number(days ?? 0) * unitMs.day +
        Number(hours ?? 0) * unitMs.hour +
        Number(minutes ?? 0) * unitMs.minute +
        Number(seconds ?? 0) * unitMs.second;
      return ms > 0 ? [{ kind: "duration", ms }] : null;
    },
  ],
  [
    /now(?:\s?([-+])\s?(\d{1,6})\s?([smhdwMy])(?![\p{L}\d]))?(?:\/([smhdwMy])(?![\p{L}\d]))?(?![\p{L}\d])/uy,
    ([, sign, count, unit, floor]) => {
      const shift = count === undefined ? 0 : Number(count) * unitMs[grafanaUnits[unit ?? ""] ?? "second"];
      return [
        { kind: "now", shiftMs: sign === "-" ? -shift : shift, floor: grafanaUnits[floor ?? ""] ?? null },
      ];
    },
  ],
  [
    /(1\d{9})(?:\.\d{1,6})?(?![\p{L}\d.-]{0,20}\p{L})(?!\d)/uy,
    ([, seconds]) => [{ kind: "instant", at: Number(seconds) * 1_000 }],
  ],
  [/(1\d{12})(?:\d{3})?(?:\d{3})?(?![\p{L}\d])/uy, ([, ms]) => [{ kind: "instant", at: Number(ms) }]],
  [
    /(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})(?![\d./]{0,20}\d)(?![\p{L}])/uy,
    (found) => dayFirst(found, false),
  ],
  [/(\d{1,2})-(\d{1,2})-(\d{4})(?![\d-])/uy, (found) => dayFirst(found, false)],
  [
    /(\d{1,2})\.\s?(\d{1,2})\.(?![\d])/uy,
    ([, day, month]) => (validDay(day, month) ? [dateToken(undefined, month ?? "", day ?? "", true)] : null),
  ],
  [/(\d{1,2})\/(\d{1,2})(?![\d/.:\p{L}])/uy, (found) => dayFirst(found, true)],
  [
    /(\d{1,2})[:.](\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s?(am|pm|a\.m\.?|p\.m\.?)(?![\p{L}\d])/iuy,
    ([, hour, minute, second, half]) =>
      one(clockToken(Number(hour), Number(minute), Number(second ?? 0), half)),
  ],
  [
    /(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(?![\d:])(Z(?![\p{L}])|\s?\+\d{2}:?\d{2}(?!\d)|\s-\d{4}(?!\d))?/uy,
    ([, hour, minute, second, offset]) => {
      const clock = clockToken(Number(hour), Number(minute), Number(second ?? 0), undefined);
      return clock === null ? null : [clock, ...readOffset(offset)];
    },
  ],
  [
    /(\d{1,2})\.(\d{2})(?=\s?(?:uhr|h)(?!\p{L}))/iuy,
    ([, hour, minute]) => one(clockToken(Number(hour), Number(minute), 0, undefined)),
  ],
  [
    /(\d{1,2})\s?h\s?([0-5]\d)(?![\p{L}\d])/iuy,
    ([, hour, minute]) => one(clockToken(Number(hour), Number(minute), 0, undefined, true)),
  ],
  [
    /(\d{1,2})\s?(am|pm|a\.m\.?|p\.m\.?)(?![\p{L}\d])/iuy,
    ([, hour, half]) => (Number(hour) > 12 ? null : one(clockToken(Number(hour), 0, 0, half))),
  ],
  [
    new RegExp(
      `(${cjkNumber})\\s?(?:点钟?|點|時(?!間)|时(?!间))(?:(半)|(${cjkNumber})\\s?分?(?!鐘|钟|間))?`,
      "uy",
    ),
    ([, hour, half, minute]) =>
      one(clockToken(readCjk(hour), half === undefined ? readCjk(minute) : 30, 0, undefined)),
  ],
  [/(\d{4})(?=\s?(?:Z|UTC|GMT|hrs|h|hours)(?!\p{L}))/uy, compactClock],
  [/(\d{4})(?=\s?(?:to|-|–|until|and)\s?\d{4}\s?(?:Z|UTC|GMT|hrs|h|hours)(?!\p{L}))/uy, compactClock],
  [
    /(\d{1,4})(?:st|nd|rd|th|er|º|ª)(?![\p{L}\d])/iuy,
    ([, value]) => [{ kind: "number", value: Number(value), ordinal: true, vague: false }],
  ],
  [
    /(\d{1,2})\.(?=\s+\p{L})/uy,
    ([, value]) => [{ kind: "number", value: Number(value), ordinal: true, vague: false }],
  ],
  [
    /(\d{1,9}(?:[.,]\d{1,3})?)(?![\d.]{0,20}\d)/uy,
    ([, value]) => [
      { kind: "number", value: Number(value?.replace(",", ".")), ordinal: false, vague: false },
    ],
  ],
];

const one = (meaning: Meaning | null): readonly Meaning[] | null => (meaning === null ? null : [meaning]);
const validDay = (day = "", month = "") =>
  Number(day) >= 1 && Number(day) <= 31 && Number(month) >= 1 && Number(month) <= 12;

function withClock(
  date: Meaning,
  hour?: string,
  minute?: string,
  second?: string,
  offset?: string,
): readonly Meaning[] | null {
  if (hour === undefined) return [date];
  const clock = clockToken(Number(hour), Number(minute), Number(second ?? 0), undefined);
  return clock === null ? null : [date, clock, ...readOffset(offset)];
}

/** Day first, as most of the world writes; month first where only that is a date ("11/22"). */
function dayFirst([, first, second, year]: RegExpExecArray, weak: boolean): readonly Meaning[] | null {
  if (validDay(first, second))
    return [dateToken(year, second ?? "", first ?? "", weak, validDay(second, first) && first !== second)];
  return validDay(second, first) ? [dateToken(year, first ?? "", second ?? "", weak)] : null;
}

function compactClock([, digits = ""]: RegExpExecArray): readonly Meaning[] | null {
  return one(clockToken(Number(digits.slice(0, 2)), Number(digits.slice(2)), 0, undefined));
}

function readCjk(written: string | undefined): number {
  if (written === undefined) return 0;
  if (/^\d/.test(written)) return Number(written);
  const digit = (character: string | undefined) =>
    Math.max(0, "一二三四五六七八九".indexOf((character ?? "").replace(/[两兩]/, "二")) + 1);
  const [tens, ones] = written.split("十");
  return ones === undefined ? digit(written) : (tens === "" ? 1 : digit(tens)) * 10 + digit(ones);
}

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
  const abbreviation = readZone(text, position, written);
  return abbreviation ?? lookUp(text, position, written);
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
  return { meanings: [misspelt(whole) ?? keyword("word")], length: written.length };
}

/** One letter wrong in a long word ("yesteday", "minuts"); short words are too near to others. */
function misspelt(word: string): Meaning | null {
  if (word.length < 7 || word.length > 14 || !/^[a-z]+$/.test(word)) return null;
  const near = longWords.find(
    (known) => known[0] === word[0] && Math.abs(known.length - word.length) <= 1 && isOneOff(word, known),
  );
  return near === undefined ? null : (vocabulary.get(near) ?? null);
}

function isOneOff(a: string, b: string): boolean {
  let head = 0;
  while (head < a.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const left = Math.max(a.length, b.length) - head - tail;
  const swapped = left === 2 && a.length === b.length && a[head] === b[head + 1] && a[head + 1] === b[head];
  return left <= 1 || swapped;
}
