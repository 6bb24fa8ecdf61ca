import { z } from "zod";
import { httpOptions } from "../http/options.ts";
import { fieldNameOptions, fieldNames, selected } from "./log-fields.ts";

/** What one search may return; with a point in time there is no limit on how far it goes on. */
const elasticPageSize = 5000;

export const ElasticsearchOptions = z.strictObject({
  type: z.literal(["elasticsearch", "opensearch"]),
  name: z.string().min(1).optional(),
  ...httpOptions,
  /** Indices, data streams or patterns, separated by commas. */
  index: z
    .string()
    .regex(/^[^\s"\\<|>?#/]+$/, "must be names or patterns of indices, separated by commas")
    .default("logs-*,logstash-*,filebeat-*"),
  /** Where documents keep time, body, service and so on; each list replaces the preset's. */
  fields: fieldNameOptions.extend({ time: fieldNames.optional(), body: fieldNames.optional() }).optional(),
  /** Fields every document must have, such as `kubernetes.namespace: shop`; a list means any of them. */
  selector: z.record(z.string().min(1), selected).default({}),
  /** Documents a request; at most `index.max_result_window`, 10,000 by default. */
  pageSize: z.number().int().min(1).max(10_000).default(elasticPageSize),
});
export type ElasticsearchOptions = z.infer<typeof ElasticsearchOptions>;
