import type { Fetched, InventorySource, Source, TelemetryQuery } from "../pipeline/ports.ts";
import type { EpochMs, Gap, Modality, TimeWindow, Topology } from "../pipeline/types.ts";
import type { HttpClient } from "./http/client.ts";
import { clockGaps } from "./http/clock-gap.ts";
import { throwIfAborted } from "./throw-if-aborted.ts";

type Read<Item> = (query: TelemetryQuery, signal: AbortSignal) => Promise<Fetched<Item>>;

/** Guards what reads from a network: no window or no service ask for nothing, and a stop is a stop. */
export function guarded<Item>(read: Read<Item>): Read<Item> {
  return (query, signal) =>
    stoppable(signal, async () => {
      const windows = query.windows.filter(({ start, end }) => start < end);
      if (windows.length === 0 || query.services?.length === 0) return { items: [], gaps: [] };
      return read({ ...query, windows }, signal);
    });
}

/** Whatever a stopped request fails with, it ends as "cancelled". */
export async function stoppable<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  throwIfAborted(signal);
  try {
    const result = await work();
    throwIfAborted(signal);
    return result;
  } catch (error) {
    throwIfAborted(signal, error);
    throw error;
  }
}

/** What a backend of one modality knows about its services. */
export interface Known {
  readonly names: readonly { readonly service: string; readonly instance: string | null }[];
  readonly extent: TimeWindow | null;
  readonly topology: Topology | null;
  readonly gaps: readonly Gap[];
}

export function networkInventory(
  name: string,
  modality: Modality,
  http: HttpClient,
  clock: () => EpochMs,
  ask: (askedAt: EpochMs, signal: AbortSignal) => Promise<Known>,
): InventorySource {
  return {
    name,
    inventory: (signal, askedAt = clock()) =>
      stoppable(signal, async () => {
        const { names, extent, topology, gaps } = await ask(askedAt, signal);
        const services = new Set([...names.map(({ service }) => service), ...(topology?.services ?? [])]);
        const instances = new Map<string, { service: string; instance: string }>();
        for (const { service, instance } of names) {
          if (instance !== null) instances.set(`${service}\u0000${instance}`, { service, instance });
        }
        const none = { metric: null, log: null, trace: null };
        return {
          services: [...services].sort(),
          instances: [...instances].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
          extent: { ...none, [modality]: extent },
          declaredReference: { metric: [], log: [], trace: [] },
          topology,
          gaps: [...gaps, ...clockGaps(name, http)],
        };
      }),
  };
}

/** One cheap authenticated call that ends as "cancelled" when it is stopped. */
export function guardedProbe(probe: (signal: AbortSignal) => Promise<unknown>): Source["probe"] {
  return (signal) =>
    stoppable(signal, async () => {
      await probe(signal);
    });
}
