import { setTimeout as sleep } from "node:timers/promises";
import {
  isCache,
  isServiceName,
  isStoreName,
  planOf,
  type ServiceName,
  type StoreName,
  serviceNames,
  services,
  storeNames,
} from "./hotel.ts";
import type { Defect } from "./messages.ts";
import { codeRegion, ofService, ofStore, ownerOf, type RootCause } from "./root-causes.ts";
import type { Disturbance } from "./tcp-proxy.ts";
import { firstVersion, type Testbed } from "./testbed.ts";
import { TestbedError } from "./testbed-error.ts";

/** Ends what a fault began. */
export type Mend = () => Promise<void>;

/** A kind of fault: where it can happen, how it is made to, and what a diagnosis must name then. */
export interface FaultType {
  readonly description: string;
  /** Services, stores, or edges "CALLER>CALLEE". */
  readonly targets: readonly string[];
  /** `share` of the usual strength, where a fault has one; 1 is what short incidents need. */
  inject(testbed: Testbed, target: string, share: number): Promise<Mend>;
  rootCauses(target: string): readonly RootCause[];
}

const withStore = services.filter(({ stores }) => stores.length > 0).map(({ name }) => name);
const withTwoInstances = services.filter(({ instances }) => instances > 1).map(({ name }) => name);
const callers = services.filter(({ calls }) => calls.length > 0);
const serviceEdges = callers.flatMap(({ name, calls }) => calls.map((callee) => `${name}>${callee}`));
const notFrontend = serviceNames.filter((name) => name !== "frontend");
const stores = storeNames.filter((name) => !isCache(name));
const caches = storeNames.filter(isCache);

const slowStop = { stoppedMs: 1_200, runningMs: 200 };
const flushEveryMs = 500;
const retryMs = 100;
const badVersion = "1.1.0";

