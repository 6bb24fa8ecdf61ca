import { z } from "zod";
import type { Connector, Surroundings } from "../connector.ts";
import { httpClient } from "../http/client.ts";
import { httpOptions } from "../http/options.ts";
import { guarded, guardedProbe, networkInventory, stoppable } from "../network-source.ts";
import { readLogPages } from "./log-budget.ts";
import { fieldNameOptions, nameIn, withDefaults } from "./log-fields.ts";
import { loki, lokiLabels, lokiPageSize } from "./loki.ts";

/** Services that had no line for so long are not in the inventory. */
const inventoryMs = 24 * 3_600_000;

export const LokiOptions = z.strictObject({
  type: z.literal("loki"),
  name: z.string().min(1).optional(),
  ...httpOptions,
  /** Where Loki keeps service, instance, level and ids; each list replaces the preset's. */
  labels: fieldNameOptions.optional(),
  /** Labels every stream must have, such as `namespace: shop`. */
  where: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).default({}),
  /** Lines a request; at most `max_entries_limit_per_query` of the server. */
  pageSize: z.number().int().min(1).max(100_000).default(lokiPageSize),
});
export type LokiOptions = z.infer<typeof LokiOptions>;

/** Throws: BotError "config-invalid" when a secret or certificate is not there. Sends nothing yet. */
export function openLoki(options: LokiOptions, { readSecret, names, clock }: Surroundings): Connector {
  const name = options.name ?? "Loki";
  const http = httpClient(name, options, readSecret);
  const from = `${name} logs`;
  const server = loki(http, {
    from,
    labels: withDefaults(lokiLabels, options.labels),
    where: options.where,
    pageSize: options.pageSize,
    serviceOf: nameIn(names),
  });
  return {
    name,
    inventory: networkInventory(name, "log", async (signal) => {
      const now = clock();
      const found = await server.names({ start: now - inventoryMs, end: now }, signal);
      return { names: found, extent: null, topology: null, gaps: [] };
    }),
    sources: [
      {
        name: from,
        modality: "log",
        fetch: guarded((query, signal) => readLogPages(server, from, query, names, signal)),
        probe: guardedProbe((signal) => server.probe(signal)),
      },
    ],
    about: (signal) => stoppable(signal, () => server.about(signal)),
    close: () => http.close(),
  };
}
