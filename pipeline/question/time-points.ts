import { type CalendarDate, type Clock, type Token, unitMs } from "./time-tokens.ts";
import type { Part, Unit } from "./time-words.ts";

export type Day =
  | { readonly kind: "offset"; readonly days: number }
  /** `week`: 0 this one, -1 the last; null when the most recent such day is meant. */
  | {
      readonly kind: "weekday";
      readonly weekday: number;
      readonly before: boolean;
      readonly week: number | null;
    }
  | { readonly kind: "date"; readonly date: CalendarDate }
  | { readonly kind: "day-of-month"; readonly day: number }
  | { readonly kind: "weekend" }
  | { readonly kind: "period"; readonly unit: "week" | "month"; readonly offset: number };

/** One end of a window, or an event. What is null was not said there, and may be said elsewhere. */
export interface Point {
  readonly day: Day | null;
  readonly part: Part | null;
  readonly clock: Clock | null;
  /** "9", which is an hour only where the rest of the sentence makes it one. */
  readonly bare: boolean;
  readonly zone: string | null;
  readonly instant: number | null;
  readonly agoMs: number | null;
  /** For "3 days ago": a day when it stands alone. */
  readonly agoDays: number | null;
  readonly now: { readonly shiftMs: number; readonly floor: Unit | null } | null;
  readonly dayFirst: boolean;
}

export interface Parsed<Value> {
  readonly value: Value;
  readonly next: number;
}

export const nowPoint: Point = {
  day: null,
  part: null,
  clock: null,
  bare: false,
  zone: null,
  instant: null,
  agoMs: null,
  agoDays: null,
  now: { shiftMs: 0, floor: null },
  dayFirst: false,
};
const nothing: Point = { ...nowPoint, now: null };

export interface Span {
  readonly ms: number;
  readonly days: number | null;
}

/** Skips what carries no meaning of its own: articles, "about", "of". */
export function skipFillers(
  tokens: readonly Token[],
  at: number,
  also: readonly Token["kind"][] = [],
): number {
  let next = at;
  while (next < tokens.length && next < at + 4) {
    const kind = tokens[next]?.kind;
    if (kind !== "filler" && !(kind !== undefined && also.includes(kind))) break;
    next += 1;
  }
  return next;
}

/**
 * A length of time: "90 min", "1h30m", "an hour and a half", "half an hour", "anderthalb Stunden".
 * `bareUnit`: "hour" alone is one hour (after "last").
 */
export function parseSpan(tokens: readonly Token[], at: number, bareUnit: boolean): Parsed<Span> | null {
  let next = skipFillers(tokens, at, ["at"]);
  const first = tokens[next];
  if (first?.kind === "duration") return { value: { ms: first.ms, days: null }, next: next + 1 };
  if (first?.kind === "clock" && first.hForm) {
    return {
      value: { ms: first.clock.hour * unitMs.hour + first.clock.minute * unitMs.minute, days: null },
      next: next + 1,
    };
  }
  const word = first?.text.toLowerCase();
  if (word === "viertelstunde" || word === "dreiviertelstunde") {
    return {
      value: { ms: (word === "viertelstunde" ? 15 : 45) * unitMs.minute, days: null },
      next: next + 1,
    };
  }
  let total = 0;
  let days: number | null = 0;
  for (let parts = 0; parts < 4; parts += 1) {
    const joined = parts > 0 && tokens[next]?.kind === "and" ? next + 1 : next;
    const one = parseOneSpan(tokens, joined, bareUnit && parts === 0);
    if (one === null) break;
    total += one.value.ms;
    days = days === null || one.value.days === null ? null : days + one.value.days;
    next = one.next;
    if (one.value.ms === 0 && parts === 0) return { value: { ms: 0, days: null }, next };
  }
  return total > 0 ? { value: { ms: total, days }, next } : null;
}

