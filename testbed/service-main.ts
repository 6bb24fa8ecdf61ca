import { context, propagation } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { type Caller, caller } from "./call.ts";
import { processDefects } from "./defects.ts";
import { planOf, type ServicePlan } from "./hotel.ts";
import { serviceServer } from "./listen.ts";
import { measuredCalls } from "./measured.ts";
import type { Routes, ServiceCommand, ServiceOptions, ServiceReport } from "./messages.ts";
import { observeProcess } from "./process-metrics.ts";
import { CallError, messageOf, type Tools } from "./request.ts";
import { handlersOf } from "./services/index.ts";
import { connectStore, type StoreConnection } from "./store-connection.ts";
import { startTelemetry, type Telemetry } from "./telemetry.ts";

/** The process of one instance of one service. Its options are its one argument; it ends with its parent. */
const dialMs = 3_000;
/** A store that is gone for this long is given up. */
const giveUpMs = 4_000;
const panicCode = 2;

function report(message: ServiceReport): void {
  process.send?.(message);
}

function endWith(telemetry: Telemetry, code: number): void {
  void telemetry.close().finally(() => process.exit(code));
}

async function main(options: ServiceOptions): Promise<void> {
  const plan = planOf(options.service);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const telemetry = startTelemetry({ ...options, file: options.instance }, options.telemetry, (problem) =>
    report({ kind: "cannot-record", problem }),
  );
  const { log } = telemetry;
  process.on("uncaughtException", (error) => {
    const place =
      error.stack
        ?.split("\n")[1]
        ?.trim()
        .replace(/\(?file:.*\/testbed\//, "(") ?? "";
    log("FATAL", `panic: ${error.message} ${place}`);
    endWith(telemetry, panicCode);
  });
  log("INFO", `starting ${options.service} ${options.version}`);

  observeProcess(telemetry.meter);
  const measure = measuredCalls(telemetry, [...plan.calls, ...plan.stores]);
  const others = caller(options.routes, measure);
  const stores = storeConnections(plan, options.routes, measure);
  const storeAddress = options.routes[plan.stores.at(-1) ?? ""]?.[0] ?? null;
  const defects = processDefects(storeAddress);
  const tools: Tools = {
    telemetry,
    call: others.call,
    store: (name, command, ...words) => stores.send(name, command, words),
    bug: defects.bug,
  };
  listenToParent(telemetry, others, stores, defects.set);
  if (plan.panicsWithoutStore) await dial(stores, telemetry, plan);
  defects.set(options.defect);

  const server = serviceServer(options.service, handlersOf[options.service], tools);
  server.on("error", (error) => report({ kind: "cannot-listen", problem: messageOf(error) }));
  server.listen(options.port, "127.0.0.1", () => {
    log("INFO", `${options.service} serves requests`);
    report({ kind: "ready" });
  });
}

interface Stores {
  send(name: string, command: string, words: readonly (string | number)[]): Promise<unknown>;
  reached(withinMs: number): Promise<void>;
  reroute(routes: Routes): void;
}

function storeConnections(
  plan: ServicePlan,
  initial: Routes,
  measure: Parameters<typeof connectStore>[2],
): Stores {
  const open = (routes: Routes) =>
    new Map<string, StoreConnection>(
      plan.stores.map((name) => [name, connectStore(name, routes[name]?.[0] ?? "", measure)]),
    );
  let connections = open(initial);
  return {
    async send(name, command, words) {
      const connection = connections.get(name);
      if (connection === undefined) throw new CallError("failed", `no store ${name} is configured`);
      return connection.send(command, words);
    },
    async reached(withinMs) {
      await Promise.all([...connections.values()].map((connection) => connection.reached(withinMs)));
    },
    reroute(routes) {
      for (const connection of connections.values()) connection.close();
      connections = open(routes);
    },
  };
}

/** As in the original, a service that finds no store gives up; whoever started it starts it again. */
async function dial(stores: Stores, telemetry: Telemetry, plan: ServicePlan): Promise<void> {
  const panic = (error: unknown) => {
    telemetry.log("FATAL", `panic: ${messageOf(error)}`);
    endWith(telemetry, panicCode);
  };
  telemetry.log("INFO", `dialing ${plan.stores.join(", ")}`);
  try {
    await stores.reached(dialMs);
  } catch (error) {
    panic(error);
    // The process ends; nothing must be served meanwhile.
    await new Promise(() => undefined);
  }
  let lastSeen = performance.now();
  setInterval(() => {
    stores.reached(1_000).then(
      () => {
        lastSeen = performance.now();
      },
      (error: unknown) => {
        if (performance.now() - lastSeen > giveUpMs) panic(error);
      },
    );
  }, 1_000);
}

function listenToParent(
  telemetry: Telemetry,
  others: Caller,
  stores: Stores,
  setDefect: ReturnType<typeof processDefects>["set"],
): void {
  // Whatever became of the parent: nobody else would end this process.
  process.on("disconnect", () => process.exit(0));
  // Ctrl-C reaches the whole group; the parent ends its children in order.
  process.on("SIGINT", () => undefined);
  process.on("message", (command: ServiceCommand) => {
    switch (command.kind) {
      case "routes":
        others.reroute(command.routes);
        stores.reroute(command.routes);
        break;
      case "defect":
        setDefect(command.defect);
        break;
      case "stop":
        endWith(telemetry, 0);
        break;
    }
  });
}

const given = process.argv[2];
if (given === undefined || process.send === undefined) {
  process.stderr.write('error: This is a part of the testbed. Run "npm run testbed -- up".\n');
  process.exit(2);
}
await main(JSON.parse(given));
