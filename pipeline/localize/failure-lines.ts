import { logLevel } from "../detect/log-level.ts";
import type { LogAnomaly } from "../types.ts";

/** Lines of a failure that were not there before, or are more than before. */
export function isFailure({ kind, level, template }: LogAnomaly): boolean {
  if (kind !== "new" && kind !== "more") return false;
  const said = logLevel(level, template);
  return said === "error" || said === "fatal";
}
