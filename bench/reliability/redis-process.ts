import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "./local-http.ts";

export interface RedisProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: () => number | null;
  /** Whether it is away, or was a moment ago. */
  readonly wasAway: () => boolean;
  /** Ends it without a word; it is started again on the same files after `awayMs`. Resolves when it answers. */
  kill(awayMs: number): Promise<void>;
  close(): Promise<void>;
}

/** How often what was written reaches the disk. */
export type Fsync = "always" | "everysec";

const executable = "redis-server";
/** A program that was started while Redis was away may say so some seconds later. */
const awayEchoMs = 5_000;
const readyTries = 500;

/** A `redis-server` with an append-only file in `folder`, on a free port of the loopback. */
export async function startRedis(folder: string, fsync: Fsync): Promise<RedisProcess> {
  const port = await freePort();
  const words = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  let child: ChildProcess | null = null;
  let backAt = Number.NEGATIVE_INFINITY;

  async function start(): Promise<void> {
    const started = spawn(executable, [...words, "--appendonly", "yes", "--appendfsync", fsync], {
      stdio: "ignore",
    });
    started.once("error", () => undefined);
    await answering(port, started);
    child = started;
    backAt = performance.now();
  }

  async function end(): Promise<void> {
    const last = child;
    child = null;
    if (last === null || last.exitCode !== null || last.signalCode !== null) return;
    const gone = once(last, "exit");
    last.kill("SIGKILL");
    await gone;
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: () => child?.pid ?? null,
    wasAway: () => child === null || performance.now() - backAt < awayEchoMs,
    async kill(awayMs) {
      await end();
      await sleep(awayMs);
      await start();
    },
    close: end,
  };
}

async function answering(port: number, server: ChildProcess): Promise<void> {
  const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on("error", () => undefined);
  try {
    for (let tries = 0; tries < readyTries; tries++) {
      if (server.exitCode !== null || server.pid === undefined) break;
      const isThere = await Promise.race([client.ping().then(() => true), sleep(50, false)]);
      if (isThere) return;
    }
  } finally {
    client.disconnect();
  }
  throw new Error("redis-server did not start: is it installed?");
}
