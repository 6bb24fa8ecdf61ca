import type { StageName } from "../pipeline/types.ts";

/** What is said while a stage runs. */
export const stageWords: Readonly<Record<StageName, string>> = {
  read: "Reading the question",
  collect: "Collecting telemetry",
  detect: "Looking for what is abnormal",
  describe: "Describing it",
  localize: "Ranking the suspects",
  consult: "Asking the experts",
  conclude: "Concluding",
};
