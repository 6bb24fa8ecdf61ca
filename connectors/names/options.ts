import { z } from "zod";

/** `names` in the configuration: what telemetry calls a service, where that is not its name. */
export const NamesOptions = z.strictObject({
  /** A pod, job, instance, container or service as it stands in the telemetry, to the service it belongs to. */
  map: z.record(z.string().min(1), z.string().min(1)).default({}),
  /** A service, and what else it is called. */
  aliases: z.record(z.string().min(1), z.array(z.string().min(1)).min(1)).default({}),
});
export type NamesOptions = z.infer<typeof NamesOptions>;
