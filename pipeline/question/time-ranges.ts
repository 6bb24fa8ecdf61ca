import { isNoun } from "./time-clocks.ts";
import type { TimeExpression } from "./time-expression.ts";
import { nowPoint, type Parsed, type Point, skipFillers } from "./time-point.ts";
import { parsePoint } from "./time-points.ts";
import { parseSpan } from "./time-spans.ts";
import type { Token } from "./time-token.ts";

export function betweenPoints(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  return tokens[at]?.kind === "between" ? parseRange(tokens, at + 1, true, true) : null;
}

export function fromPointToPoint(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  const lead = tokens[at]?.kind;
  const led = lead === "from" || lead === "since";
  const range = parseRange(tokens, led ? at + 1 : at, led, false);
  // "since 9 to 5 replicas"
  const isBare = range?.value.kind === "range" && range.value.start.bare;
  return lead === "since" && tokens[at]?.text.toLowerCase() === "since" && isBare ? null : range;
}

function parseRange(
  tokens: readonly Token[],
  at: number,
  led: boolean,
  between: boolean,
): Parsed<TimeExpression> | null {
  const first = readStart(tokens, at, between);
  if (first === null) return null;
  const link = first.linked ? first.next : skipLink(tokens, first.next, between);
  if (link === null) {
    const span = led && tokens[first.next]?.kind === "for" ? parseSpan(tokens, first.next + 1, true) : null;
    if (span !== null)
      return {
        value: { kind: "span", point: first.value, ms: span.value.ms, side: "after" },
        next: span.next,
      };
    return null;
  }
  const last = readEnd(tokens, link, first.value);
  if (last === null) return null;
  const end = tokens[last.next]?.kind === "until" ? last.next + 1 : last.next;
  const start = completeStart(first.value, last.value);
  const bare = start.bare && last.value.bare;
  if (
    bare &&
    !hasDay(tokens.slice(Math.max(0, at - 15), end + 15), start, last.value) &&
    !(between && bigHours(start, last.value) && endsThere(tokens, end))
  )
    return null;
  return { value: { kind: "range", start, end: last.value }, next: end };
}

/** A day, a part of it or a zone near by makes hours of bare numbers. */
function hasDay(near: readonly Token[], start: Point, end: Point): boolean {
  if (
    start.day !== null ||
    end.day !== null ||
    start.part !== null ||
    end.part !== null ||
    start.zone !== null ||
    end.zone !== null
  )
    return true;
  return near.some(
    (token, at) =>
      token.kind === "day" ||
      token.kind === "week" ||
      (token.kind === "number" &&
        token.ordinal &&
        near[at - 1]?.kind === "filler" &&
        !isNoun(near[at + 1])) ||
      token.kind === "part" ||
      token.kind === "date" ||
      token.kind === "zone" ||
      (token.kind === "weekday" && !token.weak),
  );
}

const bigHours = (start: Point, end: Point) => (start.clock?.hour ?? 0) >= 13 && (end.clock?.hour ?? 0) >= 13;
const endsThere = (tokens: readonly Token[], at: number) =>
  tokens[at] === undefined || tokens[at]?.kind === "mark" || tokens[at]?.kind === "in";

type Start = Parsed<Point> & { readonly linked?: boolean };

/** The start may lack what the end says: "3 and 2 hours ago", "20-22 November", "2 and 3pm". */
function readStart(tokens: readonly Token[], at: number, between: boolean): Start | null {
  const next = skipFillers(tokens, at, ["at"]);
  const number = tokens[next];
  if (number?.kind === "number") {
    const link = skipLink(tokens, next + 1, between);
    const end = link === null ? null : parsePoint(tokens, link, true);
    if (link !== null && end?.value.agoMs && number.value >= 0) {
      const unit = tokens.slice(link, end.next).find((token) => token.kind === "unit");
      const span = unit === undefined ? null : parseSpan([number, unit], 0, false);
      if (span !== null)
        return {
          value: { ...nowPoint, now: null, agoMs: span.value.ms, agoDays: span.value.days },
          next: link,
          linked: true,
        };
    }
    if (
      link !== null &&
      end?.value.day?.kind === "date" &&
      end.value.clock === null &&
      number.value >= 1 &&
      number.value <= 31
    ) {
      const date = { ...end.value.day.date, day: number.value };
      return { value: { ...end.value, day: { kind: "date", date } }, next: link, linked: true };
    }
  }
  const span = between || tokens[next - 1]?.kind === "from" ? parseSpan(tokens, next, false) : null;
  const link = span === null ? null : skipLink(tokens, span.next, between);
  if (span !== null && link !== null && parsePoint(tokens, link, true)?.value.agoMs) {
    return {
      value: { ...nowPoint, now: null, agoMs: span.value.ms, agoDays: span.value.days },
      next: link,
      linked: true,
    };
  }
  return parsePoint(tokens, next, true);
}

function readEnd(tokens: readonly Token[], at: number, start: Point): Parsed<Point> | null {
  const token = tokens[skipFillers(tokens, at)];
  const dayOnly =
    start.clock === null && start.part === null && start.day?.kind === "date" ? start.day : null;
  if (
    dayOnly !== null &&
    token?.kind === "number" &&
    token.value <= 31 &&
    tokens[at + 1]?.kind !== "oclock"
  ) {
    const following = tokens[skipFillers(tokens, at + 1)]?.kind;
    if (following !== "month" && following !== "unit") {
      return {
        value: { ...start, day: { kind: "date", date: { ...dayOnly.date, day: token.value } } },
        next: at + 1,
      };
    }
  }
  if (token?.kind === "vague" && /^(jetzt|maintenant|ahora|现在|今)$/.test(token.text.toLowerCase()))
    return { value: nowPoint, next: at + 1 };
  return parsePoint(tokens, at, true);
}

function skipLink(tokens: readonly Token[], at: number, between: boolean): number | null {
  let next = at;
  if (tokens[next]?.kind === "mark" && tokens[next]?.text === ",") next += 1;
  const token = tokens[next];
  const links =
    token?.kind === "to" ||
    token?.kind === "dash" ||
    token?.kind === "until" ||
    // "das 14h às 15h"
    (token?.kind === "filler" && /^às$/iu.test(token.text)) ||
    (between && token?.kind === "and") ||
    (token?.kind === "a" && tokens[next + 1] !== undefined);
  if (!links) return null;
  next += 1;
  while (
    tokens[next]?.kind === "to" ||
    tokens[next]?.kind === "filler" ||
    tokens[next]?.kind === "at" ||
    (tokens[next]?.kind === "a" && tokens[next + 1]?.kind !== "unit")
  )
    next += 1;
  return next;
}

/** "2 and 3pm", "between 2 and 3 in the afternoon", "between 20 and 22 November". */
function completeStart(start: Point, end: Point): Point {
  const part = start.part ?? (start.clock !== null && start.day === null ? end.part : null);
  const zone = start.zone ?? end.zone;
  const { clock } = start;
  if (clock === null || clock.meridiem !== null || end.clock?.meridiem == null || clock.hour > 12)
    return { ...start, part, zone };
  const asEnd = { ...clock, meridiem: end.clock.meridiem };
  const other = { ...clock, meridiem: end.clock.meridiem === "pm" ? ("am" as const) : ("pm" as const) };
  const minutes = (one: typeof asEnd) =>
    ((one.hour % 12) + (one.meridiem === "pm" ? 12 : 0)) * 60 + one.minute;
  return {
    ...start,
    part,
    zone,
    bare: false,
    clock: minutes(asEnd) < minutes({ ...end.clock, meridiem: end.clock.meridiem }) ? asEnd : other,
  };
}
