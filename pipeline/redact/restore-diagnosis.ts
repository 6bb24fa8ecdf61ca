import { Diagnosis } from "../diagnosis.ts";
import type { Redactor } from "./redactor.ts";

/** Every text of the diagnosis with the secrets put back, where the operator allows that. */
export function restoreDiagnosis(diagnosis: Diagnosis, { restore }: Redactor): Diagnosis {
  return withTexts(diagnosis, restore);
}

/** The diagnosis with every text of it changed. */
export function withTexts(diagnosis: Diagnosis, change: (text: string) => string): Diagnosis {
  return Diagnosis.parse(changed(diagnosis, change));
}

function changed(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => changed(one, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, changed(one, change)]));
}
