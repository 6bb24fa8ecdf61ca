import { isNoun, parseClock } from "./time-clocks.ts";
import { type Day, nothing, type Parsed, type Point, skipFillers } from "./time-point.ts";
import { parseAgo } from "./time-spans.ts";
import type { Token } from "./time-token.ts";
import type { Part } from "./time-words.ts";

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
  const times = tokens[skipFillers(tokens, at, ["at"])];
  const weekday = tokens[skipFillers(tokens, at, ["at"]) + 1];
  if (times?.kind === "number" && weekday?.kind === "weekday" && !weekday.weak) {
    const ending = tokens[skipFillers(tokens, at, ["at"]) + 2];
    if (ending?.kind === "ago" && Number.isInteger(times.value) && times.value >= 1) {
      const day = { kind: "weekday-ago", weekday: weekday.weekday, times: times.value } as const;
      return { value: { ...nothing, day }, next: skipFillers(tokens, at, ["at"]) + 3 };
    }
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
      // "ontem à noite"; a bare "a" is the English article.
      (token.kind === "a" && /^à/iu.test(token.text) && end > at) ||
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
  if (weak && !led && point.clock === null && (point.part === null || point.day?.kind !== "weekday"))
    return null;
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
    // "Fri 20 Nov": the date says which Friday.
    const isNamed = draft.day?.kind === "weekday" && day.kind === "date";
    if ((draft.day !== null && !isNamed) || draft.instant !== null) return null;
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
    case "week":
      return setDay({ kind: "iso-week", week: token.week, year: token.year, weekday: token.weekday }, at + 1);
    case "unit": {
      // "the beginning of the week"
      const begins = tokens.slice(Math.max(0, at - 3), at).some(({ kind }) => kind === "begin");
      if (begins && token.unit === "day") return setDay({ kind: "offset", days: 0 }, at + 1);
      if (token.unit !== "week" && token.unit !== "month") return null;
      if (begins) return setDay({ kind: "period", unit: token.unit, offset: 0 }, at + 1);
      // "la semaine dernière", "week 47"
      if (after?.kind === "last") return setDay({ kind: "period", unit: token.unit, offset: -1 }, at + 2);
      const isWeek =
        token.unit === "week" &&
        after?.kind === "number" &&
        /^\d{1,2}$/.test(after.text) &&
        after.value >= 1 &&
        after.value <= 53 &&
        !isNoun(tokens[at + 2]);
      return isWeek
        ? setDay({ kind: "iso-week", week: after.value, year: null, weekday: null }, at + 2)
        : null;
    }
    case "weekend":
      return setDay({ kind: "weekend" }, at + 1);
    case "weekday": {
      if (token.weak && !led) draft.weak = true;
      if (draft.day?.kind === "period" && draft.day.unit === "week") {
        draft.day = { kind: "weekday", weekday: token.weekday, before: false, week: draft.day.offset };
        return at + 1;
      }
      if (draft.day?.kind === "date") return at + 1;
      // "lundi dernier", but "Monday last week"
      const goesOn = tokens[at + 2]?.kind;
      const before = after?.kind === "last" && goesOn !== "unit" && goesOn !== "number" && goesOn !== "part";
      return setDay(
        { kind: "weekday", weekday: token.weekday, before, week: null },
        before ? at + 2 : at + 1,
      );
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

/** "heute früh um 8 langsam": with a part of the day and "at" before it, a number is an hour, whatever follows. */
function hourOfPart({ part }: Draft, tokens: readonly Token[], at: number): ReturnType<typeof parseClock> {
  const token = tokens[at];
  const isHour =
    part !== null &&
    tokens[at - 1]?.kind === "at" &&
    token?.kind === "number" &&
    Number.isInteger(token.value) &&
    token.value <= 24 &&
    tokens[at + 1]?.kind !== "unit";
  if (!isHour) return null;
  const clock = { hour: token.value, minute: 0, second: 0, meridiem: null };
  return { value: { clock, bare: true }, next: at + 1 };
}

function takeClock(draft: Draft, tokens: readonly Token[], at: number, led: boolean): number | null {
  if (draft.clock !== null || draft.instant !== null || draft.now !== null) return null;
  const found =
    parseClock(tokens, at, led || draft.day !== null || draft.part !== null) ?? hourOfPart(draft, tokens, at);
  if (found === null) return null;
  draft.clock = found.value.clock;
  draft.bare = found.value.bare;
  return found.next;
}
