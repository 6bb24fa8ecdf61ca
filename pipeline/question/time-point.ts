import type { CalendarDate, Clock, Token } from "./time-token.ts";
import type { Part, Unit } from "./time-words.ts";

export type Day =
  | { readonly kind: "offset"; readonly days: number }
  /** `week`: 0 this one, -1 the last; null when the most recent such day is meant. */
  | {
      readonly kind: "weekday";
      readonly weekday: number;
      readonly before: boolean;
      readonly week: number | null;
    }
  /** "two Fridays ago": the second such day before today. */
  | { readonly kind: "weekday-ago"; readonly weekday: number; readonly times: number }
  | {
      readonly kind: "iso-week";
      readonly week: number;
      readonly year: number | null;
      readonly weekday: number | null;
    }
  | { readonly kind: "date"; readonly date: CalendarDate }
  | { readonly kind: "day-of-month"; readonly day: number }
  | { readonly kind: "weekend" }
  | { readonly kind: "period"; readonly unit: "week" | "month"; readonly offset: number };

/** One end of a window, or an event. What is null was not said there, and may be said elsewhere. */
export interface Point {
  readonly day: Day | null;
  readonly part: Part | null;
  readonly clock: Clock | null;
  /** "9", which is an hour only where the rest of the sentence makes it one. */
  readonly bare: boolean;
  readonly zone: string | null;
  readonly instant: number | null;
  readonly agoMs: number | null;
  /** For "3 days ago": a day when it stands alone. */
  readonly agoDays: number | null;
  readonly now: { readonly shiftMs: number; readonly floor: Unit | null } | null;
  readonly dayFirst: boolean;
}

export interface Parsed<Value> {
  readonly value: Value;
  readonly next: number;
}

export const nowPoint: Point = {
  day: null,
  part: null,
  clock: null,
  bare: false,
  zone: null,
  instant: null,
  agoMs: null,
  agoDays: null,
  now: { shiftMs: 0, floor: null },
  dayFirst: false,
};
export const nothing: Point = { ...nowPoint, now: null };

export interface Span {
  readonly ms: number;
  readonly days: number | null;
}

/** Skips what carries no meaning of its own: articles, "about", "of". */
export function skipFillers(
  tokens: readonly Token[],
  at: number,
  also: readonly Token["kind"][] = [],
): number {
  let next = at;
  while (next < tokens.length && next < at + 4) {
    const kind = tokens[next]?.kind;
    if (kind !== "filler" && !(kind !== undefined && also.includes(kind))) break;
    next += 1;
  }
  return next;
}
