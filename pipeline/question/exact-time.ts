import type { ParsedComponents } from "chrono-node";
// Only English: loading every language takes 0.15 s more, in which somebody waits for the first stage.
import * as chrono from "chrono-node/en";
import { DateTime } from "luxon";
import type { EpochMs } from "../types.ts";
import type { TimeExpression } from "./time-expression.ts";
import { nowPoint, type Point } from "./time-point.ts";

/** What chrono is asked about; its patterns are many, and an instant it alone can read is near the head. */
const longestRead = 500;

/**
 * Single instants in forms that our grammar does not know, such as RFC 2822 dates, by chrono-node.
 *
 * Strict, and only with a day, a month and an hour that were written: what chrono infers (a weekday from
 * "sat", now for "today", an end in the future) is not taken.
 */
export function readExactTime(text: string, now: EpochMs, timeZone: string): TimeExpression | null {
  const timezone = DateTime.fromMillis(now, { zone: timeZone }).offset;
  const found = chrono.strict.parse(text.slice(0, longestRead), { instant: new Date(now), timezone });
  const result = found.find(
    ({ start }) => start.isCertain("day") && start.isCertain("month") && start.isCertain("hour"),
  );
  if (result === undefined) return null;
  const start = pointOf(result.start, timeZone);
  return result.end?.isCertain("hour")
    ? { kind: "range", start, end: pointOf(result.end, timeZone) }
    : { kind: "point", point: start };
}

function pointOf(parts: ParsedComponents, timeZone: string): Point {
  if (parts.isCertain("timezoneOffset")) return { ...nowPoint, now: null, instant: parts.date().getTime() };
  const wall = DateTime.fromObject(
    {
      year: parts.get("year") ?? 1970,
      month: parts.get("month") ?? 1,
      day: parts.get("day") ?? 1,
      hour: parts.get("hour") ?? 0,
      minute: parts.get("minute") ?? 0,
      second: parts.get("second") ?? 0,
    },
    { zone: timeZone },
  );
  return { ...nowPoint, now: null, instant: wall.toMillis() };
}
