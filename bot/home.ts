import type { Sender } from "./surface.ts";

/** What a person sees of the bot where nothing was asked: Slack's Home tab, a page, a list. */
export interface Home {
  /** The latest first, of what this person may see. */
  readonly diagnoses: readonly HomeDiagnosis[];
  readonly schedules: readonly HomeSchedule[];
  /** Sources, models and queue, a line each. */
  readonly health: readonly HomeHealth[];
}

export interface HomeDiagnosis {
  readonly questionId: string;
  readonly question: string;
  /** When it was asked, in this person's zone. */
  readonly when: string;
  /** The first line of the verdict. */
  readonly verdict: string;
}

export interface HomeSchedule {
  /** What is asked. */
  readonly question: string;
  /** When it is asked next, and how often: "weekdays at 09:00, next 2026-11-25". */
  readonly when: string;
  readonly where: string;
}

export interface HomeHealth {
  readonly name: string;
  readonly isWell: boolean;
  readonly detail: string;
}

/** What somebody may see, read when they look. */
export type ReadHome = (sender: Sender, timeZone: string) => Promise<Home>;
