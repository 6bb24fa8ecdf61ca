import { setTimeout as sleep } from "node:timers/promises";
import type { ChatMessage } from "./surface.ts";

/** Messages on their way into the inbox. */
export interface Arrivals {
  /** Takes a message in as `save` does, and counts it while that goes on. */
  take(message: ChatMessage, save: (message: ChatMessage) => Promise<void>): Promise<void>;
  /** Resolves when none is on its way, or after a second: no stream of messages may keep answers back for ever. */
  taken(): Promise<void>;
}

const longestMs = 1_000;
const lookMs = 10;

/**
 * Lets messages that arrive go before the work that earlier ones make: a chat waits three seconds for its
 * acknowledgement, an answer may take a moment more.
 */
export function arrivals(): Arrivals {
  let onTheirWay = 0;
  return {
    async take(message, save) {
      onTheirWay += 1;
      try {
        await save(message);
      } finally {
        onTheirWay -= 1;
      }
    },
    async taken() {
      const end = performance.now() + longestMs;
      while (onTheirWay > 0 && performance.now() < end) await sleep(lookMs);
    },
  };
}
