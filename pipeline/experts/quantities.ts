/** A number and what it counts, where that is said: times in milliseconds, sizes in bytes. */
export interface Quantity {
  readonly value: number;
  readonly unit: "time" | "size" | "percent" | "ratio" | null;
  /** Half of the last digit that is written: what rounding may have taken. */
  readonly rounding: number;
}

const units: readonly (readonly [RegExp, Quantity["unit"], number])[] = [
  [/^(%|percent)$/i, "percent", 1],
  [/^(times|x|-?fold)$/i, "ratio", 1],
  [/^(ms|milliseconds?)$/i, "time", 1],
  [/^(µs|us|microseconds?)$/i, "time", 0.001],
  [/^(s|secs?|seconds?)$/i, "time", 1_000],
  [/^(min|minutes?)$/i, "time", 60_000],
  [/^(h|hours?)$/i, "time", 3_600_000],
  [/^(days?)$/i, "time", 86_400_000],
  [/^(b|bytes?)$/i, "size", 1],
  [/^(kb|kilobytes?)$/i, "size", 1e3],
  [/^kib$/i, "size", 1_024],
  [/^(mb|megabytes?)$/i, "size", 1e6],
  [/^mib$/i, "size", 1_024 ** 2],
  [/^(gb|gigabytes?)$/i, "size", 1e9],
  [/^gib$/i, "size", 1_024 ** 3],
];

const numbers =
  /(?<![\p{L}\p{N}_.-])([-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?:[ -]?(%|µs|[a-z]+))?/giu;

/** The share by which a number may differ from the measured one: "about 1,500 ms" for 1,522. */
const tolerance = 0.02;

/** Every number in a text that is no part of a word. */
export function quantitiesIn(text: string): Quantity[] {
  return [...text.matchAll(numbers)].map(([, digits = "", word = ""]) => quantityOf(digits, word));
}

/** A measured value in a metric's own unit. */
export function measured(value: number, unit: string | null): Quantity {
  const { unit: kind, factor } = unitOf(unit ?? "");
  return { value: value * factor, unit: kind, rounding: 0 };
}

/** By the word: a book of evidence asks for the same few a thousand times. */
const knownUnits = new Map<string, { readonly unit: Quantity["unit"]; readonly factor: number }>();
const mostKnownUnits = 1_000;

function unitOf(word: string): { readonly unit: Quantity["unit"]; readonly factor: number } {
  const known = knownUnits.get(word);
  if (known !== undefined) return known;
  const [, unit, factor] = units.find(([words]) => words.test(word)) ?? [null, null, 1];
  if (knownUnits.size >= mostKnownUnits) knownUnits.clear();
  knownUnits.set(word, { unit, factor });
  return { unit, factor };
}

function quantityOf(digits: string, word: string): Quantity {
  const plain = digits.replaceAll(",", "");
  const decimals = /\.(\d+)/.exec(plain)?.[1]?.length ?? 0;
  const { unit, factor } = unitOf(word);
  return { value: Number(plain) * factor, unit, rounding: (0.5 * factor) / 10 ** decimals };
}

/**
 * Whether a said number is the measured one: as large but for rounding and 2 %, in a unit of the same kind.
 * A number without a unit may be said of any; one with a unit is not measured by a bare number, except
 * that counts may be called "times".
 */
export function isSame(said: Quantity, fact: Quantity): boolean {
  const comparable =
    said.unit === null || said.unit === fact.unit || (said.unit === "ratio" && fact.unit === null);
  if (!comparable) return false;
  const slack = Math.max(said.rounding, tolerance * Math.abs(fact.value));
  // A unit that is left out leaves the number as it was written: 1,522 for 1,522 ms.
  return Math.abs(said.value - fact.value) <= slack || Math.abs(said.value + fact.value) <= slack * 0.5;
}
