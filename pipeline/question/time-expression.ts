import type { Point } from "./time-point.ts";

/** What the words of a question say about time, before any of it is placed on the calendar. */
export type TimeExpression =
  | { readonly kind: "range"; readonly start: Point; readonly end: Point }
  | { readonly kind: "since"; readonly point: Point }
  | { readonly kind: "after"; readonly point: Point }
  | { readonly kind: "before"; readonly point: Point }
  | { readonly kind: "last"; readonly ms: number }
  | {
      readonly kind: "span";
      readonly point: Point;
      readonly ms: number;
      readonly side: "before" | "after" | "around";
    }
  | { readonly kind: "point"; readonly point: Point }
  | { readonly kind: "future"; readonly words: string }
  | { readonly kind: "vague"; readonly words: string };

export interface TimeReading {
  readonly main: TimeExpression | null;
  /** A day, a part of it or a zone said apart from the main expression. */
  readonly context: Pick<Point, "day" | "part" | "zone">;
  /** More than one window was named: only the first was taken. */
  readonly several: boolean;
  /** Zone abbreviations as they were written. */
  readonly zones: readonly string[];
}
