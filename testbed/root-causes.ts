import { planOf, type ServiceName, type StoreName, services, storeInstance } from "./hotel.ts";

/** What a diagnosis must name, as docs/bench.md describes it. */
export interface RootCause {
  readonly service: string;
  readonly pod?: string;
  readonly metric?: string;
  readonly code_region?: { readonly after: string; readonly before: string };
}

/** The first and the last statement of each service's main method; what breaks, breaks between them. */
const statements: Readonly<Record<ServiceName, RootCause["code_region"]>> = {
  frontend: { after: "hotel search started", before: "hotel search answered" },
  search: { after: "nearby search started", before: "nearby search done" },
  geo: { after: "looking for points near the place", before: "points near the place found" },
  rate: { after: "rates wanted", before: "rates found" },
  profile: { after: "profiles wanted", before: "profiles found" },
  recommendation: { after: "recommendations wanted", before: "recommendations found" },
  reservation: { after: "availability wanted", before: "reservation done" },
  user: { after: "credentials to check", before: "credentials checked" },
};

export function codeRegion(service: ServiceName): RootCause {
  const region = statements[service];
  return { service, ...(region === undefined ? {} : { code_region: region }) };
}

/** One cause a metric: any of them is right. With a single instance it is that instance. */
export function ofService(service: ServiceName, ...metrics: readonly string[]): RootCause[] {
  const only = planOf(service).instances === 1 ? { pod: `${service}-0` } : {};
  return metrics.length === 0
    ? [{ service, ...only }]
    : metrics.map((metric) => ({ service, ...only, metric }));
}

export function ofStore(store: StoreName, ...metrics: readonly string[]): RootCause[] {
  return metrics.map((metric) => ({ service: store, pod: storeInstance(store), metric }));
}

/** The service that a store belongs to. */
export function ownerOf(store: StoreName): ServiceName {
  const owner = services.find(({ stores }) => stores.includes(store));
  if (owner === undefined) throw new Error(`nobody uses ${store}`);
  return owner.name;
}