/** All faults, by name. */
export const faultTypes = {
  "store-down": {
    description: "a store's server is killed",
    targets: storeNames,
    async inject(testbed, target) {
      const store = testbed.store(storeOf(target));
      store.kill("SIGKILL");
      return store.start;
    },
    // Nothing else uses the store, so whoever is sent to its service finds that it is gone.
    rootCauses(target) {
      const store = storeOf(target);
      return [...ofStore(store, "up"), ...ofService(ownerOf(store), `call_errors_to_${store}_total`)];
    },
  },
  "slow-dependency": {
    description: "a store stands still for most of the time; callers two hops above time out",
    targets: stores,
    async inject(testbed, target) {
      const store = testbed.store(storeOf(target));
      return repeated(async (signal) => {
        store.kill("SIGSTOP");
        await sleep(slowStop.stoppedMs, undefined, { signal }).finally(() => store.kill("SIGCONT"));
        await sleep(slowStop.runningMs, undefined, { signal });
      });
    },
    rootCauses: (target) => ofStore(storeOf(target), "store_ping_duration"),
  },
  "access-denied": {
    description: "a store asks for a password that its service does not have",
    targets: storeNames,
    async inject(testbed, target) {
      const store = testbed.store(storeOf(target));
      await store.administer("CONFIG", "SET", "requirepass", "changed");
      await store.administer("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      return async () => {
        await store.administer("CONFIG", "SET", "requirepass", "");
      };
    },
    // Two ends that do not fit together: the one that was changed, and the one that was not.
    rootCauses(target) {
      const store = storeOf(target);
      return [
        ...ofStore(store, "store_error_replies_total"),
        ...ofService(ownerOf(store), `call_errors_to_${store}_total`),
      ];
    },
  },
  "store-full": {
    description: "a store has no memory left and refuses to write",
    targets: ["reservation-store", ...caches],
    async inject(testbed, target) {
      const store = testbed.store(storeOf(target));
      if (isCache(storeOf(target))) await store.administer("FLUSHALL");
      await store.administer("CONFIG", "SET", "maxmemory", "1");
      return async () => {
        await store.administer("CONFIG", "SET", "maxmemory", "0");
      };
    },
    rootCauses: (target) => ofStore(storeOf(target), "store_error_replies_total"),
  },
  "cache-flush": {
    description: "a cache is emptied again and again",
    targets: caches,
    async inject(testbed, target) {
      const store = testbed.store(storeOf(target));
      return repeated(async (signal) => {
        await store.administer("FLUSHALL");
        await sleep(flushEveryMs, undefined, { signal });
      });
    },
    rootCauses: (target) => ofStore(storeOf(target), "store_keys", "store_misses_total"),
  },
  "service-down": {
    description: "all instances of a service end and are not started again",
    targets: notFrontend,
    async inject(testbed, target) {
      const instances = testbed.service(serviceOf(target));
      await Promise.all(instances.map((one) => one.takeDown()));
      return async () => {
        await Promise.all(instances.map((one) => one.redeploy({})));
      };
    },
    rootCauses: (target) => ofService(serviceOf(target), "up"),
  },
  "crash-loop": {
    description: "a service fails an assertion soon after each start",
    targets: notFrontend,
    inject: (testbed, target) => deployed(testbed, target, { kind: "crash", afterMs: 2_500 }, badVersion),
    rootCauses: (target) => ofService(serviceOf(target), "restarts_total", "up"),
  },
  "instance-hang": {
    description: "one instance stops answering, its connections stay open",
    targets: notFrontend,
    async inject(testbed, target) {
      const last = lastInstance(testbed, target);
      last.kill("SIGSTOP");
      return async () => last.kill("SIGCONT");
    },
    rootCauses: (target) => [{ service: target, pod: lastInstanceName(target) }],
  },
  "bad-instance": {
    description: "one instance of two fails most of its requests",
    targets: withTwoInstances,
    async inject(testbed, target) {
      const last = lastInstance(testbed, target);
      last.setDefect({ kind: "throw", share: 0.9 });
      return async () => last.setDefect(null);
    },
    rootCauses: (target) => [
      { service: target, pod: lastInstanceName(target), metric: "request_errors_total" },
    ],
  },
  "cpu-hog": {
    description: "a service's own thread computes for most of the time",
    targets: serviceNames,
    inject: (testbed, target) => spoiled(testbed, target, { kind: "burn", share: 0.6 }),
    rootCauses: (target) => ofService(serviceOf(target), "cpu_usage"),
  },
  "memory-leak": {
    description: "a service keeps what it should forget; collections take longer and longer",
    targets: serviceNames,
    async inject(testbed, target, share) {
      const mend = await spoiled(testbed, target, { kind: "leak", megabytesPerSecond: 2 * share });
      return async () => {
        await mend();
        // What was leaked is given back only by a new process.
        await Promise.all(testbed.service(serviceOf(target)).map((one) => one.redeploy({})));
      };
    },
    rootCauses: (target) => ofService(serviceOf(target), "heap_used", "memory_rss"),
  },
  "event-loop-stall": {
    description: "a service waits for something slow on its own thread",
    targets: serviceNames,
    inject: (testbed, target) => spoiled(testbed, target, { kind: "block", blockedMs: 350, everyMs: 500 }),
    rootCauses: (target) => ofService(serviceOf(target), "event_loop_delay_p99"),
  },
  "connection-leak": {
    description: "a service opens connections to its store and closes none, until the store refuses more",
    targets: withStore,
    inject: (testbed, target, share) =>
      spoiled(testbed, target, { kind: "hold-connections", perSecond: 4 * share }),
    rootCauses: (target) => ofService(serviceOf(target), "open_handles"),
  },
  exception: {
    description: "a service throws in the middle of its work",
    targets: serviceNames,
    inject: (testbed, target) => spoiled(testbed, target, { kind: "throw", share: 0.6 }),
    rootCauses: (target) => [codeRegion(serviceOf(target))],
  },
  "wrong-value": {
    description: "a service answers with wrong values",
    targets: notFrontend,
    inject: (testbed, target) => spoiled(testbed, target, { kind: "wrong-value" }),
    rootCauses: (target) => ofService(serviceOf(target)),
  },
  "buggy-deploy": {
    description: "a new version asks its store for the same again and again",
    targets: withStore,
    inject: (testbed, target) => deployed(testbed, target, { kind: "repeat-queries", times: 60 }, badVersion),
    rootCauses: (target) => ofService(serviceOf(target)),
  },
  "wrong-port": {
    description: "a service is deployed with the wrong port of one that it calls",
    targets: serviceEdges,
    async inject(testbed, target) {
      const [caller, callee] = edgeOf(target);
      const instances = testbed.service(caller);
      const routes = testbed.routes(caller);
      const wrong = { ...routes, [callee]: ["127.0.0.1:9"] };
      await Promise.all(instances.map((one) => one.redeploy({ routes: wrong })));
      return async () => {
        await Promise.all(instances.map((one) => one.redeploy({ routes })));
      };
    },
    rootCauses(target) {
      const [caller, callee] = edgeOf(target);
      return ofService(caller, `call_errors_to_${callee}_total`);
    },
  },
  "network-delay": {
    description: "the way from one service to another is slow",
    targets: serviceEdges,
    inject: (testbed, target) => disturbed(testbed, target, { delayMs: 250, jitterMs: 100, lossShare: 0 }),
    rootCauses: endsOfEdge,
  },
  "packet-loss": {
    description: "a third of what is sent from one service to another is lost and sent again",
    targets: serviceEdges,
    inject: (testbed, target) => disturbed(testbed, target, { delayMs: 0, jitterMs: 2, lossShare: 0.33 }),
    rootCauses: endsOfEdge,
  },
} as const satisfies Readonly<Record<string, FaultType>>;

