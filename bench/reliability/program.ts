import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export type ProgramRole = "bot" | "worker";

export interface ProgramOptions {
  readonly role: ProgramRole;
  /** "bot 1", for what is told of it. */
  readonly name: string;
  readonly configFile: string;
  /** Node's words in place of `localexpert start`'s. */
  readonly words?: readonly string[];
  /** Whether the program may end by itself now: without Redis it does not start. */
  readonly mayEnd: () => boolean;
}

/** One `localexpert start`, started again whenever it ends, as a supervisor does. */
export interface Program {
  readonly role: ProgramRole;
  readonly name: string;
  /** Null between an end and the next start. */
  readonly pid: () => number | null;
  /** Ends it without a word, or as `signal` says; it is started again after `awayMs`. */
  end(signal: "SIGKILL" | "SIGTERM", awayMs: number): void;
  /** Stops its clock for a while. */
  pause(forMs: number): void;
  /** Resolves when it has said that it runs. */
  ready(): Promise<void>;
  /** What it said of trouble, and ends that nobody planned. */
  readonly troubles: readonly string[];
  readonly crashes: readonly string[];
  close(): Promise<void>;
}

const main = ["../../dist/main.js", "../../main.js"]
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find(existsSync);
const againMs = 300;
/** In seconds; a program that takes longer to end is stuck. */
const longestEndMs = 30_000;

export function startProgram({ role, name, configFile, words, mayEnd }: ProgramOptions): Program {
  if (main === undefined) throw new Error("The program is not built: node setup.mjs builds it.");
  const spoken = words ?? [main, "start", "--role", role, "--config", configFile];
  const troubles: string[] = [];
  const crashes: string[] = [];
  let child: ChildProcess | null = null;
  let isReady = Promise.resolve();
  let ended = Promise.resolve();
  let isClosing = false;
  let planned: { readonly awayMs: number } | null = null;

  function start(): void {
    planned = null;
    // The environment may name another Redis, which is not ours to kill.
    const bare = ["-u", "REDIS_URL", "-u", "LOCALEXPERT_STATE", process.execPath];
    const started = spawn("env", [...bare, ...spoken], { stdio: ["ignore", "pipe", "pipe"] });
    child = started;
    let said = "";
    isReady = new Promise((resolve) => {
      started.stdout.on("data", (data) => {
        said += String(data);
        if (said.includes("LocaleXpert runs as")) resolve();
      });
    });
    let complained = "";
    started.stderr.on("data", (data) => {
      complained = (complained + String(data)).slice(-4_000);
      for (const line of String(data).split("\n")) if (line.trim() !== "") troubles.push(`${name}: ${line}`);
    });
    ended = once(started, "close").then(async ([code, signal]) => {
      child = null;
      if (isClosing) {
        if (code !== 130)
          crashes.push(`${name} ended with ${code ?? signal} when it was stopped: ${complained}`);
        return;
      }
      if (planned === null && !mayEnd()) crashes.push(`${name} ended with ${code ?? signal}: ${complained}`);
      await sleep(planned?.awayMs ?? againMs);
      if (!isClosing) start();
    });
  }

  start();
  return {
    role,
    name,
    pid: () => child?.pid ?? null,
    troubles,
    crashes,
    end(signal, awayMs) {
      if (child === null) return;
      planned = { awayMs };
      child.kill(signal);
    },
    pause(forMs) {
      const paused = child;
      if (paused === null) return;
      paused.kill("SIGSTOP");
      setTimeout(() => paused.kill("SIGCONT"), forMs);
    },
    async ready() {
      for (let current: ChildProcess | null = null; current === null || current !== child; ) {
        while (child === null) await sleep(20);
        current = child;
        await Promise.race([isReady, ended]);
      }
    },
    async close() {
      isClosing = true;
      const last = child;
      last?.kill("SIGCONT");
      last?.kill("SIGTERM");
      const timer = setTimeout(() => last?.kill("SIGKILL"), longestEndMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
