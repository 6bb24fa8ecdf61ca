import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Measure } from "./measured.ts";
import { CallError, messageOf } from "./request.ts";

const commandTimeoutMs = 900;
const connectTimeoutMs = 1_000;
const reconnectMs = 250;
/** What a server says that is there and refuses. */
const refused = /NOAUTH|WRONGPASS|NOPERM|OOM|max number of clients|READONLY|LOADING/;

export interface StoreConnection {
  send(command: string, words: readonly (string | number)[]): Promise<unknown>;
  /** Resolves when the store has answered. Throws: CallError when it has not within `withinMs`. */
  reached(withinMs: number): Promise<void>;
  close(): void;
}

/**
 * One connection to a store, made again for as long as it is lost; what is asked meanwhile fails at once,
 * in the words of the drivers that such services use.
 */
export function connectStore(name: string, address: string, measure: Measure): StoreConnection {
  const [host = "", port = ""] = address.split(":");
  const client = new Redis({
    host,
    port: Number(port),
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // Redis before 7.2 answers it with an error, which would count among the store's errors.
    disableClientInfo: true,
    retryStrategy: () => reconnectMs,
  });
  // A server that lets nobody in says why while the connection is made, not to the command that fails.
  let refusal: string | null = null;
  client.on("ready", () => {
    refusal = null;
  });
  client.on("error", (error) => {
    if (refused.test(error.message)) refusal = error.message;
  });
  const told = (error: unknown) => failureOf(name, refusal ?? messageOf(error));
  return {
    send: (command, words) =>
      measure(`${command.toUpperCase()} ${name}`, name, async () => {
        try {
          return await client.call(command, ...words);
        } catch (error) {
          throw told(error);
        }
      }),
    async reached(withinMs) {
      const until = performance.now() + withinMs;
      let failure = new CallError("refused", refusal ?? "no reachable servers");
      while (performance.now() < until) {
        if (client.status === "ready") {
          try {
            await client.call("PING");
            return;
          } catch (error) {
            failure = told(error);
          }
        }
        await sleep(50);
      }
      throw refusal === null ? failure : told(refusal);
    },
    close: () => client.disconnect(),
  };
}

function failureOf(name: string, message: string): CallError {
  if (/timed out/i.test(message)) return new CallError("deadline", `${name}: i/o timeout`);
  return new CallError("failed", `${name}: ${refused.test(message) ? message : "no reachable servers"}`);
}
