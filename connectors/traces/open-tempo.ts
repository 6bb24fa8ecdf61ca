import { z } from "zod";
import type { Connector, Surroundings } from "../connector.ts";
import { httpClient } from "../http/client.ts";
import { httpOptions } from "../http/options.ts";
import { guarded, guardedProbe, networkInventory, stoppable } from "../network-source.ts";
import { tempo, tempoPageSize, tempoTraces } from "./tempo.ts";

/** Services that had no span for so long are not in the inventory. */
const inventoryMs = 24 * 3_600_000;

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

/** Throws: BotError "config-invalid" when a secret or certificate is not there. Sends nothing yet. */
export function openTempo(options: TempoOptions, { readSecret, names, clock }: Surroundings): Connector {
  const name = options.name ?? "Tempo";
  const http = httpClient(name, options, readSecret);
  const from = `${name} traces`;
  const { pageSize, traces } = options;
  const server = tempo(http, { from, pageSize, traces });
  return {
    name,
    inventory: networkInventory(name, "trace", async (signal) => {
      const now = clock();
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
