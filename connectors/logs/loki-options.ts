import { z } from "zod";
import { httpOptions } from "../http/options.ts";
import { fieldNameOptions, selected } from "./log-fields.ts";

/** Loki refuses more than 5,000 unless it is told otherwise (`max_entries_limit_per_query`). */
export const lokiPageSize = 5000;

export const LokiOptions = z.strictObject({
  type: z.literal("loki"),
  name: z.string().min(1).optional(),
  ...httpOptions,
  /** Where Loki keeps service, instance, level and ids; each list replaces the preset's. */
  labels: fieldNameOptions.optional(),
  /** Labels every stream must have, such as `namespace: shop`; a list means any of them. */
  selector: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), selected).default({}),
  /** Lines a request; at most `max_entries_limit_per_query` of the server. */
  pageSize: z.number().int().min(1).max(100_000).default(lokiPageSize),
});
export type LokiOptions = z.infer<typeof LokiOptions>;