function parseOneSpan(tokens: readonly Token[], at: number, bareUnit: boolean): Parsed<Span> | null {
  const amount = parseAmount(tokens, at);
  if (amount === null && !bareUnit) return null;
  let next = amount?.next ?? at;
  if (tokens[next]?.kind === "dash" && tokens[next]?.glued) next += 1;
  next = skipFillers(tokens, next, ["a"]);
  if (tokens[next]?.kind === "last" && amount !== null) next += 1;
  if (amount !== null && amount.value < 1 && tokens[next]?.kind === "number") next += 1;
  const unit = tokens[next];
  if (unit?.kind !== "unit") return null;
  if (unit.letter && amount === null) return null;
  next += 1;
  let count = amount?.value ?? 1;
  if (amount?.vague && unit.unit === "minute" && count < 5) count = 5;
  const half = parseTrailingHalf(tokens, next);
  if (half !== null) {
    count += half.value;
    next = half.next;
  }
  const wholeDays = unit.unit === "day" ? count : unit.unit === "week" ? count * 7 : null;
  return {
    value: {
      ms: count * unitMs[unit.unit],
      days: wholeDays !== null && Number.isInteger(wholeDays) ? wholeDays : null,
    },
    next,
  };
}

/** "two", "half a(n)", "quarter of a(n)", "three quarters of an", "two and a half". */
function parseAmount(
  tokens: readonly Token[],
  at: number,
): (Parsed<number> & { readonly vague: boolean }) | null {
  let next = skipFillers(tokens, at, ["a", "at"]);
  const first = tokens[next];
  const article = next > at && tokens[next - 1]?.kind === "a";
  if (first?.kind === "half") return { value: 0.5, next: next + 1, vague: false };
  if (first?.kind === "quarter") return { value: 0.25, next: next + 1, vague: false };
  if (first?.kind === "unit" && article) return { value: 1, next, vague: false };
  if (first?.kind !== "number" || first.ordinal) return null;
  next += 1;
  const after = tokens[next];
  if (after?.kind === "half")
    return { value: first.value === 1 ? 0.5 : first.value * 0.5, next: next + 1, vague: false };
  if (after?.kind === "quarter" || after?.text.toLowerCase() === "quarters")
    return { value: first.value * 0.25, next: next + 1, vague: false };
  if (after?.kind === "and") {
    const half = skipFillers(tokens, next + 1, ["a", "number"]);
    if (tokens[half]?.kind === "half" && tokens[half + 1]?.kind === "unit")
      return { value: first.value + 0.5, next: half + 1, vague: false };
  }
  const filled = skipFillers(tokens, next);
  const second = tokens[filled];
  const compound =
    second?.kind === "number" &&
    first.value >= 20 &&
    first.value % 10 === 0 &&
    second.value < 10 &&
    !/\d/.test(first.text);
  if (compound)
    return { value: first.value + second.value, next: skipHyphen(tokens, filled + 1), vague: false };
  if (second?.kind === "dash" && first.value >= 20 && !/\d/.test(first.text)) {
    const ones = tokens[filled + 1];
    if (ones?.kind === "number" && ones.value < 10)
      return { value: first.value + ones.value, next: filled + 2, vague: false };
  }
  return { value: first.value, next: filled, vague: first.vague };
}

function skipHyphen(tokens: readonly Token[], at: number): number {
  return tokens[at]?.kind === "dash" ? at + 1 : at;
}

/** The "and a half" of "an hour and a half", and the 半 of "1時間半". */
function parseTrailingHalf(tokens: readonly Token[], at: number): Parsed<number> | null {
  if (tokens[at]?.kind === "half" && tokens[at]?.text === "半") return { value: 0.5, next: at + 1 };
  if (tokens[at]?.kind !== "and") return null;
  let next = at + 1;
  if (tokens[next]?.kind === "a" || tokens[next]?.kind === "number") next += 1;
  const token = tokens[next];
  if (tokens[next + 1]?.kind === "unit" || tokens[next + 1]?.kind === "a") return null;
  if (token?.kind === "half") return { value: 0.5, next: next + 1 };
  return token?.kind === "quarter" ? { value: 0.25, next: next + 1 } : null;
}

/** How far in the past: "2 hours ago", "vor zwei Stunden", "il y a deux heures", "hace 2 horas". */
function parseAgo(tokens: readonly Token[], at: number): Parsed<Span> | null {
  const prefixed =
    tokens[at]?.kind === "before" &&
    tokens[at]?.text.toLowerCase() !== "before" &&
    tokens[at]?.text.toLowerCase() !== "prior to";
  const span = parseSpan(tokens, prefixed ? at + 1 : at, false);
  if (span === null) return null;
  if (prefixed) return isStartOfPoint(tokens, span.next) ? null : span;
  const next = skipFillers(tokens, span.next);
  const after = tokens[next];
  if (after?.kind === "ago") return { value: span.value, next: next + 1 };
  return after?.text.toLowerCase() === "earlier" ? { value: span.value, next: next + 1 } : null;
}

