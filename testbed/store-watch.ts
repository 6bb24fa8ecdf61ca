import { open } from "node:fs/promises";
import type { Meter, ObservableResult } from "@opentelemetry/api";
import type { StoreProcess } from "./store-process.ts";
import type { LogLevel, Telemetry } from "./telemetry.ts";

const megabyte = 1024 * 1024;
/** Redis' own marks: "." debug, "-" verbose, "*" notice, "#" warning. */
const levels: Readonly<Record<string, LogLevel>> = { ".": "INFO", "-": "INFO", "*": "INFO", "#": "WARN" };
const logLine = /^\d+:[A-Z] (\d+ \w+ \d+ [\d:.]+) ([.*#-]) (.*)$/;
/** The heartbeat, and what this exporter's own connections cause. */
const chatter = /^\d+ clients connected|^DB \d+:|^Client closed connection|^Accepted /;

export interface StoreWatch {
  /** Asks the server for its figures once, and passes its log on. */
  look(): Promise<void>;
}

/** One look at a server; null where it did not answer, so that no old figure stands for a new one. */
type Figures = ReadonlyMap<string, number> | null;

/** An exporter beside one store, as redis_exporter and a log shipper are. */
export function watchStore(store: StoreProcess, telemetry: Telemetry): StoreWatch {
  let latest: Figures | undefined;
  let logOffset = 0;
  observe(telemetry.meter, () => latest);

  async function passLogOn(): Promise<void> {
    const text = await textFrom(store.logPath, logOffset);
    const end = text.lastIndexOf("\n") + 1;
    logOffset += Buffer.byteLength(text.slice(0, end));
    for (const line of text.slice(0, end).split("\n")) {
      const [, at = "", mark = "", body = ""] = logLine.exec(line) ?? [];
      if (body === "" || chatter.test(body)) continue;
      telemetry.log(levels[mark] ?? "INFO", body, Date.parse(at));
    }
  }

  return {
    async look() {
      await passLogOn();
      latest = await figuresOf(store).catch(() => null);
    },
  };
}

async function figuresOf(store: StoreProcess): Promise<Figures> {
  const started = performance.now();
  const info = fieldsOf(String(await store.administer("INFO", "everything")));
  const pingMs = performance.now() - started;
  // "db0:keys=80,expires=0,…", and no line at all where there are none.
  const keys = Number(/^keys=(\d+)/.exec(info.get("db0") ?? "")?.[1] ?? 0);
  const number = (name: string) => Number(info.get(name) ?? 0);
  return new Map([
    ["store.ping.duration", pingMs],
    // Less the connection that asks.
    ["store.connections", Math.max(0, number("connected_clients") - 1)],
    ["store.memory", number("used_memory") / megabyte],
    ["store.keys", keys],
    ["store.commands", number("total_commands_processed")],
    ["store.cpu", number("used_cpu_user") + number("used_cpu_sys")],
    ["store.misses", number("keyspace_misses")],
    ["store.rejected.connections", number("rejected_connections")],
    ["store.error.replies", number("total_error_replies")],
  ]);
}

const gaugeUnits = {
  "store.ping.duration": "ms",
  "store.connections": "connections",
  "store.memory": "MiB",
  "store.keys": "keys",
} as const;
const counterUnits = {
  "store.commands": "commands",
  "store.cpu": "s",
  "store.misses": "keys",
  "store.rejected.connections": "connections",
  "store.error.replies": "replies",
} as const;

/** Before the first look there is nothing to tell. */
function observe(meter: Meter, latest: () => Figures | undefined): void {
  meter.createObservableGauge("up", { unit: "" }).addCallback((result) => {
    const figures = latest();
    if (figures !== undefined) result.observe(figures === null ? 0 : 1);
  });
  const told = (name: string) => (result: ObservableResult) => {
    const value = latest()?.get(name);
    if (value !== undefined) result.observe(value);
  };
  for (const [name, unit] of Object.entries(gaugeUnits)) {
    meter.createObservableGauge(name, { unit }).addCallback(told(name));
  }
  for (const [name, unit] of Object.entries(counterUnits)) {
    meter.createObservableCounter(name, { unit }).addCallback(told(name));
  }
}

function fieldsOf(info: string): Map<string, string> {
  return new Map(
    info.split("\r\n").flatMap((line) => {
      const colon = line.indexOf(":");
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    }),
  );
}

async function textFrom(path: string, offset: number): Promise<string> {
  const file = await open(path).catch(() => null);
  if (file === null) return "";
  try {
    const { size } = await file.stat();
    if (size <= offset) return "";
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - offset), 0, size - offset, offset);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
