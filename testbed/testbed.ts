import { appendFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startGuardian } from "./guardian.ts";
import {
  callEdges,
  instanceNames,
  type ServiceName,
  type StoreName,
  services as servicePlans,
  storeInstance,
  storeNames,
} from "./hotel.ts";
import { type Load, startLoad } from "./load.ts";
import type { Routes, ServiceOptions, TelemetryOptions } from "./messages.ts";
import { type Random, xoshiro128 } from "./random.ts";
import { seedCommands } from "./seed-data.ts";
import { type ServiceProcess, superviseService } from "./service-process.ts";
import { type StoreProcess, startStore } from "./store-process.ts";
import { watchStore } from "./store-watch.ts";
import { type Disturbance, startProxy, type TcpProxy } from "./tcp-proxy.ts";
import { startTelemetry, type Telemetry } from "./telemetry.ts";
import { TestbedError } from "./testbed-error.ts";

export interface TestbedOptions {
  readonly seed: number;
  readonly requestsPerSecond: number;
  readonly telemetry: TelemetryOptions;
  /** The frontend's port; a free one when left out. */
  readonly port?: number | undefined;
  readonly signal: AbortSignal;
}

/** The running hotel system. */
export interface Testbed {
  readonly address: string;
  readonly load: Load;
  instances(): readonly ServiceProcess[];
  service(name: ServiceName): readonly ServiceProcess[];
  store(name: StoreName): StoreProcess;
  /** What a service is configured with. */
  routes(service: ServiceName): Routes;
  /** Leads every call of `caller` to `callee` over a bad way; returns what makes it good again. */
  disturb(caller: ServiceName, callee: string, disturbance: Disturbance): Promise<() => Promise<void>>;
  /** Whether every instance answers requests. */
  isUp(): boolean;
  /** What could not be written into the recording; null while all is well. */
  problem(): string | null;
  stop(): Promise<void>;
}

export const firstVersion = "1.0.0";
const readyTimeoutMs = 60_000;

/**
 * Starts stores, services and load, and records from then on.
 *
 * Throws: TestbedError when a port is taken or something does not start; nothing is left running then.
 */