export type FaultName = keyof typeof faultTypes;

/**
 * The fault of that name and its target. A service stands for its first store where the fault is one of
 * stores, and for the first edge that leads to it where it is one of edges.
 *
 * Throws: TestbedError that names what there is.
 */
export function findFault(
  name: string,
  target: string,
): { readonly fault: FaultType; readonly target: string } {
  const fault: FaultType | undefined = Object.entries(faultTypes).find(([known]) => known === name)?.[1];
  if (fault === undefined) {
    throw new TestbedError(`There is no fault "${name}". There are: ${Object.keys(faultTypes).join(", ")}.`);
  }
  const possible = [
    target,
    ...storesOf(target),
    ...fault.targets.filter((one) => one.endsWith(`>${target}`)),
  ];
  const found = possible.find((one) => fault.targets.includes(one));
  if (found === undefined) {
    throw new TestbedError(`"${name}" cannot happen to "${target}", but to: ${fault.targets.join(", ")}.`);
  }
  return { fault, target: found };
}

/** The main store first: a service can do without its cache. */
function storesOf(target: string): StoreName[] {
  return isServiceName(target) ? [...planOf(target).stores].reverse() : [];
}

function serviceOf(target: string): ServiceName {
  if (!isServiceName(target)) throw new Error(`${target} is no service`);
  return target;
}

function storeOf(target: string): StoreName {
  if (!isStoreName(target)) throw new Error(`${target} is no store`);
  return target;
}

function edgeOf(target: string): readonly [caller: ServiceName, callee: ServiceName] {
  const [caller = "", callee = ""] = target.split(">");
  return [serviceOf(caller), serviceOf(callee)];
}

/** An edge has two ends, and neither is more at fault than the other. */
function endsOfEdge(target: string): RootCause[] {
  const [caller, callee] = edgeOf(target);
  return [
    ...ofService(callee),
    ...ofService(caller, `call_duration_to_${callee}_p95`, `call_duration_to_${callee}_mean`),
  ];
}

function lastInstanceName(target: string): string {
  return `${target}-${planOf(target).instances - 1}`;
}

function lastInstance(testbed: Testbed, target: string) {
  const found = testbed.service(serviceOf(target)).at(-1);
  if (found === undefined) throw new Error(`${target} has no instance`);
  return found;
}

async function spoiled(testbed: Testbed, target: string, defect: Defect): Promise<Mend> {
  const instances = testbed.service(serviceOf(target));
  for (const one of instances) one.setDefect(defect);
  return async () => {
    for (const one of instances) one.setDefect(null);
  };
}

async function deployed(testbed: Testbed, target: string, defect: Defect, version: string): Promise<Mend> {
  const instances = testbed.service(serviceOf(target));
  await Promise.all(instances.map((one) => one.redeploy({ version, defect })));
  return async () => {
    await Promise.all(instances.map((one) => one.redeploy({ version: firstVersion, defect: null })));
  };
}

async function disturbed(testbed: Testbed, target: string, disturbance: Disturbance): Promise<Mend> {
  const [caller, callee] = edgeOf(target);
  return testbed.disturb(caller, callee, disturbance);
}

/** Does `work` again and again until mended. */
function repeated(work: (signal: AbortSignal) => Promise<void>): Mend {
  const stop = new AbortController();
  const ended = (async () => {
    while (!stop.signal.aborted) {
      // A store that does not answer for once is tried again, though not at once.
      await work(stop.signal).catch(() => sleep(retryMs));
    }
  })();
  return async () => {
    stop.abort();
    await ended;
  };
}
