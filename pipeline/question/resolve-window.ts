import { DateTime, type DateTimeUnit } from "luxon";
import { BotError } from "../errors.ts";
import type { EpochMs, TimeWindow } from "../types.ts";
import type { TimeExpression, TimeReading } from "./time-grammar.ts";
import type { Day, Point } from "./time-points.ts";
import type { CalendarDate, Clock } from "./time-tokens.ts";
import type { Part } from "./time-words.ts";
import { ambiguityOf } from "./time-zones.ts";

const hourMs = 3_600_000;
/** An event is looked at half an hour either side. */
const aroundEventMs = hourMs / 2;
/** A range over midnight: from the evening into the next day, and no longer than a night. */
const longestNightMs = 16 * hourMs;
/** A date without its year that is at most this far ahead was not meant as last year's. */
const nearFutureDays = 60;

const partHours: Readonly<Record<Part, readonly [start: number, end: number]>> = {
  early: [0, 6],
  morning: [6, 12],
  noon: [12, 14],
  afternoon: [12, 18],
  evening: [18, 24],
  night: [22, 30],
  tonight: [18, 30],
};

export interface Asked {
  readonly now: EpochMs;
  readonly timeZone: string;
  readonly defaultWindowMs: number;
  readonly longestWindowMs: number;
}

export interface ResolvedWindow {
  readonly window: TimeWindow;
  readonly notes: readonly string[];
}

interface Bounds {
  readonly start: EpochMs;
  readonly end: EpochMs;
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
  const nextDay = toMs(at(date.plus({ days: 1 }), { ...clock, hour }), "end");
  const midnight = hour === 0 && clock.minute === 0 && startHour > 0;
  const night = startHour >= 16 && nextDay - start <= longestNightMs;
  return midnight || night ? { start, end: nextDay } : ordered({ start, end: sameDay }, asked);
}

function ordered(bounds: Bounds, asked: Asked): Bounds {
  if (bounds.end > bounds.start) return bounds;
  const same = bounds.end === bounds.start;
  throw new BotError(
    "window-invalid",
    `The window from ${say(bounds.start, asked)} to ${say(bounds.end, asked)} ${same ? "has no length" : "ends before it starts"}. Name an earlier start or a later end, such as "from 14:00 to 14:30".`,
  );
}

/** Where a point lies: the whole day or part of it where no clock was said. */
function place(point: Point, asked: Asked, notes: string[], role: "start" | "end"): Bounds {
  const { now } = asked;
  const exact = (ms: EpochMs): Bounds => ({ start: ms, end: ms });
  if (point.instant !== null) return exact(point.instant);
  if (point.agoMs !== null) return exact(now - point.agoMs);
  if (point.now !== null) {
    const shifted = DateTime.fromMillis(now + point.now.shiftMs, { zone: asked.timeZone });
    return exact(
      (point.now.floor === null
        ? shifted
        : shifted.startOf(point.now.floor satisfies DateTimeUnit)
      ).toMillis(),
    );
  }
  const zone = point.zone ?? asked.timeZone;
  if (point.clock !== null) return exact(placeClock(point, point.clock, zone, asked, notes, role));
  if (point.part !== null) return partBounds(point, point.part, zone, asked, notes);
  return dayBounds(point.day ?? { kind: "offset", days: 0 }, asked, notes, point.zone ?? undefined);
}

function placeClock(
  point: Point,
  clock: Clock,
  zone: string,
  asked: Asked,
  notes: string[],
  role: "start" | "end",
): EpochMs {
  const { hour, nextDay } = hourOf(clock, point.part);
  if (point.bare && point.part === null && hour >= 1 && hour < 12)
    notes.push(`"${hour}" was read as ${String(hour).padStart(2, "0")}:00 (24-hour clock).`);
  const said = { ...clock, hour: hour % 24 };
  const extra = (nextDay ? 1 : 0) + (hour === 24 ? 1 : 0);
  if (point.day !== null) {
    const day = dayBounds(point.day, asked, notes).first;
    const date = DateTime.fromObject({ year: day.year, month: day.month, day: day.day }, { zone });
    return toMs(at(date.plus({ days: extra }), said), role);
  }
  const today = DateTime.fromMillis(asked.now, { zone }).startOf("day");
  for (const days of [1, 0, -1]) {
    const candidate = toMs(at(today.plus({ days }), said), role);
    if (candidate <= asked.now) {
      if (days === -1) notes.push(`${pad(said)} is still to come today; yesterday's was taken.`);
      return candidate;
    }
  }
  return toMs(at(today.plus({ days: -2 }), said), role);
}

