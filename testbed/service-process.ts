import { type ChildProcess, fork } from "node:child_process";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { ServicePlan } from "./hotel.ts";
import type { Defect, Routes, ServiceCommand, ServiceOptions, ServiceReport } from "./messages.ts";

const program = fileURLToPath(new URL("./service-main.js", import.meta.url));
/** Below other work on the machine. */
const niceness = 5;
const heapMb = 160;
const shortestBackoffMs = 1_000;
const longestBackoffMs = 8_000;
/** One that ran this long was fine: the next start does not wait longer than the first. */
const settledMs = 20_000;
const stopTimeoutMs = 4_000;

/** One instance, started again whenever it ends, as a container platform does. */
export interface ServiceProcess {
  readonly plan: ServicePlan;
  readonly instance: string;
  readonly port: number;
  pid(): number | null;
  isUp(): boolean;
  restarts(): number;
  /** Takes effect in the running process and in those after it. */
  setRoutes(routes: Routes): void;
  setDefect(defect: Defect | null): void;
  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** Ends it and starts it anew, with what is changed. No restart is counted. */
  redeploy(change: Partial<Pick<ServiceOptions, "version" | "routes" | "defect">>): Promise<void>;
  /** Keeps it from being started again until `redeploy`. */
  takeDown(): Promise<void>;
  stop(): Promise<void>;
}

export interface Events {
  started(pid: number, name: string): void;
  cannotListen(instance: string, problem: string): void;
  cannotRecord(instance: string, problem: string): void;
}

export function superviseService(plan: ServicePlan, initial: ServiceOptions, events: Events): ServiceProcess {
  let options = initial;
  let child: ChildProcess | null = null;
  let up = false;
  let wanted = true;
  let restarts = 0;
  let backoffMs = shortestBackoffMs;
  let timer: NodeJS.Timeout | undefined;

  function start(): void {
    clearTimeout(timer);
    const startedAt = performance.now();
    const process_ = fork(program, [JSON.stringify(options)], {
      execArgv: [`--max-old-space-size=${heapMb}`],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child = process_;
    if (process_.pid !== undefined) {
      events.started(process_.pid, options.instance);
      lowerPriority(process_.pid);
    }
    process_.on("error", () => undefined);
    process_.on("message", (message: ServiceReport) => {
      if (message.kind === "ready") up = true;
      else if (message.kind === "cannot-listen") events.cannotListen(options.instance, message.problem);
      else events.cannotRecord(options.instance, message.problem);
    });
    process_.once("exit", () => {
      if (child !== process_) return;
      child = null;
      up = false;
      if (!wanted) return;
      backoffMs =
        performance.now() - startedAt > settledMs
          ? shortestBackoffMs
          : Math.min(longestBackoffMs, backoffMs * 2);
      timer = setTimeout(() => {
        restarts++;
        start();
      }, backoffMs);
    });
  }

  async function end(): Promise<void> {
    wanted = false;
    clearTimeout(timer);
    const process_ = child;
    if (process_ === null || process_.exitCode !== null || process_.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const forced = setTimeout(() => process_.kill("SIGKILL"), stopTimeoutMs);
      process_.once("exit", () => {
        clearTimeout(forced);
        resolve();
      });
      process_.kill("SIGCONT");
      send(process_, { kind: "stop" });
    });
  }

  start();
  return {
    plan,
    instance: options.instance,
    port: options.port,
    pid: () => child?.pid ?? null,
    isUp: () => up,
    restarts: () => restarts,
    setRoutes(routes) {
      options = { ...options, routes };
      if (child !== null) send(child, { kind: "routes", routes });
    },
    setDefect(defect) {
      options = { ...options, defect };
      if (child !== null) send(child, { kind: "defect", defect });
    },
    kill: (signal) => void child?.kill(signal),
    async redeploy(change) {
      await end();
      options = { ...options, ...change };
      wanted = true;
      backoffMs = shortestBackoffMs;
      start();
    },
    takeDown: end,
    stop: end,
  };
}

function send(child: ChildProcess, command: ServiceCommand): void {
  // It may be ending at this very moment.
  if (child.connected) child.send(command, () => undefined);
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already; its exit says so.
  }
}
