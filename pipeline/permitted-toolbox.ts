import { fits } from "./permitted.ts";
import type { FittedModels, Inventory, InventorySource, Source, TelemetryQuery, Toolbox } from "./ports.ts";
import type { Gap, Modality, Permitted, Span } from "./types.ts";

/** Of a service or not: whatever a source gives is one service's. */
type IsShown = (service: string) => boolean;

/**
 * The toolbox as far as it may be used where a question was asked. What may not be seen is dropped here, at
 * the sources, so that nothing that comes after can tell of it; texts that name such a service are seen to
 * when all of them are known (hidden-names.ts).
 *
 * Shape:  a span of a hidden service gives its children to the nearest shown one above it; where there is
 *         none they begin the trace. Fitted models know the whole system and are put aside.
 */
export function permittedToolbox(toolbox: Toolbox, permitted: Permitted | null | undefined): Toolbox {
  if (permitted == null || (permitted.services === null && permitted.sources === null)) return toolbox;
  // A summary's diagnoses get one that is permitted already, and knows what it must not name.
  if (toolbox.withheld !== undefined) return toolbox;
  const hidden = new Set<string>();
  const isShown: IsShown = (service) => {
    if (fits(service, permitted.services)) return true;
    hidden.add(service);
    return false;
  };
  const sources = toolbox.sources.filter(({ name, modality }) => mayRead(name, modality, permitted));
  const inventories = toolbox.inventories.filter((one) => isOfShown(one, toolbox.sources, sources));
  const isNamed = (one: InventorySource) => isToldOf(one, sources, permitted);
  if (permitted.services === null) {
    return {
      ...toolbox,
      sources,
      inventories: inventories.map((one) => (isNamed(one) ? one : quietly(one))),
      withheld: { services: null, gap: gapOf(permitted) },
    };
  }
  return {
    ...toolbox,
    sources: sources.map((source) => shownSource(source, isShown)),
    inventories: inventories.map((one) => shownInventory(isNamed(one) ? one : quietly(one), isShown)),
    ...(toolbox.fitted === undefined ? {} : { fitted: putAside(toolbox.fitted) }),
    withheld: { services: hidden, gap: gapOf(permitted) },
  };
}

/** Sources of one system are called "NAME logs" and the like: its name permits all of them. */
function mayRead(name: string, modality: Modality, { sources }: Permitted): boolean {
  const suffix = ` ${modality}s`;
  return fits(name, sources) || (name.endsWith(suffix) && fits(name.slice(0, -suffix.length), sources));
}

/** An inventory goes with the sources of its system; one that has none, a declaration of ours say, stays. */
function isOfShown({ name }: InventorySource, all: readonly Source[], shown: readonly Source[]): boolean {
  const isIts = (source: Source) => source.name === name || source.name.startsWith(`${name} `);
  return shown.some(isIts) || !all.some(isIts);
}

/** Whether a failure of it may be told: a system that could not be opened has no sources to know it by. */
function isToldOf({ name }: InventorySource, shown: readonly Source[], permitted: Permitted): boolean {
  return (
    fits(name, permitted.sources) ||
    shown.some((source) => source.name === name || source.name.startsWith(`${name} `))
  );
}

const nothing: Inventory = {
  services: [],
  instances: [],
  extent: { metric: null, log: null, trace: null },
  declaredReference: { metric: [], log: [], trace: [] },
  topology: null,
  gaps: [],
};

function quietly(inventory: InventorySource): InventorySource {
  return {
    name: inventory.name,
    inventory: (signal, askedAt) =>
      inventory.inventory(signal, askedAt).catch((error: unknown) => {
        if (signal.aborted) throw error;
        return nothing;
      }),
  };
}

function shownInventory({ name, inventory }: InventorySource, isShown: IsShown): InventorySource {
  return {
    name,
    async inventory(signal, askedAt) {
      const known = await inventory(signal, askedAt);
      const { topology } = known;
      return {
        ...known,
        services: known.services.filter(isShown),
        instances: known.instances.filter(({ service }) => isShown(service)),
        topology:
          topology === null
            ? null
            : {
                services: topology.services.filter(isShown),
                edges: topology.edges.filter(
                  // Both are looked at: each may be a name that must be hidden.
                  ({ caller, callee }) => [caller, callee].filter(isShown).length === 2,
                ),
              },
      };
    },
  };
}

function shownSource(source: Source, isShown: IsShown): Source {
  const asked = (query: TelemetryQuery) => ({
    ...query,
    services: query.services === null ? null : query.services.filter(isShown),
  });
  const isNothing = ({ services }: TelemetryQuery) => services?.length === 0;
  switch (source.modality) {
    case "metric":
      return {
        ...source,
        async fetch(query, signal) {
          const about = asked(query);
          if (isNothing(about)) return { items: [], gaps: [] };
          const { items, gaps } = await source.fetch(about, signal);
          return { items: items.filter(({ key }) => isShown(key.service)), gaps };
        },
      };
    case "log":
      return {
        ...source,
        async fetch(query, signal) {
          const about = asked(query);
          if (isNothing(about)) return { items: [], gaps: [] };
          const { items, gaps } = await source.fetch(about, signal);
          return { items: items.filter(({ service }) => isShown(service)), gaps };
        },
      };
    case "trace":
      return {
        ...source,
        async fetch(query, signal) {
          const { items, gaps } = await source.fetch(query, signal);
          return { items: shownSpans(items, isShown), gaps };
        },
      };
  }
}

function shownSpans(spans: readonly Span[], isShown: IsShown): Span[] {
  const keyOf = (traceId: string, spanId: string) => `${traceId}\u0000${spanId}`;
  const kept: Span[] = [];
  const keptKeys = new Set<string>();
  const parentOfHidden = new Map<string, string | null>();
  for (const span of spans) {
    const key = keyOf(span.traceId, span.spanId);
    if (isShown(span.service)) {
      kept.push(span);
      keptKeys.add(key);
    } else parentOfHidden.set(key, span.parentId);
  }
  if (parentOfHidden.size === 0) return kept;
  return kept.map((span) => {
    const passed = new Set<string>();
    let parentId = span.parentId;
    while (parentId !== null) {
      const key = keyOf(span.traceId, parentId);
      const above = parentOfHidden.get(key);
      // Two sides of a call may share an id: the shown one is parent enough.
      if (above === undefined || keptKeys.has(key)) break;
      parentId = passed.has(key) ? null : above;
      passed.add(key);
    }
    return parentId === span.parentId ? span : { ...span, parentId };
  });
}

function putAside({ models }: FittedModels): FittedModels {
  const gaps = Object.keys(models).map((from): [string, Gap] => [
    from,
    {
      from,
      reason: "missing",
      detail: "It was fitted on services that may not be seen here, so it is not used.",
    },
  ]);
  return { models: {}, gaps: Object.fromEntries(gaps) };
}

function gapOf({ services, sources }: Permitted): Gap {
  const what = [services === null ? "" : "services", sources === null ? "" : "sources"].filter(
    (part) => part !== "",
  );
  return {
    from: "access",
    reason: "missing",
    detail: `Only some ${what.join(" and ")} may be seen here: the cause may lie outside of them.`,
  };
}
