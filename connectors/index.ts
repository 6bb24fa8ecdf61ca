import { z } from "zod";
import type { Connector, Surroundings } from "./connector.ts";
import { FilesOptions, openFiles } from "./files/index.ts";
import { PrometheusOptions } from "./prometheus/options.ts";

/** One entry of `sources` in the configuration, by its `type`. */
export const SourceOptions = z.discriminatedUnion("type", [FilesOptions, PrometheusOptions]);
export type SourceOptions = z.infer<typeof SourceOptions>;

/**
 * Opens one source; its code is loaded now. What reads over the network opens without a word to its
 * backend: one that is down is a gap of the diagnosis and must not stop the program.
 *
 * Throws: BotError "source-invalid", "source-unavailable" or "config-invalid".
 */
export async function openConnector(options: SourceOptions, surroundings: Surroundings): Promise<Connector> {
  switch (options.type) {
    case "files":
      return openFiles(options);
    case "prometheus":
      return (await import("./prometheus/index.ts")).openPrometheus(options, surroundings);
  }
}

/** What a source is called in replies. */
export function sourceName(options: SourceOptions): string {
  if (options.name !== undefined) return options.name;
  return options.type === "files" ? options.path : new URL(options.url).host;
}