function isStartOfPoint(tokens: readonly Token[], at: number): boolean {
  const kind = tokens[at]?.kind;
  return kind === "clock" || kind === "instant";
}

type Draft = { -readonly [Key in keyof Point]: Point[Key] } & { weak: boolean; partNeedsMore: boolean };

/**
 * A day, a part of it, a clock and a zone in any order, as far as they go: "yesterday evening at 8 CET",
 * "20th of November, 14:05", "3 in the afternoon", "昨天下午3点", "2 hours ago".
 *
 * `led`: a preposition came before, so that "sat", "22/11", "9" and "14h" may be taken as times.
 */
export function parsePoint(tokens: readonly Token[], at: number, led: boolean): Parsed<Point> | null {
  const ago = parseAgo(tokens, skipFillers(tokens, at, ["at"]));
  if (ago !== null) {
    const rest = ago.value.days === null ? null : parsePoint(tokens, ago.next, true);
    if (rest?.value.clock && !rest.value.bare && rest.value.day === null) {
      return {
        value: { ...rest.value, day: { kind: "offset", days: -(ago.value.days ?? 0) } },
        next: rest.next,
      };
    }
    return { value: { ...nothing, agoMs: ago.value.ms, agoDays: ago.value.days }, next: ago.next };
  }
  const draft: Draft = { ...nothing, weak: false, partNeedsMore: false };
  let next = at;
  let end = at;
  let prepared = led;
  for (let steps = 0; steps < 12 && next < tokens.length; steps += 1) {
    const token = tokens[next];
    if (token === undefined) break;
    const skippable =
      token.kind === "filler" ||
      token.kind === "at" ||
      token.kind === "in" ||
      (token.kind === "mark" && token.text === "," && end > at);
    if (skippable) {
      if (token.kind === "at" || token.kind === "in") prepared = true;
      next += 1;
      continue;
    }
    const taken =
      takeZone(draft, token, next) ??
      takeDay(draft, tokens, next, prepared) ??
      takeClock(draft, tokens, next, prepared);
    if (taken === null) break;
    next = taken;
    end = taken;
    prepared = led;
  }
  const { weak, partNeedsMore, ...point } = draft;
  if (
    end === at ||
    (point.day === null &&
      point.part === null &&
      point.clock === null &&
      point.instant === null &&
      point.now === null)
  )
    return null;
  if (weak && !led && point.clock === null) return null;
  if (partNeedsMore && !led && point.day === null && point.clock === null) return null;
  return { value: point, next: end };
}

function takeZone(draft: Draft, token: Token, at: number): number | null {
  if (token.kind !== "zone" || draft.zone !== null) return null;
  draft.zone = token.zone;
  return at + 1;
}

