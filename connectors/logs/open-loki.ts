import type { Connector, Surroundings } from "../connector.ts";
import { httpClient } from "../http/client.ts";
import { guarded, guardedProbe, networkInventory, stoppable } from "../network-source.ts";
import { readLogPages } from "./log-budget.ts";
import { nameIn, withDefaults } from "./log-fields.ts";
import { loki, lokiLabels } from "./loki.ts";
import type { LokiOptions } from "./loki-options.ts";

/** Services that had no line for so long are not in the inventory. */
const inventoryMs = 24 * 3_600_000;

/** Throws: BotError "config-invalid" when a secret or certificate is not there. Sends nothing yet. */
export function openLoki(options: LokiOptions, { readSecret, names, clock }: Surroundings): Connector {
  const name = options.name ?? new URL(options.url).host;
  const http = httpClient(name, options, readSecret);
  const from = `${name} logs`;
  const server = loki(http, {
    from,
    labels: withDefaults(lokiLabels, options.labels),
    selector: options.selector,
    pageSize: options.pageSize,
    serviceOf: nameIn(names),
  });
  return {
    name,
    inventory: networkInventory(name, "log", http, clock, async (now, signal) => {
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
