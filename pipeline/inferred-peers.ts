import type { Inventory } from "./ports.ts";
import type { Span, Trace } from "./types.ts";

/** What separates the words of an operation's name: "GET rate-cache", "redis:rate-cache/GET". */
const separators = /[^\w.-]+/;

/**
 * Traces with the far ends of calls to services that write no spans themselves: databases, caches, queues.
 * A span without children whose peer or operation names such a service gets a child there, with the times and the outcome
 * that its caller saw.
 *
 * Shape:  the same traces where nobody is silent. A service that writes spans anywhere gets no inferred
 *         ones: that nothing of it is below a call says something.
 * Throws: never. Linear in the spans.
 * Source: virtual nodes, as in the service graphs of Grafana Tempo and of OpenTelemetry's collector.
 */
export function peerInference(
  traces: readonly (readonly Trace[])[],
  { services, instances }: Pick<Inventory, "services" | "instances">,
): (traces: readonly Trace[]) => Trace[] {
  const writing = new Set<string>();
  for (const part of traces) {
    for (const { spans } of part) for (const { service } of spans) writing.add(service);
  }
  const silent = new Set(services.filter((service) => !writing.has(service)));
  const only = onlyInstances(instances);
  const peers = new Map<string, string | null>();
  const cached = (text: string, read: (text: string) => string | null) => {
    const known = peers.get(text);
    if (known !== undefined) return known;
    const peer = read(text);
    peers.set(text, peer);
    return peer;
  };
  const peerOf = ({ operation, peer }: Span) => {
    const attributed = peer === undefined ? null : cached(peer, (text) => hostIn(text, silent));
    return attributed ?? cached(operation, (text) => namedIn(text, silent));
  };
  return (part) => part.map((trace) => withoutAttributes(withPeers(trace, peerOf, only)));
}

/** The silent service of that name, or of a host's first label: "orders-db.shop.svc.cluster.local". */
function hostIn(peer: string, silent: ReadonlySet<string>): string | null {
  const [label = ""] = peer.split(".");
  return silent.has(peer) ? peer : silent.has(label) ? label : null;
}

/** Nothing after this reads attributes of spans, so that nothing can forget to hide them. */
function withoutAttributes(trace: Trace): Trace {
  if (trace.spans.every(({ peer }) => peer === undefined)) return trace;
  return { ...trace, spans: trace.spans.map(({ peer: _, ...span }) => span) };
}

/** The one silent service that the words of an operation name. */
function namedIn(operation: string, silent: ReadonlySet<string>): string | null {
  const named = new Set(operation.split(separators).filter((word) => silent.has(word)));
  const [peer] = named;
  return peer === undefined || named.size > 1 ? null : peer;
}

/** Of services that have a single one. */
function onlyInstances(instances: Inventory["instances"]): Map<string, string | null> {
  const only = new Map<string, string | null>();
  for (const { service, instance } of instances) only.set(service, only.has(service) ? null : instance);
  return only;
}

function withPeers(
  trace: Trace,
  peerOf: (span: Span) => string | null,
  only: ReadonlyMap<string, string | null>,
): Trace {
  const hasChild = new Uint8Array(trace.spans.length);
  for (const parent of trace.parents) if (parent >= 0) hasChild[parent] = 1;
  const peers = trace.spans.map((span, index) => (hasChild[index] === 1 ? null : peerOf(span)));
  if (peers.every((peer) => peer === null)) return trace;
  const spans: Span[] = [];
  const placeOf = new Int32Array(trace.spans.length);
  const parents: number[] = [];
  trace.spans.forEach((span, index) => {
    placeOf[index] = spans.length;
    spans.push(span);
    parents.push(trace.parents[index] ?? -1);
    const peer = peers[index] ?? null;
    if (peer === null) return;
    spans.push({
      ...span,
      spanId: `${span.spanId} ${peer}`,
      parentId: span.spanId,
      service: peer,
      instance: only.get(peer) ?? null,
    });
    parents.push(index);
  });
  return {
    ...trace,
    spans,
    parents: Int32Array.from(parents, (parent) => (parent < 0 ? -1 : (placeOf[parent] ?? -1))),
  };
}
