import type { Connector, Surroundings } from "../connector.ts";
import { httpClient } from "../http/client.ts";
import { guarded, guardedProbe, networkInventory, stoppable } from "../network-source.ts";
import { tempo } from "./tempo.ts";
import type { TempoOptions } from "./tempo-options.ts";

/** Services that had no span for so long are not in the inventory. */
const inventoryMs = 24 * 3_600_000;

/** Throws: BotError "config-invalid" when a secret or certificate is not there. Sends nothing yet. */
export function openTempo(options: TempoOptions, { readSecret, names, clock }: Surroundings): Connector {
  const name = options.name ?? new URL(options.url).host;
  const http = httpClient(name, options, readSecret);
  const from = `${name} traces`;
  const { pageSize, traces } = options;
  const server = tempo(http, { from, pageSize, traces });
  return {
    name,
    inventory: networkInventory(name, "trace", http, clock, async (now, signal) => {
      const services = await server.services({ start: now - inventoryMs, end: now }, signal);
      return {
        names: services.map((service) => ({ service: names.serviceOf(service), instance: null })),
        extent: null,
        topology: null,
        gaps: [],
      };
    }),
    sources: [
      {
        name: from,
        modality: "trace",
        fetch: guarded((query, signal) => server.read(query, names, signal)),
        probe: guardedProbe((signal) => server.probe(signal)),
      },
    ],
    about: (signal) => stoppable(signal, () => server.about(signal)),
    close: () => http.close(),
  };
}
