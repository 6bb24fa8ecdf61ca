import { z } from "zod";
import { aiopslabBackends } from "./aiopslab/backends.ts";
import { AiopslabOptions } from "./aiopslab/options.ts";
import type { Connector, Surroundings } from "./connector.ts";
import { FilesOptions, openFiles } from "./files/index.ts";
import { ElasticsearchOptions } from "./logs/elasticsearch-options.ts";
import { LokiOptions } from "./logs/loki-options.ts";
import { PrometheusOptions } from "./prometheus/options.ts";
import { JaegerOptions } from "./traces/jaeger-options.ts";
import { TempoOptions } from "./traces/tempo-options.ts";

/** One entry of `sources` in the configuration, by its `type`. */
export const SourceOptions = z.discriminatedUnion("type", [
  FilesOptions,
  PrometheusOptions,
  LokiOptions,
  ElasticsearchOptions,
  JaegerOptions,
  TempoOptions,
  AiopslabOptions,
]);
export type SourceOptions = z.infer<typeof SourceOptions>;
type BackendOptions = Exclude<SourceOptions, AiopslabOptions>;

/** What an entry stands for: a preset of several backends is one entry for each of them. */
export function backendsOf(options: SourceOptions): readonly BackendOptions[] {
  return options.type === "aiopslab" ? aiopslabBackends(options) : [options];
}

/**
 * Opens one source; its code is loaded now. What reads over the network opens without a word to its
 * backend: one that is down is a gap of the diagnosis and must not stop the program.
 *
 * Throws: BotError "source-invalid", "source-unavailable" or "config-invalid".
 */
export async function openConnector(options: BackendOptions, surroundings: Surroundings): Promise<Connector> {
  switch (options.type) {
    case "files":
      return openFiles(options, surroundings.names);
    case "prometheus":
      return (await import("./prometheus/index.ts")).openPrometheus(options, surroundings);
    case "loki":
      return (await import("./logs/open-loki.ts")).openLoki(options, surroundings);
    case "elasticsearch":
    case "opensearch":
      return (await import("./logs/open-elasticsearch.ts")).openElasticsearch(options, surroundings);
    case "jaeger":
      return (await import("./traces/open-jaeger.ts")).openJaeger(options, surroundings);
    case "tempo":
      return (await import("./traces/open-tempo.ts")).openTempo(options, surroundings);
  }
}

/** What a source is called in replies. */
export function sourceName(options: SourceOptions): string {
  if (options.type === "aiopslab") return options.name;
  if (options.name !== undefined) return options.name;
  return options.type === "files" ? options.path : new URL(options.url).host;
}