function takeDay(draft: Draft, tokens: readonly Token[], at: number, led: boolean): number | null {
  const token = tokens[at];
  const after = tokens[at + 1];
  if (token === undefined) return null;
  const hadClock = draft.clock !== null;
  const setDay = (day: Day, next: number) => {
    if (draft.day !== null || draft.instant !== null) return null;
    draft.day = day;
    draft.dayFirst = !hadClock;
    return next;
  };
  switch (token.kind) {
    case "instant":
      if (draft.instant !== null || draft.day !== null || draft.clock !== null) return null;
      draft.instant = token.at;
      return at + 1;
    case "now":
      if (draft.now !== null || draft.day !== null || draft.clock !== null) return null;
      draft.now = { shiftMs: token.shiftMs, floor: token.floor };
      return at + 1;
    case "day":
      return setDay({ kind: "offset", days: token.days }, at + 1);
    case "date":
      if (token.weak && !led) draft.weak = true;
      return setDay({ kind: "date", date: token.date }, skipYearMark(tokens, at + 1));
    case "weekend":
      return setDay({ kind: "weekend" }, at + 1);
    case "weekday": {
      if (token.weak && !led) draft.weak = true;
      if (draft.day?.kind === "period" && draft.day.unit === "week") {
        draft.day = { kind: "weekday", weekday: token.weekday, before: false, week: draft.day.offset };
        return at + 1;
      }
      if (draft.day?.kind === "date") return at + 1;
      return setDay({ kind: "weekday", weekday: token.weekday, before: false, week: null }, at + 1);
    }
    case "morgen": {
      if (token.text.toLowerCase() === "morgens" || draft.day !== null || led || hadClock)
        return takePart(draft, "morning", null, at + 1, true);
      return setDay({ kind: "offset", days: 1 }, at + 1);
    }
    case "part":
      return takePart(draft, token.part, token.days, at + 1, led);
    case "last":
    case "this": {
      const last = token.kind === "last";
      if (after?.kind === "weekday")
        return setDay({ kind: "weekday", weekday: after.weekday, before: last, week: null }, at + 2);
      if (after?.kind === "part")
        return takePart(draft, after.part, draft.day !== null ? null : last ? -1 : 0, at + 2, true);
      if (after?.kind === "weekend") return setDay({ kind: "weekend" }, at + 2);
      if (after?.kind === "morgen") return takePart(draft, "morning", 0, at + 2, true);
      if (after?.kind === "unit" && (after.unit === "week" || after.unit === "month")) {
        const offset = last ? -1 : 0;
        if (draft.day?.kind === "weekday" && after.unit === "week") {
          draft.day = { ...draft.day, week: offset };
          return at + 2;
        }
        if (last && precededByArticle(tokens, at)) return null;
        return setDay({ kind: "period", unit: after.unit, offset }, at + 2);
      }
      return null;
    }
    case "month": {
      const day = tokens[skipFillers(tokens, at + 1)];
      if (day?.kind !== "number" || !Number.isInteger(day.value) || day.value < 1 || day.value > 31)
        return null;
      const next = skipFillers(tokens, at + 1) + 1;
      if (!led && !token.long && !day.ordinal && tokens[next]?.kind === "word") return null;
      if (/^(may|march|mar)$/.test(token.text) && !led && tokens[next]?.kind === "word") return null;
      return setDay(...dated(tokens, token.month, day.value, next));
    }
    case "number": {
      const month = tokens[skipFillers(tokens, at + 1)];
      if (month?.kind === "month" && token.value >= 1 && token.value <= 31 && Number.isInteger(token.value)) {
        return setDay(...dated(tokens, month.month, token.value, skipFillers(tokens, at + 1) + 1));
      }
      const ordinalDay =
        token.ordinal && led && token.value >= 1 && token.value <= 31 && !isNoun(tokens[at + 1]);
      return ordinalDay ? setDay({ kind: "day-of-month", day: token.value }, at + 1) : null;
    }
    default:
      return null;
  }
}

function takePart(draft: Draft, part: Part, days: number | null, next: number, led: boolean): number | null {
  if (draft.part !== null) return null;
  if (days !== null && draft.day !== null && part !== "tonight") return null;
  draft.part = part;
  if (days !== null && draft.day === null) {
    draft.day = { kind: "offset", days };
    draft.dayFirst = draft.clock === null;
  } else if (days === null && !led) draft.partNeedsMore = true;
  return next;
}

/** In "the last week" seven days are meant, in "last week" the one that ended on Sunday. */
function precededByArticle(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at - 1];
  const rolling = tokens[at]?.text.toLowerCase();
  return (
    token?.kind === "filler" ||
    rolling === "past" ||
    rolling === "最近" ||
    rolling === "过去" ||
    rolling === "過去"
  );
}

function dated(tokens: readonly Token[], month: number, day: number, next: number): [Day, number] {
  const at = skipFillers(
    tokens,
    tokens[next]?.kind === "mark" && tokens[next]?.text === "," ? next + 1 : next,
  );
  const year = tokens[at];
  const hasYear =
    year?.kind === "number" && year.value >= 1990 && year.value <= 2100 && Number.isInteger(year.value);
  return [
    { kind: "date", date: { year: hasYear ? year.value : null, month, day, swappable: false } },
    hasYear ? at + 1 : next,
  ];
}

function skipYearMark(tokens: readonly Token[], at: number): number {
  const token = tokens[at];
  return token?.kind === "word" && token.text === "T" ? at + 1 : at;
}

function isNoun(token: Token | undefined): boolean {
  return (
    token?.kind === "word" ||
    token?.kind === "unit" ||
    token?.kind === "number" ||
    token?.kind === "service" ||
    token?.kind === "happening" ||
    token?.kind === "duration"
  );
}

function takeClock(draft: Draft, tokens: readonly Token[], at: number, led: boolean): number | null {
  if (draft.clock !== null || draft.instant !== null || draft.now !== null) return null;
  const found = parseClock(tokens, at, led || draft.day !== null || draft.part !== null);
  if (found === null) return null;
  draft.clock = found.value.clock;
  draft.bare = found.value.bare;
  return found.next;
}

