import { asBotError } from "../../../../pipeline/errors.ts";
import type { PipelineOptions } from "../../../../pipeline/options.ts";
import { readQuestion } from "../../../../pipeline/question/index.ts";
import type { ReadQuestion } from "../../../../pipeline/types.ts";

export const hotel = [
  "frontend",
  "search",
  "geo",
  "rate",
  "profile",
  "recommendation",
  "reservation",
  "user",
  "mongodb-geo",
  "mongodb-rate",
  "mongodb-profile",
  "mongodb-recommendation",
  "mongodb-reservation",
  "mongodb-user",
  "memcached-rate",
  "memcached-profile",
  "memcached-reserve",
  "consul",
  "jaeger",
];
export const monday = "2026-11-23T15:20:30Z";
const hour = 3_600_000;
export const options = { defaultWindowMs: 6 * hour, longestWindowMs: 31 * 24 * hour } as PipelineOptions;

export function ask(
  text: string,
  now = monday,
  timeZone = "UTC",
  services: readonly string[] = hotel,
): ReadQuestion {
  return readQuestion(
    { id: "q", text, askedAt: Date.parse(now), timeZone, askedWindow: null },
    services,
    options,
  );
}

/** "MM-DD HH:MM[:SS] / …", "ask", "default" or "error", as the tables write it. */
export function outcome(text: string, now: string, timeZone: string): string {
  try {
    const { window, from } = ask(text, now, timeZone);
    if (window === null) return from;
    return from === "default" ? "default" : `${say(window.start, now)} / ${say(window.end, now)}`;
  } catch (error) {
    if (asBotError(error)?.code === "window-invalid") return "error";
    throw error;
  }
}

function say(ms: number, now: string): string {
  return ms === Date.parse(now)
    ? "now"
    : new Date(ms).toISOString().slice(5, 19).replace("T", " ").replace(/:00$/, "");
}
