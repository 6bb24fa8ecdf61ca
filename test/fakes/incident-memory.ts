import type { IncidentMemory } from "../../jobs/store.ts";

/** Remembers nothing. */
export const noMemory: IncidentMemory = {
  remember: async () => [],
  recall: async () => [],
  list: async () => [],
  forget: async () => [],
};
