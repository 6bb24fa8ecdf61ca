import { xoshiro } from "../pipeline/learn/xoshiro.ts";
import type { Inventory, TelemetryQuery } from "../pipeline/ports.ts";
import type { Topology } from "../pipeline/types.ts";

interface Place {
  readonly service: string;
  readonly instance: string | null;
}

/** Services and instances under each other's names: nothing may hang on how a service is called. */
export interface Renaming {
  place(place: Place): Place;
  text(text: string): string;
  /** Of a span: a call says whom it calls, and that one has another name now as well. */
  operation(operation: string): string;
  inventory(inventory: Inventory): Inventory;
  /** The query in the names of the data. */
  query(query: TelemetryQuery): TelemetryQuery;
  original(name: string): string;
}

/** Every service gets the name of another one, drawn by the seed; its instances are numbered. */
export function renaming(known: Inventory, seed: number): Renaming {
  const forth = shuffled(known.services, seed);
  const back = new Map([...forth].map(([from, to]) => [to, from]));
  known.instances.forEach(({ service, instance }, index) => {
    if (forth.has(instance)) return;
    const name = `${forth.get(service) ?? service}-${index}`;
    forth.set(instance, name);
    back.set(name, instance);
  });
  const renamed = (name: string) => forth.get(name) ?? name;
  const place = ({ service, instance }: Place): Place => ({
    service: renamed(service),
    instance: instance === null ? null : renamed(instance),
  });
  // The longest first, or "cart" would be replaced inside "cart-store".
  const longest = [...known.services].sort((a, b) => b.length - a.length);
  const operations = new Map<string, string>();
  return {
    place,
    operation(operation) {
      const known = operations.get(operation) ?? operation.replace(/[\w.-]+/g, renamed);
      operations.set(operation, known);
      return known;
    },
    text: (text) => {
      const found = longest.find((name) => text.includes(name));
      return found === undefined ? text : text.replace(found, renamed(found));
    },
    inventory: (inventory) => ({
      ...inventory,
      services: inventory.services.map(renamed).sort(),
      instances: inventory.instances.map(({ service, instance }) => ({
        service: renamed(service),
        instance: renamed(instance),
      })),
      topology: inventory.topology === null ? null : topology(inventory.topology, renamed),
    }),
    query: (query) => ({
      ...query,
      services: query.services === null ? null : query.services.map((name) => back.get(name) ?? name),
    }),
    original: (name) => back.get(name) ?? name,
  };
}

function topology({ services, edges }: Topology, renamed: (name: string) => string): Topology {
  return {
    services: services.map(renamed).sort(),
    edges: edges.map(({ caller, callee, calls }) => ({
      caller: renamed(caller),
      callee: renamed(callee),
      calls,
    })),
  };
}

/** Fisher and Yates. */
function shuffled(names: readonly string[], seed: number): Map<string, string> {
  const random = xoshiro(seed, "renaming");
  const order = [...names];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [order[i] ?? "", order[j] ?? ""];
    order[i] = b;
    order[j] = a;
  }
  return new Map(names.map((name, index) => [name, order[index] ?? name]));
}
