import type { Inventory, TelemetryQuery } from "../../pipeline/ports.ts";
import type { LogLine, RawSeries, Span } from "../../pipeline/types.ts";
import type { Names } from "../names/names.ts";
import type { OpenLayout, Read } from "./layout.ts";

/**
 * A layout under the names that the operator gives to services: what is filed under a name or an instance that
 * is called otherwise belongs to that service, in answers, in questions and in the inventory.
 */
export function renamed(layout: OpenLayout, names: Names): OpenLayout {
  if (names.asTheyAre) return layout;
  /** The name is asked for first, then the instance, whatever the files say. */
  const serviceOf = (service: string, instance: string | null) => {
    const named = names.serviceOf(service);
    if (named !== service || instance === null) return named;
    const byInstance = names.serviceOf(instance);
    return byInstance === instance ? named : byInstance;
  };

  /** Under which names of the files the services may lie. */
  async function filedUnder(
    { services }: TelemetryQuery,
    signal: AbortSignal,
  ): Promise<readonly string[] | null> {
    if (services === null) return null;
    const { instances } = await layout.inventory(signal);
    const moved = instances.filter(({ service, instance }) =>
      services.includes(serviceOf(service, instance)),
    );
    return [...new Set([...services.flatMap(names.namesOf), ...moved.map(({ service }) => service)])];
  }

  function reading<Item>(read: Read<Item> | null, rename: (item: Item) => Item, of: (item: Item) => string) {
    if (read === null) return null;
    const under: Read<Item> = async (query, signal) => {
      const services = await filedUnder(query, signal);
      const { items, gaps } = await read({ ...query, services }, signal);
      const all = items.map(rename);
      const asked = query.services;
      return { items: asked === null ? all : all.filter((item) => asked.includes(of(item))), gaps };
    };
    return under;
  }

  return {
    ...layout,
    metric: reading<RawSeries>(
      layout.metric,
      (series) => ({
        ...series,
        key: { ...series.key, service: serviceOf(series.key.service, series.key.instance) },
      }),
      ({ key }) => key.service,
    ),
    log: reading<LogLine>(layout.log, withService(serviceOf), ({ service }) => service),
    trace: reading<Span>(layout.trace, withService(serviceOf), ({ service }) => service),
    inventory: async (signal) => renamedInventory(await layout.inventory(signal), serviceOf),
  };
}

type ServiceOf = (service: string, instance: string | null) => string;

function withService<Item extends LogLine | Span>(serviceOf: ServiceOf): (item: Item) => Item {
  return (item) => ({ ...item, service: serviceOf(item.service, item.instance) });
}

function renamedInventory(inventory: Inventory, serviceOf: ServiceOf): Inventory {
  const instances = inventory.instances.map(({ service, instance }) => ({
    service: serviceOf(service, instance),
    instance,
  }));
  // A name of the files of which every instance belongs to another service is no service.
  const own = inventory.services.filter((service) => {
    const of = inventory.instances.filter((one) => one.service === service);
    return (
      of.length === 0 || of.some(({ instance }) => serviceOf(service, instance) === serviceOf(service, null))
    );
  });
  const services = [
    ...new Set([
      ...own.map((service) => serviceOf(service, null)),
      ...instances.map(({ service }) => service),
    ]),
  ].sort();
  const edges = inventory.topology?.edges.map((edge) => ({
    ...edge,
    caller: serviceOf(edge.caller, null),
    callee: serviceOf(edge.callee, null),
  }));
  const topology =
    edges === undefined ? null : { services, edges: edges.filter(({ caller, callee }) => caller !== callee) };
  return { ...inventory, services, instances, topology };
}
