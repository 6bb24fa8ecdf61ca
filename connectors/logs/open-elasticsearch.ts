import type { Connector, Surroundings } from "../connector.ts";
import { httpClient } from "../http/client.ts";
import { futureGaps } from "../http/clock-gap.ts";
import { guarded, guardedProbe, networkInventory, stoppable } from "../network-source.ts";
import { elasticsearch } from "./elasticsearch.ts";
import { elasticFields } from "./elasticsearch-fields.ts";
import type { ElasticsearchOptions } from "./elasticsearch-options.ts";
import { readLogPages } from "./log-budget.ts";
import { nameIn, withDefaults } from "./log-fields.ts";

/** Throws: BotError "config-invalid" when a secret or certificate is not there. Sends nothing yet. */
export function openElasticsearch(
  options: ElasticsearchOptions,
  { readSecret, names, clock }: Surroundings,
): Connector {
  const name = options.name ?? new URL(options.url).host;
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
    selector: options.selector,
    pageSize: options.pageSize,
    serviceOf: nameIn(names),
  });
  return {
    name,
    inventory: networkInventory(name, "log", http, clock, async (_, signal) => {
      const known = await server.survey(signal);
      return { ...known, topology: null, gaps: futureGaps(name, known.extent?.end ?? null, clock()) };
    }),
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
