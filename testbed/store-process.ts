import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { isCache, type StoreName } from "./hotel.ts";
import { messageOf } from "./request.ts";
import { TestbedError } from "./testbed-error.ts";

const executable = "redis-server";
const startTimeoutMs = 20_000;

/** A `redis-server` of its own. */
export interface StoreProcess {
  readonly name: StoreName;
  readonly port: number;
  readonly logPath: string;
  pid(): number | null;
  /** As an operator would, on a connection of its own. */
  administer(...command: readonly (string | number)[]): Promise<unknown>;
  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM"): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Throws: TestbedError when the server does not start, with its own last lines. */
export async function startStore(
  name: StoreName,
  port: number,
  folder: string,
  started: (pid: number, name: string) => void,
): Promise<StoreProcess> {
  const dir = join(folder, name);
  await mkdir(dir, { recursive: true });
  const logPath = join(dir, "redis.log");
  let child: ChildProcess | null = null;
  let password: string | null = null;

  async function connected<Result>(work: (client: Redis) => Promise<Result>): Promise<Result> {
    const client = new Redis({
      host: "127.0.0.1",
      port,
      ...(password === null ? {} : { password }),
      lazyConnect: true,
      connectTimeout: 1_000,
      commandTimeout: 2_000,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      disableClientInfo: true,
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await work(client);
    } finally {
      client.disconnect();
    }
  }

  async function start(): Promise<void> {
    password = null;
    const server = spawn(executable, serverArguments(name, port, dir, logPath), { stdio: "ignore" });
    let ended: string | null = null;
    server.once("error", (error) => {
      ended = messageOf(error);
    });
    server.once("exit", (code, signal) => {
      ended ??= signal === null ? `exit code ${code}` : `signal ${signal}`;
      if (child === server) child = null;
    });
    child = server;
    if (server.pid !== undefined) started(server.pid, name);
    const until = performance.now() + startTimeoutMs;
    while (performance.now() < until) {
      if (ended !== null) break;
      const answer = await connected((client) => client.ping()).catch(() => null);
      if (answer === "PONG") return;
      await sleep(50);
    }
    server.kill("SIGKILL");
    throw new TestbedError(
      `The store ${name} did not start on port ${port} (${ended ?? `no answer in ${startTimeoutMs / 1_000} s`}). ` +
        `It said: ${await lastLines(logPath)}. "node setup.mjs" installs ${executable} where it may.`,
    );
  }

  await start();
  return {
    name,
    port,
    logPath,
    pid: () => child?.pid ?? null,
    async administer(...[command = "", ...words]) {
      const result = await connected((client) => client.call(String(command), ...words));
      // From now on it asks for the password that was set.
      if (words[0] === "SET" && words[1] === "requirepass")
        password = words[2] === "" ? null : String(words[2]);
      return result;
    },
    kill: (signal) => void child?.kill(signal),
    start,
    async stop() {
      const server = child;
      if (server === null || server.exitCode !== null || server.signalCode !== null) return;
      const gone = once(server, "exit");
      server.kill("SIGCONT");
      server.kill("SIGKILL");
      await gone;
    },
  };
}

function serverArguments(name: StoreName, port: number, dir: string, logPath: string): string[] {
  const settings: Record<string, string> = {
    bind: "127.0.0.1",
    port: String(port),
    dir,
    logfile: logPath,
    loglevel: "verbose",
    daemonize: "no",
    databases: "1",
    save: "",
    // What a store holds outlives it; a cache begins empty.
    appendonly: isCache(name) ? "no" : "yes",
    maxclients: "64",
    "slowlog-log-slower-than": "10000",
  };
  return Object.entries(settings).flatMap(([option, value]) => [`--${option}`, value]);
}

async function lastLines(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.trim().split("\n").slice(-3).join(" | ") || "nothing";
}
