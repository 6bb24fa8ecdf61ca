import { asBotError } from "../../pipeline/errors.ts";
import type { Connector, Surroundings } from "../connector.ts";
import { httpClient } from "../http/client.ts";
import { guarded, guardedProbe, networkInventory } from "../network-source.ts";
import { jaeger } from "./jaeger.ts";
import type { JaegerOptions } from "./jaeger-options.ts";
import { readTraces } from "./trace-search.ts";

/** Who called whom in this time. */
const dependenciesMs = 24 * 3_600_000;

/** Throws: BotError "config-invalid" when a secret or certificate is not there. Sends nothing yet. */
export function openJaeger(options: JaegerOptions, { readSecret, names, clock }: Surroundings): Connector {
  const name = options.name ?? new URL(options.url).host;
  const http = httpClient(name, options, readSecret);
  const from = `${name} traces`;
  const server = jaeger(http, { from, api: options.api, pageSize: options.pageSize });
  return {
    name,
    inventory: networkInventory(name, "trace", http, clock, async (now, signal) => {
      const services = (await server.services(signal)).map(names.serviceOf);
      const found = services.map((service) => ({ service, instance: null }));
      try {
        const calls = await server.dependencies({ start: now - dependenciesMs, end: now }, signal);
        const edges = calls.map((edge) => ({
          ...edge,
          caller: names.serviceOf(edge.caller),
          callee: names.serviceOf(edge.callee),
        }));
        const topology = edges.length === 0 ? null : { services, edges };
        return { names: found, extent: null, topology, gaps: [] };
      } catch (error) {
        // Not every store has them; calls are seen in the traces as well.
        const failure = asBotError(error);
        if (failure === null || failure.code === "cancelled") throw error;
        const detail = `${name} does not tell who calls whom: ${failure.message}`;
        return {
          names: found,
          extent: null,
          topology: null,
          gaps: [{ from: name, reason: "missing", detail }],
        };
      }
    }),
    sources: [
      {
        name: from,
        modality: "trace",
        fetch: guarded((query, signal) => readTraces(server, from, query, names, signal)),
        probe: guardedProbe((signal) => server.services(signal)),
      },
    ],
    about: async (signal) => {
      await server.services(signal);
      return `Jaeger, API ${options.api}`;
    },
    close: () => http.close(),
  };
}
