import { z } from "zod";
import type { Connector, Surroundings } from "../connector.ts";
import { httpClient } from "../http/client.ts";
import { httpOptions } from "../http/options.ts";
import { guarded, guardedProbe, networkInventory, stoppable } from "../network-source.ts";
import { elasticPageSize, elasticsearch } from "./elasticsearch.ts";
import { elasticFields } from "./elasticsearch-fields.ts";
import { readLogPages } from "./log-budget.ts";
import { fieldNameOptions, fieldNames, nameIn, withDefaults } from "./log-fields.ts";

export const ElasticsearchOptions = z.strictObject({
  type: z.enum(["elasticsearch", "opensearch"]),
  name: z.string().min(1).optional(),
  ...httpOptions,
  /** Indices, data streams or patterns, separated by commas. */
  index: z
    .string()
    .regex(/^[^\s"\\<|>?#/]+$/, "must be names or patterns of indices, separated by commas")
    .default("logs-*,logstash-*,filebeat-*"),
  /** Where documents keep time, body, service and so on; each list replaces the preset's. */
  fields: fieldNameOptions.extend({ time: fieldNames.optional(), body: fieldNames.optional() }).optional(),
  /** Fields every document must have, such as `kubernetes.namespace: shop`. */
  where: z.record(z.string().min(1), z.string()).default({}),
  /** Documents a request; at most `index.max_result_window`, 10,000 by default. */
  pageSize: z.number().int().min(1).max(10_000).default(elasticPageSize),
});
export type ElasticsearchOptions = z.infer<typeof ElasticsearchOptions>;

/** Throws: BotError "config-invalid" when a secret or certificate is not there. Sends nothing yet. */
export function openElasticsearch(
  options: ElasticsearchOptions,
  { readSecret, names }: Surroundings,
): Connector {
  const name = options.name ?? (options.type === "opensearch" ? "OpenSearch" : "Elasticsearch");
  const http = httpClient(name, options, readSecret);
  const from = `${name} logs`;
  const fields = options.fields ?? {};
  const server = elasticsearch(http, {
    from,
    index: options.index,
    fields: {
      ...withDefaults(elasticFields, fields),
      time: fields.time ?? elasticFields.time,
      body: fields.body ?? elasticFields.body,
    },
    where: options.where,
    pageSize: options.pageSize,
    serviceOf: nameIn(names),
  });
  return {
    name,
    inventory: networkInventory(name, "log", async (signal) => ({
      ...(await server.survey(signal)),
      topology: null,
      gaps: [],
    })),
    sources: [
      {
        name: from,
        modality: "log",
        fetch: guarded((query, signal) => readLogPages(server, from, query, names, signal)),
        probe: guardedProbe((signal) => server.about(signal)),
      },
    ],
    about: (signal) => stoppable(signal, () => server.about(signal)),
    close: () => http.close(),
  };
}
