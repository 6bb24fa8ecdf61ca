import { z } from "zod";
import { httpOptions } from "../http/options.ts";

/** Where one of the backends is reached, where that is not the usual place; `false` where there is none. */
const backend = z.union(
  [z.literal(false), z.strictObject({ ...httpOptions, url: httpOptions.url.optional() })],
  {
    error: "must be false, or keys such as url and auth",
  },
);

/** An AIOpsLab cluster: its Prometheus, Elasticsearch and Jaeger, under its labels, as one setting. */
export const AiopslabOptions = z.strictObject({
  type: z.literal("aiopslab"),
  /** What its sources are called in answers, in front of "prometheus", "elasticsearch" and "jaeger". */
  name: z.string().min(1).default("aiopslab"),
  /** Of the application, such as "test-hotel-reservation". */
  namespace: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "must be the name of a Kubernetes namespace"),
  /** Where AIOpsLab's own port-forwards end. */
  host: z
    .string()
    .regex(/^[A-Za-z0-9.-]+$/, "must be the name or IPv4 address of a host")
    .default("localhost"),
  prometheus: backend.optional(),
  elasticsearch: backend.optional(),
  jaeger: backend.optional(),
});
export type AiopslabOptions = z.infer<typeof AiopslabOptions>;
