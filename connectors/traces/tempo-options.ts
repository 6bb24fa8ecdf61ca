import { z } from "zod";
import { httpOptions } from "../http/options.ts";

const tempoPageSize = 500;

/** Each trace is a request of its own. */
const tempoTraces = 2000;

export const TempoOptions = z.strictObject({
  type: z.literal("tempo"),
  name: z.string().min(1).optional(),
  ...httpOptions,
  /** Traces a search. */
  pageSize: z.number().int().min(1).max(10_000).default(tempoPageSize),
  /** Traces read of a window; each is a request of its own. */
  traces: z.number().int().min(1).max(100_000).default(tempoTraces),
});
export type TempoOptions = z.infer<typeof TempoOptions>;