const pad = (clock: Clock) =>
  `${String(clock.hour).padStart(2, "0")}:${String(clock.minute).padStart(2, "0")}`;

/** The hour on the 24-hour clock, with what "pm" or "in the afternoon" adds; a night runs into the next day. */
function hourOf(clock: Clock, part: Part | null): { readonly hour: number; readonly nextDay: boolean } {
  const { hour, meridiem } = clock;
  if (meridiem !== null) {
    const turned = (hour % 12) + (meridiem === "pm" ? 12 : 0);
    return { hour: turned, nextDay: (part === "night" || part === "tonight") && turned < 12 };
  }
  if (part === "night" || part === "tonight") {
    if (hour <= 5 || hour === 12 || hour === 24)
      return { hour: hour === 12 || hour === 24 ? 0 : hour, nextDay: true };
    return { hour: hour < 12 ? hour + 12 : hour, nextDay: false };
  }
  const afternoon = part === "afternoon" || part === "evening" || (part === "noon" && hour < 6);
  return { hour: afternoon && hour < 12 && hour > 0 ? hour + 12 : hour, nextDay: false };
}

function partBounds(point: Point, part: Part, zone: string, asked: Asked, notes: string[]): Bounds {
  const [from, to] = partHours[part];
  const inZone = (first: DateTime) =>
    DateTime.fromObject({ year: first.year, month: first.month, day: first.day }, { zone });
  const bounds = (date: DateTime): Bounds => ({ start: atHour(date, from), end: atHour(date, to) });
  const today = DateTime.fromMillis(asked.now, { zone }).startOf("day");
  if (point.day === null) {
    const latest = bounds(today);
    return latest.start < asked.now ? latest : bounds(today.minus({ days: 1 }));
  }
  const placed = bounds(inZone(dayBounds(point.day, asked, notes).first));
  const early =
    point.day.kind === "offset" && point.day.days === 0 && (part === "night" || part === "tonight");
  const beforeDawn = early && today.plus({ hours: 12 }).toMillis() > asked.now;
  if (early && placed.start > asked.now && (part === "night" || beforeDawn)) {
    notes.push("The night before now was taken.");
    return bounds(today.minus({ days: 1 }));
  }
  return placed;
}

function atHour(date: DateTime, hour: number): EpochMs {
  return date
    .startOf("day")
    .plus({ days: Math.floor(hour / 24) })
    .set({ hour: hour % 24 })
    .toMillis();
}

function at(date: DateTime, clock: Clock): DateTime {
  return date.set({ hour: clock.hour % 24, minute: clock.minute, second: clock.second, millisecond: 0 });
}

/** In the hour that the clocks go back, a start is the first of the two and an end the second. */
function toMs(time: DateTime, role: "start" | "end"): EpochMs {
  const both = time.getPossibleOffsets().map((one) => one.toMillis());
  return role === "start" ? Math.min(...both) : Math.max(...both);
}

interface DayBounds extends Bounds {
  readonly first: DateTime;
}

function dayBounds(day: Day, asked: Asked, notes: string[], zone: string = asked.timeZone): DayBounds {
  const today = DateTime.fromMillis(asked.now, { zone: asked.timeZone }).startOf("day");
  const days = (date: DateTime, count = 1): DayBounds => {
    const first = DateTime.fromObject({ year: date.year, month: date.month, day: date.day }, { zone });
    return { start: first.toMillis(), end: first.plus({ days: count }).toMillis(), first };
  };
  switch (day.kind) {
    case "offset":
      return days(today.plus({ days: day.days }));
    case "weekday": {
      if (day.week !== null)
        return days(today.startOf("week").plus({ weeks: day.week, days: day.weekday - 1 }));
      const back = (today.weekday - day.weekday + 7) % 7;
      return days(today.minus({ days: back === 0 && day.before ? 7 : back }));
    }
    case "weekend": {
      const saturday = today.startOf("week").plus({ days: 5 });
      return days(saturday > today ? saturday.minus({ weeks: 1 }) : saturday, 2);
    }
    case "period": {
      const first = today.startOf(day.unit).plus({ [`${day.unit}s`]: day.offset });
      return { start: first.toMillis(), end: first.plus({ [`${day.unit}s`]: 1 }).toMillis(), first };
    }
    case "day-of-month":
      return days(latestDayOfMonth(day.day, today));
    case "date":
      return days(dateOf(day.date, today, asked, notes));
  }
}

