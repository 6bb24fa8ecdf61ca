import { DateTime } from "luxon";
import type { EpochMs, TimeWindow } from "../types.ts";
import { type Asked, type Bounds, dayBounds, weekdayAfter } from "./calendar-days.ts";
import { checked, hoursOf, inFuture, ordered } from "./checked-window.ts";
import { at, hourOf, place, toMs } from "./placed-points.ts";
import type { TimeExpression, TimeReading } from "./time-expression.ts";
import type { Day, Point } from "./time-point.ts";
import { ambiguityOf } from "./time-zones.ts";

const hourMs = 3_600_000;
/** An event is looked at half an hour either side. */
const aroundEventMs = hourMs / 2;
/** A range over midnight: from the evening into the next day, and no longer than a night. */
const longestNightMs = 16 * hourMs;

export interface ResolvedWindow {
  readonly window: TimeWindow;
  readonly notes: readonly string[];
}

/**
 * Places what was read on the calendar. A named day is the asker's calendar day; a clock is in its own
 * zone where one is written. Without a day the most recent time that is past is meant.
 *
 * Returns null for a time that is meant but cannot be told.
 * Throws: BotError "window-invalid" for a window in the future, empty, backwards, too long, or on a day
 *         that does not exist.
 */
export function resolveWindow(reading: TimeReading, asked: Asked): ResolvedWindow | null {
  const { main } = reading;
  if (main === null || main.kind === "vague") return null;
  if (main.kind === "future") throw inFuture(`"${main.words}"`, asked);
  const notes: string[] = [];
  const bounds = boundsOf(withContext(main, reading), asked, notes);
  if (bounds === null) return null;
  for (const written of reading.zones) {
    const meaning = ambiguityOf(written.toUpperCase());
    if (meaning !== null) notes.push(`${written} was read as ${meaning}.`);
  }
  if (reading.several) notes.push("More than one time was named; the first was taken.");
  return { window: checked(bounds, asked, notes), notes };
}

function withContext(main: TimeExpression, { context }: TimeReading): TimeExpression {
  const fill = (point: Point): Point => {
    if (point.instant !== null || point.agoMs !== null || point.now !== null) return point;
    const day = weekOf(point.day, context.day);
    return {
      ...point,
      day: day ?? context.day,
      part: point.part ?? (point.day === null ? context.part : null),
      zone: point.zone ?? context.zone,
    };
  };
  switch (main.kind) {
    case "range": {
      const hasOwnDay = main.start.day !== null || main.end.day !== null;
      const zoned = (point: Point) => ({
        ...point,
        zone: point.zone ?? context.zone,
        day: weekOf(point.day, context.day),
      });
      return hasOwnDay
        ? { ...main, start: zoned(main.start), end: zoned(main.end) }
        : {
            ...main,
            start: fill(main.start),
            end: zoned({ ...main.end, part: main.end.part ?? context.part }),
          };
    }
    case "point":
    case "since":
    case "after":
    case "before":
    case "span":
      return { ...main, point: fill(main.point) };
    case "last":
    case "future":
    case "vague":
      return main;
  }
}

function weekOf(day: Day | null, context: Day | null): Day | null {
  if (day?.kind !== "weekday" || day.week !== null || context?.kind !== "period" || context.unit !== "week")
    return day;
  return { ...day, week: context.offset };
}

function boundsOf(expression: TimeExpression, asked: Asked, notes: string[]): Bounds | null {
  const { now } = asked;
  switch (expression.kind) {
    case "last":
      return { start: now - expression.ms, end: now };
    case "since":
      return { start: place(expression.point, asked, notes, "start").start, end: now };
    case "after": {
      const placed = place(expression.point, asked, notes, "start");
      const { day, clock } = expression.point;
      const whole = day === null ? null : dayBounds(day, asked, notes);
      if (day !== null && clock === null) return { start: placed.end, end: now };
      // "after lunch"
      if (expression.point.part !== null && clock === null && placed.end < now)
        return { start: placed.end, end: now };
      return { start: placed.start, end: whole === null ? now : whole.end };
    }
    case "before": {
      const placed = place(expression.point, asked, notes, "end");
      const { day, clock } = expression.point;
      const end = clock === null ? placed.start : placed.end;
      if (day !== null && clock !== null) return { start: dayBounds(day, asked, notes).start, end };
      notes.push(`No start was named; the window is the ${hoursOf(asked.defaultWindowMs)} before.`);
      return { start: end - asked.defaultWindowMs, end };
    }
    case "span": {
      const at = place(expression.point, asked, notes, "start").start;
      if (expression.side === "around") return { start: at - expression.ms, end: at + expression.ms };
      return expression.side === "before"
        ? { start: at - expression.ms, end: at }
        : { start: at, end: at + expression.ms };
    }
    case "range":
      return rangeBounds(expression.start, expression.end, asked, notes);
    case "point":
      return eventBounds(expression.point, asked, notes);
    case "future":
    case "vague":
      return null;
  }
}

