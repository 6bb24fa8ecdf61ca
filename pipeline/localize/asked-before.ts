import { startOf } from "../detect/event-sequences.ts";
import type { Trace } from "../types.ts";
import { callKey } from "./silent-callees.ts";

const fewestAsked = 10;
/** Who is asked before in fewer of the requests is left out. */
const leastShare = 0.2;

export interface Supplier {
  readonly service: string;
  /** Of the operation's requests, those before which it is asked. */
  readonly share: number;
}

/**
 * By operation (`callKey` of a service and the event that its span begins with), the services that its callers ask
 * right before, in the same handler: whose answers the operation is asked with.
 */
export function askedBefore(traces: readonly Trace[]): Map<string, Supplier[]> {
  const counts = new Map<string, Map<string | null, number>>();
  for (const trace of traces) {
    for (const { key, before } of entriesOf(trace)) {
      const known = counts.get(key) ?? new Map<string | null, number>();
      counts.set(key, known.set(before, (known.get(before) ?? 0) + 1));
    }
  }
  return new Map([...counts].map(([key, befores]) => [key, suppliersOf(befores)] as const));
}

function suppliersOf(befores: ReadonlyMap<string | null, number>): Supplier[] {
  const all = [...befores.values()].reduce((sum, count) => sum + count, 0);
  if (all < fewestAsked) return [];
  return [...befores].flatMap(([service, count]) =>
    service === null || count < leastShare * all ? [] : [{ service, share: count / all }],
  );
}

/** Spans that were called by another service, each with the service that was called before it from the same handler. */
function entriesOf({ spans, parents }: Trace): { key: string; before: string | null }[] {
  const last = new Map<number, { service: string; end: number }>();
  const entries: { key: string; before: string | null }[] = [];
  // Spans come by start.
  spans.forEach((span, index) => {
    const caller = spans[parents[index] ?? -1];
    if (caller === undefined || caller.service === span.service) return;
    const handler = handlerOf(parents[index] ?? -1, spans, parents);
    const before = last.get(handler);
    const isOver = before !== undefined && before.service !== span.service && before.end <= span.start;
    entries.push({
      key: callKey(span.service, startOf(span.operation)),
      before: isOver ? before.service : null,
    });
    last.set(handler, { service: span.service, end: span.start + span.durationMs });
  });
  return entries;
}

/** The first span of the caller, going up while it is the same service. */
function handlerOf(at: number, spans: Trace["spans"], parents: Trace["parents"]): number {
  let handler = at;
  for (let steps = 0; steps < spans.length; steps++) {
    const parent = parents[handler] ?? -1;
    if (parent < 0 || spans[parent]?.service !== spans[at]?.service) break;
    handler = parent;
  }
  return handler;
}
