import type { ChatSurface } from "./bot/surface.ts";
import type { Config } from "./config.ts";

/** The chats of a configuration, not started yet. */
export async function openSurfaces(_config: Config): Promise<ChatSurface[]> {
  return [];
}
