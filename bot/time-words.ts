import type { EpochMs, TimeWindow } from "../pipeline/types.ts";

/** The day, the time and the UTC offset of an instant, as read on a clock in `timeZone` (an IANA name). */
function onClock(at: EpochMs, timeZone: string): { day: string; time: string; offset: string } {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "longOffset",
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? "";
  return {
    day: `${part("year")}-${part("month")}-${part("day")}`,
    time: `${part("hour")}:${part("minute")}:${part("second")}`,
    offset: part("timeZoneName").replace("GMT", "UTC"),
  };
}

/** "14:20:30", or "2026-11-23 14:20:30" where the window begins on another day. */
export function timeWords(at: EpochMs, timeZone: string, window: TimeWindow): string {
  const clock = onClock(at, timeZone);
  return clock.day === onClock(window.start, timeZone).day ? clock.time : `${clock.day} ${clock.time}`;
}

/** "2026-11-23 14:20:30". */
export function dateTimeWords(at: EpochMs, timeZone: string): string {
  const { day, time } = onClock(at, timeZone);
  return `${day} ${time}`;
}

/** "15:20", the minute in which it will have come. */
export function clockWords(at: EpochMs, timeZone: string): string {
  const minute = 60_000;
  return onClock(Math.ceil(at / minute) * minute, timeZone).time.slice(0, 5);
}

/** To whole days from two days on, to whole hours from two hours on, else to whole minutes. */
export function roundedDuration(durationMs: number): number {
  const hour = 3_600_000;
  const unit = durationMs >= 48 * hour ? 24 * hour : durationMs >= 2 * hour ? hour : 60_000;
  return Math.max(unit, Math.round(durationMs / unit) * unit);
}

/** "2026-11-23 14:20:30 to 15:20:30, Europe/Berlin (UTC+01:00)". */
export function windowWords(window: TimeWindow, timeZone: string): string {
  const start = onClock(window.start, timeZone);
  const end = onClock(window.end, timeZone);
  const until = start.day === end.day ? end.time : `${end.day} ${end.time}`;
  const zone = timeZone === "UTC" ? timeZone : `${timeZone} (${offsetWords(start.offset, end.offset)})`;
  return `${start.day} ${start.time} to ${until}, ${zone}`;
}

/** Both offsets where the clocks change within the window. */
function offsetWords(start: string, end: string): string {
  return start === end ? start : `${start}, then ${end}`;
}

/** "45 seconds", "90 minutes", "6 hours", "3 days": the largest unit that says it exactly enough. */
export function durationWords(durationMs: number): string {
  const units = [
    { name: "day", ms: 86_400_000 },
    { name: "hour", ms: 3_600_000 },
    { name: "minute", ms: 60_000 },
  ];
  for (const { name, ms } of units) {
    if (durationMs >= ms && durationMs % ms === 0) return counted(durationMs / ms, name);
  }
  return durationMs >= 120_000
    ? counted(Math.round(durationMs / 60_000), "minute")
    : counted(Math.round(durationMs / 1000), "second");
}

/** "1,204 log lines", "1 trace", "no traces". */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count === 0 ? "no" : count.toLocaleString("en-US")} ${count === 1 ? noun : plural}`;
}
