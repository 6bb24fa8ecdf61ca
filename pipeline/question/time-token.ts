import type { Keyword, Part, Unit } from "./time-words.ts";

export interface CalendarDate {
  /** null: not written. */
  readonly year: number | null;
  readonly month: number;
  readonly day: number;
  /** "11/12" can be read month first as well. */
  readonly swappable: boolean;
}

/** `meridiem` null: not said; with a bare or small hour another part of the sentence may still say it. */
export interface Clock {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly meridiem: "am" | "pm" | null;
}

export type Meaning =
  | { readonly kind: Keyword | "mark" | "word" | "service" | "dash" }
  | { readonly kind: "number"; readonly value: number; readonly ordinal: boolean; readonly vague: boolean }
  | { readonly kind: "unit"; readonly unit: Unit; readonly letter: boolean }
  | { readonly kind: "duration"; readonly ms: number }
  | { readonly kind: "clock"; readonly clock: Clock; readonly hForm: boolean }
  | { readonly kind: "meridiem"; readonly meridiem: "am" | "pm" }
  | { readonly kind: "date"; readonly date: CalendarDate; readonly weak: boolean }
  /** A week of the ISO calendar; null where the year, or a day in it, is not written. */
  | {
      readonly kind: "week";
      readonly week: number;
      readonly year: number | null;
      readonly weekday: number | null;
    }
  | { readonly kind: "month"; readonly month: number; readonly long: boolean }
  | { readonly kind: "weekday"; readonly weekday: number; readonly weak: boolean }
  | { readonly kind: "day"; readonly days: number }
  | { readonly kind: "part"; readonly part: Part; readonly days: number | null }
  | { readonly kind: "zone"; readonly zone: string; readonly written: string }
  | { readonly kind: "instant"; readonly at: number }
  | { readonly kind: "now"; readonly shiftMs: number; readonly floor: Unit | null };

/** `glued`: no space before it. */
export type Token = Meaning & { readonly text: string; readonly start: number; readonly glued: boolean };

export const unitMs: Readonly<Record<Unit, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: 2_592_000_000,
  year: 31_536_000_000,
};

/** Stands for a service's name, so that no part of a name is read as a time. */
export const serviceMark = "\uE000";
