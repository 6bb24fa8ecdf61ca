/** A host and port of a Redis server, Sentinel or Cluster node. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

interface Credentials {
  readonly username: string | null;
  /** From the environment only. */
  readonly password: string | null;
}

/** Which Redis is meant. `socket` is the private server's. */
export type RedisTarget =
  | { readonly kind: "socket"; readonly path: string }
  | ({ readonly kind: "url"; readonly url: string } & Credentials)
  | ({
      readonly kind: "sentinel";
      readonly sentinels: readonly RedisNode[];
      readonly name: string;
      readonly database: number;
      readonly tls: boolean;
      readonly sentinelPassword: string | null;
    } & Credentials)
  | ({ readonly kind: "cluster"; readonly nodes: readonly RedisNode[]; readonly tls: boolean } & Credentials);

/** The server in words for messages: never a password, nor a user's name. */
export function describeRedis(target: RedisTarget): string {
  switch (target.kind) {
    case "socket":
      return `the private Redis at ${target.path}`;
    case "url": {
      const { protocol, host, pathname } = new URL(target.url);
      return `Redis at ${protocol}//${host}${pathname === "/" ? "" : pathname}`;
    }
    case "sentinel":
      return `Redis "${target.name}" behind the Sentinels ${listNodes(target.sentinels)}`;
    case "cluster":
      return `the Redis Cluster at ${listNodes(target.nodes)}`;
  }
}

function listNodes(nodes: readonly RedisNode[]): string {
  return nodes.map(({ host, port }) => `${host}:${port}`).join(", ");
}
