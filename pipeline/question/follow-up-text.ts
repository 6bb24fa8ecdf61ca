import type { Modality, PreviousAnswer, UnknownService } from "../types.ts";
import type { Asked } from "./calendar-days.ts";
import type { TimeReading } from "./time-expression.ts";

/** A text as it was read so far, and the answer it may be about. */
export interface FollowUpText {
  /** With every service's name made one mark. */
  readonly masked: string;
  readonly services: readonly string[];
  readonly unknownServices: readonly UnknownService[];
  readonly modalities: readonly Modality[] | null;
  readonly reading: TimeReading;
  readonly previous: PreviousAnswer;
  readonly asked: Asked;
  readonly names: readonly string[];
}