type ClockFound = { readonly clock: Clock; readonly bare: boolean };

function parseClock(tokens: readonly Token[], at: number, led: boolean): Parsed<ClockFound> | null {
  const token = tokens[at];
  const after = tokens[at + 1];
  const found = (hour: number, minute: number, next: number, bare = false): Parsed<ClockFound> | null =>
    hour > 24 || minute > 59 || minute < 0 || !Number.isInteger(hour)
      ? null
      : { value: { clock: { hour, minute, second: 0, meridiem: null }, bare }, next };
  if (token?.kind === "clock") {
    const hours =
      after?.kind === "oclock" || (after?.kind === "unit" && after.letter && after.unit === "hour");
    return { value: { clock: token.clock, bare: false }, next: hours ? at + 2 : at + 1 };
  }
  if (token?.kind === "half" || token?.kind === "quarter")
    return parseFraction(tokens, at, token.kind === "half" ? 30 : 15);
  if (token?.kind !== "number" || !Number.isInteger(token.value)) return null;
  if (after?.kind === "oclock") {
    const minutes = tokens[at + 2];
    return minutes?.kind === "number" && minutes.value < 60 && tokens[at + 3]?.kind !== "unit"
      ? found(token.value, minutes.value, at + 3)
      : found(token.value, 0, at + 2);
  }
  const before = after?.text === "to" || after?.text === "vor";
  const past = after?.text === "past" || after?.text === "nach";
  const hour = tokens[at + 2];
  if (
    (before || past) &&
    hour?.kind === "number" &&
    token.value % 5 === 0 &&
    token.value < 30 &&
    hour.value <= 12 &&
    led &&
    token.text !== "5" &&
    !/\d/.test(token.text)
  ) {
    return found(
      before ? (hour.value + 23) % 24 : hour.value,
      before ? 60 - token.value : token.value,
      at + 3,
    );
  }
  if (!led || token.ordinal) return null;
  const spoken = /^([ap])\.?m\.?$/i.exec(after?.text ?? "")?.[1];
  if (spoken !== undefined && token.value <= 12) {
    const meridiem = spoken.toLowerCase() === "p" ? "pm" : "am";
    return {
      value: { clock: { hour: token.value, minute: 0, second: 0, meridiem }, bare: false },
      next: at + 2,
    };
  }
  const spelt = !/\d/.test(token.text) && after?.kind === "number" && !/\d/.test(after.text);
  if (spelt && after.value >= 10 && tokens[at + 2]?.kind !== "unit")
    return found(token.value, after.value, at + 2);
  if (
    after?.kind === "unit" &&
    after.unit === "hour" &&
    after.text.length <= 6 &&
    /^(h|heures?|horas?|uhr)$/i.test(after.text)
  ) {
    return tokens[at + 2]?.kind === "ago" ? null : found(token.value, 0, at + 2);
  }
  if (isNoun(after) && after?.kind !== "service") return null;
  return found(token.value, 0, at + 1, true);
}

/** "half past two", "quarter to 3", "halb drei" (half an hour before three), "viertel nach zwei". */
function parseFraction(tokens: readonly Token[], at: number, minutes: number): Parsed<ClockFound> | null {
  const link = tokens[at + 1];
  const direct = link?.kind === "number" || link?.kind === "clock";
  const hourAt = direct ? at + 1 : at + 2;
  const hour = tokens[hourAt];
  const value = hour?.kind === "number" ? hour.value : hour?.kind === "clock" ? hour.clock.hour : null;
  if (value === null || value > 24 || !Number.isInteger(value)) return null;
  const meridiem = hour?.kind === "clock" ? hour.clock.meridiem : null;
  const next = hourAt + (tokens[hourAt + 1]?.kind === "oclock" ? 2 : 1);
  const back = (by: number): ClockFound => ({
    clock: { hour: (value + 23) % 24, minute: 60 - by, second: 0, meridiem },
    bare: false,
  });
  if (direct)
    return minutes === 30 && /^halb$/i.test(tokens[at]?.text ?? "") ? { value: back(30), next } : null;
  const word = link?.text.toLowerCase();
  if (word === "to" || word === "vor" || word === "before" || word === "til" || word === "till")
    return { value: back(minutes), next };
  if (word !== "past" && word !== "nach" && word !== "after") return null;
  return { value: { clock: { hour: value, minute: minutes, second: 0, meridiem }, bare: false }, next };
}
