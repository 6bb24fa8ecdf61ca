import { z } from "zod";
import type { Names } from "../names/names.ts";

/** Where a backend keeps what belongs to a log line, in the order in which the names are tried. */
export interface FieldNames {
  readonly service: readonly string[];
  readonly instance: readonly string[];
  readonly level: readonly string[];
  readonly traceId: readonly string[];
  readonly spanId: readonly string[];
}

/** One value, or any of several. */
export const selected = z.union([z.string(), z.array(z.string()).min(1)], {
  error: "must be text or a list",
});
export type Selector = Readonly<Record<string, z.infer<typeof selected>>>;

export const fieldNames = z.array(z.string().min(1)).min(1);
export const fieldNameOptions = z.strictObject({
  service: fieldNames.optional(),
  instance: fieldNames.optional(),
  level: fieldNames.optional(),
  traceId: fieldNames.optional(),
  spanId: fieldNames.optional(),
});

export function withDefaults(
  preset: FieldNames,
  named: z.infer<typeof fieldNameOptions> | undefined,
): FieldNames {
  return {
    service: named?.service ?? preset.service,
    instance: named?.instance ?? preset.instance,
    level: named?.level ?? preset.level,
    traceId: named?.traceId ?? preset.traceId,
    spanId: named?.spanId ?? preset.spanId,
  };
}

/** The service that the value of one label or field means: without a pod's suffix, and as the operator says. */
export function nameIn(names: Names): (field: string, value: string) => string {
  return (field, value) => {
    const label = field.replaceAll(".", "_");
    return names.resolve({ [label]: value }, "target", [label])?.service ?? value;
  };
}

/** The first value that is there and not empty. */
export function firstOf(
  names: readonly string[],
  read: (field: string) => string | null | undefined,
): string | null {
  for (const field of names) {
    const value = read(field);
    if (value !== null && value !== undefined && value !== "") return value;
  }
  return null;
}
