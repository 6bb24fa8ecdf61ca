import { DateTime } from "luxon";
import { BotError } from "../errors.ts";
import type { EpochMs, TimeWindow } from "../types.ts";
import type { Asked, Bounds } from "./calendar-days.ts";

const hourMs = 3_600_000;

export function ordered(bounds: Bounds, asked: Asked): Bounds {
  if (bounds.end > bounds.start) return bounds;
  const same = bounds.end === bounds.start;
  throw new BotError(
    "window-invalid",
    `The window from ${say(bounds.start, asked)} to ${say(bounds.end, asked)} ${same ? "has no length" : "ends before it starts"}. Name an earlier start or a later end, such as "from 14:00 to 14:30".`,
  );
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

export function inFuture(what: string, asked: Asked): BotError {
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
