import { openToolbox } from "../compose.ts";
import type { Config } from "../config.ts";
import { takeInventory } from "../pipeline/collect.ts";

/** Every service that the telemetry names. */
export async function serviceNames(config: Config, signal: AbortSignal): Promise<readonly string[]> {
  const toolbox = await openToolbox(config);
  try {
    return (await takeInventory(toolbox, signal)).services;
  } finally {
    await toolbox.close();
  }
}
