/** Newest first; the operator's own name for the other end before its host. */
const peerKeys = [
  "service.peer.name",
  "peer.service",
  "server.address",
  "net.peer.name",
  "peer.hostname",
  "db.system.name",
  "db.system",
] as const;
const address = /^[\d.]+$|:/;

/** Whom a client's span calls, by OpenTelemetry's attributes of now and of before; numbers of hosts name nobody. */
export function peerName(attributes: ReadonlyMap<string, string>): string | null {
  for (const key of peerKeys) {
    const name = attributes.get(key) ?? "";
    if (name !== "" && !address.test(name)) return name;
  }
  return null;
}