function latestDayOfMonth(day: number, today: DateTime): DateTime {
  for (let back = 0; back < 3; back += 1) {
    const date = today.startOf("month").minus({ months: back });
    const daysInMonth = date.daysInMonth ?? 28;
    if (day <= daysInMonth && date.set({ day }) <= today) return date.set({ day });
  }
  return today;
}

function dateOf(written: CalendarDate, today: DateTime, asked: Asked, notes: string[]): DateTime {
  const read = (month: number, day: number) => {
    const date = DateTime.fromObject(
      { year: written.year ?? today.year, month, day },
      { zone: asked.timeZone },
    );
    const farAhead = written.year === null && date.diff(today, "days").days > nearFutureDays;
    return farAhead ? date.minus({ years: 1 }) : date;
  };
  const first = read(written.month, written.day);
  if (!first.isValid) {
    throw new BotError(
      "window-invalid",
      `There is no day ${written.day} in month ${written.month}${written.year === null ? "" : ` of ${written.year}`}. Name a day of the calendar, such as "2026-11-20".`,
    );
  }
  if (!written.swappable) return first;
  const swapped = read(written.day, written.month);
  const taken = first > today && swapped <= today ? swapped : first;
  notes.push(`The date was read as ${taken.setLocale("en").toFormat("d LLLL yyyy")}.`);
  return taken;
}

/** "from Friday 18:00 to Monday 08:00": the first such day that is not before the start. */
function weekdayAfter(start: EpochMs, weekday: number, asked: Asked, startDay: Day | null): Day {
  const from = DateTime.fromMillis(start, { zone: asked.timeZone }).startOf("day");
  if (startDay?.kind === "weekday" && startDay.week !== null)
    return { kind: "weekday", weekday, before: false, week: startDay.week };
  const date = from.plus({ days: (weekday - from.weekday + 7) % 7 });
  return { kind: "date", date: { year: date.year, month: date.month, day: date.day, swappable: false } };
}

/** Cuts what lies ahead, and refuses what no telemetry can answer. */
export function checked(bounds: Bounds, asked: Asked, notes: string[]): TimeWindow {
  const { now, longestWindowMs } = asked;
  if (!Number.isFinite(bounds.start) || !Number.isFinite(bounds.end)) {
    throw new BotError(
      "window-invalid",
      'The time could not be placed on the calendar. Name it as "from 2026-11-20 14:00 to 14:30".',
    );
  }
  ordered(bounds, asked);
  if (bounds.start >= now)
    throw inFuture(`the window from ${say(bounds.start, asked)} to ${say(bounds.end, asked)}`, asked);
  if (bounds.end > now) notes.push(`The window was cut at the time of asking, ${say(now, asked)}.`);
  const end = Math.min(bounds.end, now);
  if (end - bounds.start > longestWindowMs) {
    throw new BotError(
      "window-invalid",
      `The window from ${say(bounds.start, asked)} to ${say(end, asked)} is longer than the ${Math.round(longestWindowMs / (24 * hourMs))} days that one question may cover. Name a shorter one.`,
    );
  }
  return { start: bounds.start, end };
}

function inFuture(what: string, asked: Asked): BotError {
  return new BotError(
    "window-invalid",
    `There is nothing to see yet in ${what}: it lies after the time of asking, ${say(asked.now, asked)}. Name a time in the past, such as "in the last hour".`,
  );
}

function say(ms: EpochMs, asked: Asked): string {
  return DateTime.fromMillis(ms, { zone: asked.timeZone, locale: "en" }).toFormat("yyyy-MM-dd HH:mm:ss ZZZZ");
}

export function hoursOf(ms: number): string {
  const hours = ms / hourMs;
  return hours >= 1 ? `${Number(hours.toFixed(1))} h` : `${Math.round(ms / 60_000)} min`;
}
