import type { Stage } from "../pipeline/types.ts";
import type { Progress } from "./reply.ts";

/** Stands before what is found before the answer is made, so that nobody takes it for the answer. */
export const firstFindingWords = "First finding, may still change:";

/** The latest of each stage, and of what was found on the way. */
export function progressSoFar(told: readonly Stage[]): Pick<Progress, "kind" | "stages" | "found"> {
  const latest = new Map<string, Stage>();
  let found: string | null = null;
  for (const stage of told) {
    latest.set(stage.name, stage);
    if (stage.found !== undefined) found = stage.found;
  }
  const stages = [...latest.values()].map(({ name, state, detail }) => ({ name, state, detail }));
  return { kind: "progress", stages, ...(found === null ? {} : { found }) };
}