export async function startTestbed(options: TestbedOptions): Promise<Testbed> {
  const folder = await mkdtemp(join(tmpdir(), "hotel-testbed-"));
  await writeFile(join(folder, "processes"), "");
  const guardian = startGuardian(folder);
  const closing: (() => Promise<unknown>)[] = [];
  let stopped: Promise<void> | null = null;
  const stop = () => {
    stopped ??= (async () => {
      for (const close of closing.reverse()) await close().catch(() => undefined);
      guardian.dismiss();
      await rm(folder, { recursive: true, force: true });
    })();
    return stopped;
  };
  try {
    return await started(options, folder, closing, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function started(
  options: TestbedOptions,
  folder: string,
  closing: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Testbed> {
  const { seed, telemetry } = options;
  const random = xoshiro128(seed);
  let problem: string | null = null;
  let startProblem: string | null = null;
  const failed = (what: string) => {
    problem ??= what;
  };
  const noteProcess = (pid: number, name: string) =>
    appendFileSync(join(folder, "processes"), `${pid} ${name}\n`);

  await prepareRecording(telemetry.folder);
  const stores = await startStores(folder, random, noteProcess, closing);
  const ports = await freePorts(servicePlans.flatMap(instanceNames), options.port);
  const deployed = deployedRoutes(ports, stores);
  const instances = servicePlans.flatMap((plan) =>
    instanceNames(plan).map((instance): ServiceProcess => {
      const initial: ServiceOptions = {
        service: plan.name,
        instance,
        version: firstVersion,
        port: ports.get(instance) ?? 0,
        routes: deployed,
        telemetry,
        defect: null,
      };
      const service = superviseService(plan, initial, {
        started: noteProcess,
        cannotListen: (name, why) => {
          startProblem ??= `${name} cannot listen on port ${ports.get(name)}: ${why}`;
        },
        cannotRecord: (_name, why) => failed(why),
      });
      closing.push(service.stop);
      return service;
    }),
  );
  closing.push(watchAll(instances, [...stores.values()], telemetry, failed));
  await allUp(instances, () => startProblem, options.signal);

  const address = deployed.frontend?.[0] ?? "";
  const load = startLoad({ requestsPerSecond: options.requestsPerSecond, address, random });
  closing.push(async () => load.stop());
  const service = (name: ServiceName) => instances.filter(({ plan }) => plan.name === name);
  return {
    address,
    load,
    instances: () => instances,
    service,
    store(name) {
      const found = stores.get(name);
      if (found === undefined) throw new Error(`there is no store "${name}"`);
      return found;
    },
    routes: () => deployed,
    async disturb(caller, callee, disturbance) {
      const proxies: TcpProxy[] = [];
      for (const target of deployed[callee] ?? []) {
        proxies.push(await startProxy(target, disturbance, random));
      }
      const bad = { ...deployed, [callee]: proxies.map(({ port }) => `127.0.0.1:${port}`) };
      for (const one of service(caller)) one.setRoutes(bad);
      const end = async () => {
        for (const one of service(caller)) one.setRoutes(deployed);
        await Promise.all(proxies.map((proxy) => proxy.close()));
      };
      closing.push(() => Promise.all(proxies.map((proxy) => proxy.close())));
      return end;
    },
    isUp: () => instances.every((one) => one.isUp()),
    problem: () => problem,
    stop,
  };
}

async function prepareRecording(folder: string): Promise<void> {
  const telemetry = join(folder, "telemetry");
  await mkdir(telemetry, { recursive: true });
  const edges = callEdges().map(({ caller, callee }) => `${caller},${callee}\n`);
  await writeFile(join(telemetry, "topology.csv"), `caller,callee\n${edges.join("")}`);
}

async function startStores(
  folder: string,
  random: Random,
  noteProcess: (pid: number, name: string) => void,
  closing: (() => Promise<unknown>)[],
): Promise<Map<StoreName, StoreProcess>> {
  const ports = await freePorts(storeNames);
  const seeds = seedCommands(random);
  const stores = new Map<StoreName, StoreProcess>();
  for (const name of storeNames) {
    const store = await startStore(name, ports.get(name) ?? 0, folder, noteProcess);
    closing.push(store.stop);
    for (const command of seeds[name] ?? []) await store.administer(...command);
    stores.set(name, store);
  }
  return stores;
}

function deployedRoutes(
  ports: ReadonlyMap<string, number>,
  stores: ReadonlyMap<StoreName, StoreProcess>,
): Routes {
  const routes: Record<string, string[]> = {};
  for (const plan of servicePlans) {
    routes[plan.name] = instanceNames(plan).map((instance) => `127.0.0.1:${ports.get(instance)}`);
  }
  for (const { name, port } of stores.values()) routes[name] = [`127.0.0.1:${port}`];
  return routes;
}

/** Ports that nobody listens on, found by listening on all of them at once. */
async function freePorts(names: readonly string[], first?: number): Promise<Map<string, number>> {
  const servers = names.map(() => createServer());
  const ports = new Map<string, number>();
  try {
    for (const [index, server] of servers.entries()) {
      const wanted = index === 0 && first !== undefined ? first : 0;
      await new Promise<void>((resolve, reject) => {
        server.once("error", (cause) =>
          reject(
            new TestbedError(
              `Port ${wanted} is in use. Choose another with --port, or leave it out for a free one.`,
              { cause },
            ),
          ),
        );
        server.listen(wanted, "127.0.0.1", resolve);
      });
      const address = server.address();
      if (address !== null && typeof address !== "string") ports.set(names[index] ?? "", address.port);
    }
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
  return ports;
}

/** What a platform sees of its containers, and exporters of stores. Returns what ends it. */
function watchAll(
  instances: readonly ServiceProcess[],
  stores: readonly StoreProcess[],
  options: TelemetryOptions,
  failed: (problem: string) => void,
): () => Promise<void> {
  const open: Telemetry[] = [];
  const telemetryOf = (service: string, instance: string) => {
    const identity = { service, instance, file: `platform-${instance}`, version: firstVersion };
    const one = startTelemetry(identity, options, failed);
    open.push(one);
    return one;
  };
  for (const { plan, instance, isUp, restarts } of instances) {
    const { meter } = telemetryOf(plan.name, instance);
    meter.createObservableGauge("up").addCallback((result) => result.observe(isUp() ? 1 : 0));
    meter
      .createObservableCounter("restarts", { unit: "restarts" })
      .addCallback((result) => result.observe(restarts()));
  }
  const watches = stores.map((store) =>
    watchStore(store, telemetryOf(store.name, storeInstance(store.name))),
  );
  const timer = setInterval(() => {
    for (const watch of watches) void watch.look().catch((error: unknown) => failed(String(error)));
  }, options.metricStepMs);
  return async () => {
    clearInterval(timer);
    await Promise.all(open.map((one) => one.close()));
  };
}

async function allUp(
  instances: readonly ServiceProcess[],
  startProblem: () => string | null,
  signal: AbortSignal,
): Promise<void> {
  const until = performance.now() + readyTimeoutMs;
  while (!instances.every((service) => service.isUp())) {
    const why = startProblem();
    if (why !== null) throw new TestbedError(`${why}. Try again; ports are chosen anew.`);
    if (signal.aborted) throw new TestbedError("The testbed was stopped while it started.");
    if (performance.now() > until) {
      const missing = instances.filter((service) => !service.isUp()).map(({ instance }) => instance);
      throw new TestbedError(`${missing.join(", ")} did not start within ${readyTimeoutMs / 1_000} s.`);
    }
    await sleep(50);
  }
}
