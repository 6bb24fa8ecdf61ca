import type { Meaning } from "./time-token.ts";
import {
  clockWords,
  dayWords,
  durationWords,
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

export const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
export const plain = (word: string) =>
  word.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/[’`]/g, "'");
export const vocabulary = readVocabulary();
export const cjkWords = [...vocabulary.keys()]
  .filter((word) => cjk.test(word))
  .sort((a, b) => b.length - a.length);
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
  for (const [word, minutes] of Object.entries(durationWords)) {
    add([word], { kind: "duration", ms: minutes * 60_000 });
  }
  return words;
}

/** One letter wrong in a long word ("yesteday", "minuts"); short words are too near to others. */
export function misspelt(word: string): Meaning | null {
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
