import { DateTime } from "luxon";
import { BotError } from "../errors.ts";
import type { EpochMs } from "../types.ts";
import type { Day } from "./time-point.ts";
import type { CalendarDate } from "./time-token.ts";

/** A date without its year that is at most this far ahead was not meant as last year's. */
const nearFutureDays = 60;

export interface Asked {
  readonly now: EpochMs;
  readonly timeZone: string;
  readonly defaultWindowMs: number;
  readonly longestWindowMs: number;
}

export interface Bounds {
  readonly start: EpochMs;
  readonly end: EpochMs;
}

interface DayBounds extends Bounds {
  readonly first: DateTime;
}

export function dayBounds(day: Day, asked: Asked, notes: string[], zone: string = asked.timeZone): DayBounds {
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
    case "weekday-ago": {
      const back = (today.weekday - day.weekday + 7) % 7 || 7;
      return days(today.minus({ days: back + 7 * (day.times - 1) }));
    }
    case "iso-week":
      return days(isoWeek(day, today), day.weekday === null ? 7 : 1);
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

/** The latest week of that number that has begun, where no year was written. */
function isoWeek(day: Extract<Day, { kind: "iso-week" }>, today: DateTime): DateTime {
  const weekOf = (weekYear: number) =>
    DateTime.fromObject({ weekYear, weekNumber: day.week }, { zone: today.zone }).plus({
      days: (day.weekday ?? 1) - 1,
    });
  const first = weekOf(day.year ?? today.weekYear);
  const meant = day.year === null && first > today ? weekOf(today.weekYear - 1) : first;
  if (meant.isValid) return meant;
  throw new BotError(
    "window-invalid",
    `There is no week ${day.week} in ${day.year ?? "that year"}. Name a day of the calendar, such as "2026-11-20".`,
  );
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
export function weekdayAfter(start: EpochMs, weekday: number, asked: Asked, startDay: Day | null): Day {
  const from = DateTime.fromMillis(start, { zone: asked.timeZone }).startOf("day");
  if (startDay?.kind === "weekday" && startDay.week !== null)
    return { kind: "weekday", weekday, before: false, week: startDay.week };
  const date = from.plus({ days: (weekday - from.weekday + 7) % 7 });
  return { kind: "date", date: { year: date.year, month: date.month, day: date.day, swappable: false } };
}
