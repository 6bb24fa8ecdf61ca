import type { TimeExpression } from "./time-expression.ts";
import { nothing, type Parsed, type Point, skipFillers } from "./time-point.ts";
import { parsePoint } from "./time-points.ts";
import { parseSpan } from "./time-spans.ts";
import type { Token } from "./time-token.ts";

/** "since the deploy at 14:10": the clock beside what happened says when that was. `at` is behind the happening. */
export function happeningAt(
  lead: "since" | "after" | "before",
  tokens: readonly Token[],
  at: number,
): Parsed<TimeExpression> | null {
  const point = parsePoint(tokens, at, tokens[at]?.kind === "at");
  if (point === null || point.value.bare) return null;
  if (point.value.clock === null && point.value.instant === null && point.value.agoMs === null) return null;
  return { value: { kind: lead, point: point.value }, next: point.next };
}

/** "the first hour of today", "the last 30 minutes of yesterday": from one end of the day. */
export function endOfDay(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  const word = tokens[at]?.text.toLowerCase();
  if (word !== "first" && word !== "last") return null;
  const span = parseSpan(tokens, at + 1, true);
  if (span === null || tokens[span.next]?.text.toLowerCase() !== "of") return null;
  const day = parsePoint(tokens, span.next + 1, true);
  if (day === null || day.value.day === null || day.value.clock !== null || day.value.part !== null)
    return null;
  const isFirst = word === "first";
  const clock = { hour: isFirst ? 0 : 24, minute: 0, second: 0, meridiem: null };
  return {
    value: {
      kind: "span",
      point: { ...day.value, clock },
      ms: span.value.ms,
      side: isFirst ? "after" : "before",
    },
    next: day.next,
  };
}

/** "10 minutes before and after 14:30". `at` is behind the length of time. */
export function beforeAndAfter(
  ms: number,
  tokens: readonly Token[],
  at: number,
): Parsed<TimeExpression> | null {
  const isBoth =
    tokens[at]?.kind === "before" && tokens[at + 1]?.kind === "and" && tokens[at + 2]?.kind === "after";
  const point = isBoth ? parsePoint(tokens, at + 3, true) : null;
  if (point === null || (point.value.clock === null && point.value.instant === null)) return null;
  return { value: { kind: "span", point: point.value, ms, side: "around" }, next: point.next };
}

/** "the night from Saturday to Sunday", "overnight from 21 to 22 November": the night that begins on the first day. */
export function nightBetween(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  const night = tokens[at];
  if (night?.kind !== "part" || night.part !== "night") return null;
  const from = tokens[at + 1]?.kind;
  if (from !== "from" && from !== "between") return null;
  const first = parsePoint(tokens, at + 2, true);
  const link = first === null ? null : skipFillers(tokens, first.next);
  const linked = link === null ? undefined : tokens[link];
  if (first === null || link === null || !isDay(first.value)) return null;
  if (linked?.kind !== "to" && linked?.kind !== "and" && linked?.kind !== "dash") return null;
  const second = parsePoint(tokens, link + 1, true);
  if (second === null || !isDay(second.value)) return null;
  const point: Point = { ...nothing, day: first.value.day, part: "night" };
  return { value: { kind: "point", point }, next: second.next };
}

function isDay({ day, clock, part }: Point): boolean {
  return day !== null && clock === null && part === null;
}
