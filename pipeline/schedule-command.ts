/** When a schedule fires: a cron pattern of five fields, in a zone. */
export interface ScheduleTime {
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
  /** "weekdays at 09:00", to be said. */
  readonly words: string;
}

/** What is asked of the schedules of a channel. `services` is what stands there, to be looked up. */
export type ScheduleCommand =
  | { readonly kind: "list" }
  | { readonly kind: "add"; readonly time: ScheduleTime; readonly services: string }
  | {
      readonly kind: "change";
      readonly id: string;
      readonly time: ScheduleTime;
      /** null: as before. */
      readonly services: string | null;
    }
  | { readonly kind: "pause" | "resume" | "delete" | "run"; readonly id: string };
