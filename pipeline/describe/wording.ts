import { DateTime } from "luxon";
import type { EpochMs } from "../types.ts";

/** Four significant digits, without floating noise, exponents only beyond 10^±9. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return "unknown";
  const rounded = Number(value.toPrecision(4));
  if (rounded === 0) return "0";
  const size = Math.abs(rounded);
  if (size >= 1e9 || size < 1e-9) return rounded.toExponential();
  const decimals = Math.max(0, 3 - Math.floor(Math.log10(size)));
  const text = rounded.toFixed(Math.min(20, decimals));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** "14 min 30 s"; parts that are zero are left out. */
export function durationText(ms: number): string {
  if (!Number.isFinite(ms)) return "an unknown time";
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return told.length === 0 ? "0 s" : told.join(" ");
}

/** Dates and times in one zone. Made once per description run, since zones are slow to look up. */
export interface Clock {
  /** "2021-07-02 00:18:44" */
  moment(at: EpochMs): string;
  /** "00:18:44" */
  time(at: EpochMs): string;
  /** "2021-07-02 at 00:09:12" */
  dayAndTime(at: EpochMs): string;
  /** The time alone where it is the same day as `from`, else with its date. */
  until(at: EpochMs, from: EpochMs): string;
  /** "UTC+08:00" */
  zone(at: EpochMs): string;
}

/** An unknown zone is told as UTC: the answer says which zone its times are in. */
export function clockIn(timeZone: string): Clock {
  const isKnown = DateTime.fromMillis(0, { zone: timeZone }).isValid;
  const at = (time: EpochMs) => DateTime.fromMillis(Math.floor(time), { zone: isKnown ? timeZone : "utc" });
  const text = (time: EpochMs, format: string) => {
    const date = Number.isFinite(time) ? at(time) : null;
    return date?.isValid ? date.toFormat(format) : "an unknown time";
  };
  return {
    moment: (time) => text(time, "yyyy-MM-dd HH:mm:ss"),
    time: (time) => text(time, "HH:mm:ss"),
    dayAndTime: (time) => text(time, "yyyy-MM-dd 'at' HH:mm:ss"),
    until: (time, from) =>
      text(time, "yyyy-MM-dd") === text(from, "yyyy-MM-dd")
        ? text(time, "HH:mm:ss")
        : text(time, "yyyy-MM-dd HH:mm:ss"),
    zone: (time) => text(time, "'UTC'ZZ"),
  };
}
