import { z } from "zod";
import { FilesOptions, openFiles } from "./files/index.ts";

/** Every telemetry system there is a connector for, by the `type` in the configuration. */
export const connectors = {
  files: { options: FilesOptions, open: openFiles },
} as const;

/** One entry of `sources` in the configuration. */
export const SourceOptions = z.discriminatedUnion("type", [connectors.files.options]);
export type SourceOptions = z.infer<typeof SourceOptions>;
