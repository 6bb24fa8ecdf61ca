import type { Gap } from "../../pipeline/types.ts";
import type { HttpClient } from "./client.ts";

/** Less is what requests take, and what clocks that are kept in step differ by. */
const worthSayingMs = 60_000;

/** Says so where a backend's clock differs from ours: its times then mean other moments than people do. */
export function clockGaps(from: string, http: Pick<HttpClient, "target" | "clockAheadMs">): readonly Gap[] {
  const aheadMs = http.clockAheadMs();
  if (aheadMs === null || Math.abs(aheadMs) < worthSayingMs) return [];
  const way = aheadMs > 0 ? "ahead of" : "behind";
  const detail = `${http.target}: its clock is ${spoken(Math.abs(aheadMs))} ${way} this machine's. Times are taken as they stand, so telemetry may be missing from the window or lie beside what happened at once; set the clocks by one source of time.`;
  return [{ from, reason: "missing", detail }];
}

/** For a backend that does not tell its time: data from the future can only come by a clock that is ahead. */
export function futureGaps(from: string, newest: number | null, now: number): readonly Gap[] {
  if (newest === null || newest - now < worthSayingMs) return [];
  const detail = `${from}: its newest data is dated ${spoken(newest - now)} in the future: a clock is ahead, here or where it comes from. Times are taken as they stand.`;
  return [{ from, reason: "missing", detail }];
}

function spoken(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return minutes === 1 ? "a minute" : `${minutes} minutes`;
  return `${Math.round(minutes / 60)} hours`;
}
