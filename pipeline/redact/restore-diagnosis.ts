import { Diagnosis } from "../diagnosis.ts";
import type { Redactor } from "./redactor.ts";

/** Every text of the diagnosis with the secrets put back, where the operator allows that. */
export function restoreDiagnosis(diagnosis: Diagnosis, { restore }: Redactor): Diagnosis {
  return Diagnosis.parse(restored(diagnosis, restore));
}

function restored(value: unknown, restore: (text: string) => string): unknown {
  if (typeof value === "string") return restore(value);
  if (Array.isArray(value)) return value.map((one) => restored(one, restore));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, restored(one, restore)]));
}