function eventBounds(point: Point, asked: Asked, notes: string[]): Bounds | null {
  if (point.now !== null)
    return point.now.shiftMs === 0 && point.now.floor === null
      ? null
      : { start: place(point, asked, notes, "start").start, end: asked.now };
  if (point.agoDays !== null && point.agoDays > 0)
    return dayBounds({ kind: "offset", days: -point.agoDays }, asked, notes);
  const placed = place(point, asked, notes, "start");
  if (point.clock === null && point.instant === null && point.agoMs === null) return placed;
  return { start: placed.start - aroundEventMs, end: placed.start + aroundEventMs };
}

function rangeBounds(start: Point, end: Point, asked: Asked, notes: string[]): Bounds {
  if (
    start.day?.kind === "weekday" &&
    start.day.week === null &&
    end.day?.kind === "weekday" &&
    end.day.week !== null
  ) {
    return rangeBounds({ ...start, day: { ...start.day, week: end.day.week } }, end, asked, notes);
  }
  const lendsDay = start.day === null && end.day !== null && start.clock !== null && end.clock !== null;
  const first = place(
    lendsDay ? { ...start, day: end.day, part: start.part ?? end.part } : start,
    asked,
    notes,
    "start",
  );
  const zone = end.zone ?? start.zone;
  const placedAlone = end.instant !== null || end.agoMs !== null || end.now !== null;
  if (placedAlone) return { start: first.start, end: place(end, asked, notes, "end").end };
  if (end.day !== null && !lendsDay) {
    const anchored =
      end.day.kind === "weekday" && end.day.week === null && !end.day.before
        ? weekdayAfter(first.start, end.day.weekday, asked, start.day)
        : end.day;
    const last = place({ ...end, day: anchored, zone }, asked, notes, "end");
    return ordered({ start: first.start, end: last.end }, asked);
  }
  if (end.clock === null) {
    const last = place({ ...end, day: end.day ?? start.day, zone }, asked, notes, "end");
    return ordered({ start: first.start, end: last.end }, asked);
  }
  if (start.clock === null && start.instant === null && start.agoMs === null && start.now === null) {
    return ordered({ start: first.start, end: place({ ...end, zone }, asked, notes, "end").end }, asked);
  }
  return clockEnd(first.start, start, { ...end, part: end.part ?? start.part, zone: zone ?? null }, asked);
}

/** The end is a clock on the start's day, or on the next one where that makes a night. */
function clockEnd(start: EpochMs, from: Point, end: Point, asked: Asked): Bounds {
  const zone = end.zone ?? asked.timeZone;
  const clock = end.clock ?? from.clock;
  if (clock === null) return { start, end: asked.now };
  const date = DateTime.fromMillis(start, { zone });
  let hour = hourOf(clock, end.part).hour % 24;
  const startHour = date.hour + date.minute / 60;
  const inherits =
    from.clock?.meridiem === "pm" &&
    clock.meridiem === null &&
    hour < 12 &&
    hour + 12 + clock.minute / 60 > startHour;
  if (inherits) hour += 12;
  const sameDay = toMs(
    clock.hour === 24 ? date.startOf("day").plus({ days: 1 }) : at(date, { ...clock, hour }),
    "end",
  );
  if (sameDay > start) return { start, end: sameDay };
  // "9 to 5", "between 11 and 1", "noon until 2": hours of a working day.
  const noon = (from.bare || startHour === 12) && end.bare && startHour <= 12 && hour + 12 > startHour;
  if (noon) return { start, end: toMs(at(date, { ...clock, hour: hour + 12 }), "end") };
  const nextDay = toMs(at(date.plus({ days: 1 }), { ...clock, hour }), "end");
  const midnight = hour === 0 && clock.minute === 0 && startHour > 0;
  const night = startHour >= 16 && nextDay - start <= longestNightMs;
  return midnight || night ? { start, end: nextDay } : ordered({ start, end: sameDay }, asked);
}
