import { DateTime, type DateTimeUnit } from "luxon";
import type { EpochMs } from "../types.ts";
import { type Asked, type Bounds, dayBounds } from "./calendar-days.ts";
import type { Point } from "./time-point.ts";
import type { Clock } from "./time-token.ts";
import type { Part } from "./time-words.ts";

const partHours: Readonly<Record<Part, readonly [start: number, end: number]>> = {
  early: [0, 6],
  morning: [6, 12],
  noon: [12, 14],
  afternoon: [12, 18],
  evening: [18, 24],
  night: [22, 30],
  tonight: [18, 30],
};

/** Where a point lies: the whole day or part of it where no clock was said. */
export function place(point: Point, asked: Asked, notes: string[], role: "start" | "end"): Bounds {
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
    const placed = toMs(at(date.plus({ days: extra }), said), role);
    const isTonight = point.part === "night" || point.part === "tonight";
    const isAhead = point.day.kind === "offset" && point.day.days === 0 && placed > asked.now;
    // "heute Nacht um 3", asked by day: the night that was.
    return isTonight && isAhead ? toMs(at(date.plus({ days: extra - 1 }), said), role) : placed;
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
export function hourOf(
  clock: Clock,
  part: Part | null,
): { readonly hour: number; readonly nextDay: boolean } {
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
  const isToday = point.day.kind === "offset" && point.day.days === 0;
  if (isToday && placed.start > asked.now && today.plus({ hours: 6 }).toMillis() > asked.now) {
    // Whoever is up before six has not had this morning yet, and means the night; this evening was yesterday's.
    if (part === "morning") return { start: today.toMillis(), end: placed.end };
    if (part !== "night" && part !== "tonight") return bounds(today.minus({ days: 1 }));
  }
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

export function at(date: DateTime, clock: Clock): DateTime {
  return date.set({ hour: clock.hour % 24, minute: clock.minute, second: clock.second, millisecond: 0 });
}

/** In the hour that the clocks go back, a start is the first of the two and an end the second. */
export function toMs(time: DateTime, role: "start" | "end"): EpochMs {
  const both = time.getPossibleOffsets().map((one) => one.toMillis());
  return role === "start" ? Math.min(...both) : Math.max(...both);
}
