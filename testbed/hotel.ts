/** The hotel-reservation system: which services there are, what they keep where, and whom they call. */
export interface ServicePlan {
  readonly name: ServiceName;
  readonly instances: number;
  readonly calls: readonly ServiceName[];
  readonly stores: readonly StoreName[];
  /** As the Go services of the original do: no store at the start, or none for a while, and it gives up. */
  readonly panicsWithoutStore: boolean;
}

export const serviceNames = [
  "frontend",
  "search",
  "geo",
  "rate",
  "profile",
  "recommendation",
  "reservation",
  "user",
] as const;
export type ServiceName = (typeof serviceNames)[number];

export const storeNames = [
  "geo-store",
  "rate-store",
  "rate-cache",
  "profile-store",
  "profile-cache",
  "recommendation-store",
  "reservation-store",
  "user-store",
] as const;
export type StoreName = (typeof storeNames)[number];

export const services: readonly ServicePlan[] = [
  plan("frontend", 1, ["search", "profile", "recommendation", "reservation", "user"], []),
  plan("search", 2, ["geo", "rate"], []),
  { ...plan("geo", 2, [], ["geo-store"]), panicsWithoutStore: true },
  plan("rate", 1, [], ["rate-cache", "rate-store"]),
  plan("profile", 2, [], ["profile-cache", "profile-store"]),
  { ...plan("recommendation", 1, [], ["recommendation-store"]), panicsWithoutStore: true },
  plan("reservation", 1, [], ["reservation-store"]),
  plan("user", 1, [], ["user-store"]),
];

function plan(
  name: ServiceName,
  instances: number,
  calls: readonly ServiceName[],
  stores: readonly StoreName[],
): ServicePlan {
  return { name, instances, calls, stores, panicsWithoutStore: false };
}

export function planOf(name: string): ServicePlan {
  const found = services.find((service) => service.name === name);
  if (found === undefined) throw new Error(`there is no service "${name}"`);
  return found;
}

export function isServiceName(name: string): name is ServiceName {
  return serviceNames.some((known) => known === name);
}

export function isStoreName(name: string): name is StoreName {
  return storeNames.some((known) => known === name);
}

export function isCache(store: StoreName): boolean {
  return store.endsWith("-cache");
}

export function instanceNames(service: ServicePlan): string[] {
  return Array.from({ length: service.instances }, (_unused, index) => `${service.name}-${index}`);
}

/** A store has one server. */
export function storeInstance(store: StoreName): string {
  return `${store}-0`;
}

/** The call graph as topology.csv has it: who calls whom, stores included. */
export function callEdges(): { readonly caller: string; readonly callee: string }[] {
  return services.flatMap(({ name, calls, stores }) =>
    [...calls, ...stores].map((callee) => ({ caller: name, callee })),
  );
}
