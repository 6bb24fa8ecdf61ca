import { z } from "zod";
import { httpOptions } from "../http/options.ts";

/** Jaeger gives 100 traces where nothing is said, and its stores up to 1,500 or so. */
const jaegerPageSize = 1000;

export const JaegerOptions = z.strictObject({
  type: z.literal("jaeger"),
  name: z.string().min(1).optional(),
  ...httpOptions,
  /** "v1": the API of Jaeger's own page, in every version. "v3": the stable one, with OTLP's JSON. */
  api: z.enum(["v1", "v3"]).default("v1"),
  /** Traces a search; some stores give no more than 1,500. */
  pageSize: z.number().int().min(1).max(20_000).default(jaegerPageSize),
});
export type JaegerOptions = z.infer<typeof JaegerOptions>;
