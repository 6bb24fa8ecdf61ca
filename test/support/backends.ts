import type { Connector } from "../../connectors/connector.ts";
import { ElasticsearchOptions } from "../../connectors/logs/elasticsearch-options.ts";
import { LokiOptions } from "../../connectors/logs/loki-options.ts";
import { openElasticsearch } from "../../connectors/logs/open-elasticsearch.ts";
import { openLoki } from "../../connectors/logs/open-loki.ts";
import { openNames } from "../../connectors/names/names.ts";
import { JaegerOptions } from "../../connectors/traces/jaeger-options.ts";
import { openJaeger } from "../../connectors/traces/open-jaeger.ts";
import { openTempo } from "../../connectors/traces/open-tempo.ts";
import { TempoOptions } from "../../connectors/traces/tempo-options.ts";
import { demoLines, pushOtlpTraces, pushToElasticsearch, pushToLoki } from "./backend-data.ts";

/** A product there is a connector for: how it is opened, and how a real one is filled. */
export interface TestedBackend {
  readonly title: string;
  /** Names the server's address for live tests. */
  readonly variable: string;
  /** Names the address that takes spans as OTLP over HTTP, where that is another one. */
  readonly pushVariable: string | null;
  /** In test/unit/connectors/recorded/; null where no real server could be asked. */
  readonly recording: string | null;
  open(url: string, run: string): Connector;
  push(url: string, start: number, run: string): Promise<void>;
}

export const surroundings = {
  readSecret: () => "",
  names: openNames({ map: {}, aliases: {} }),
  clock: () => Date.now(),
};

/** Small pages, so that paging, ties and splitting are at work in every test. */
export const testedBackends: readonly TestedBackend[] = [
  {
    title: "Loki",
    variable: "LOKI_URL",
    pushVariable: null,
    recording: "loki.json",
    open: (url, run) =>
      openLoki(LokiOptions.parse({ type: "loki", url, selector: { run }, pageSize: 5 }), surroundings),
    push: (url, start, run) => pushToLoki(url, demoLines(start), { run }),
  },
  {
    title: "Elasticsearch or OpenSearch",
    variable: "ELASTICSEARCH_URL",
    pushVariable: null,
    recording: "opensearch.json",
    open: (url, run) =>
      openElasticsearch(
        ElasticsearchOptions.parse({ type: "elasticsearch", url, index: `logs-${run}*`, pageSize: 5 }),
        surroundings,
      ),
    push: (url, start, run) => pushToElasticsearch(url, `logs-${run}`, demoLines(start)),
  },
  ...(["v1", "v3"] as const).map((api) => ({
    title: `Jaeger by its API ${api}`,
    variable: "JAEGER_URL",
    pushVariable: "JAEGER_OTLP_URL",
    recording: `jaeger-${api}.json`,
    open: (url: string) =>
      openJaeger(JaegerOptions.parse({ type: "jaeger", url, api, pageSize: 4 }), surroundings),
    push: pushOtlpTraces,
  })),
  {
    title: "Tempo",
    variable: "TEMPO_URL",
    pushVariable: "TEMPO_OTLP_URL",
    recording: null,
    open: (url) => openTempo(TempoOptions.parse({ type: "tempo", url, pageSize: 3 }), surroundings),
    push: pushOtlpTraces,
  },
];
