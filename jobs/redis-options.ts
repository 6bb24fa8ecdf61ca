import { z } from "zod";
import type { RedisNode, RedisTarget } from "./redis-target.ts";

/** "host:port"; an IPv6 address in brackets. */
const Node = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/@[\]]+):\d{1,5}$/, 'must be "host:port"');

/** `redis` in the configuration: a server of the operator's. Without it a private one is started. */
export const RedisOptions = z
  .strictObject({
    url: z
      .string()
      .refine((text) => URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol), {
        error: 'must be a URL such as "redis://host:6379/0" or "rediss://host:6379"',
      })
      .optional(),
    sentinel: z
      .strictObject({
        /** The name the Sentinels watch the server under. */
        name: z.string().min(1),
        nodes: z.array(Node).min(1),
        database: z.number().int().min(0).default(0),
        tls: z.boolean().default(false),
      })
      .optional(),
    cluster: z.strictObject({ nodes: z.array(Node).min(1), tls: z.boolean().default(false) }).optional(),
    username: z.string().min(1).optional(),
  })
  .superRefine(({ url, sentinel, cluster }, context) => {
    if ([url, sentinel, cluster].filter((way) => way !== undefined).length === 1) return;
    context.addIssue({ code: "custom", message: "must name exactly one of url, sentinel and cluster" });
  });
export type RedisOptions = z.infer<typeof RedisOptions>;

/** Passwords, which come from the environment only. */
export interface RedisSecrets {
  readonly password: string | null;
  readonly sentinelPassword: string | null;
}

/** The server that options and secrets mean. */
export function redisTarget(options: RedisOptions, secrets: RedisSecrets): RedisTarget {
  const { url, sentinel, cluster } = options;
  const username = options.username ?? null;
  const { password, sentinelPassword } = secrets;
  if (sentinel !== undefined) {
    const { name, database, tls } = sentinel;
    const sentinels = sentinel.nodes.map(readNode);
    return { kind: "sentinel", sentinels, name, database, tls, username, password, sentinelPassword };
  }
  if (cluster !== undefined) {
    return { kind: "cluster", nodes: cluster.nodes.map(readNode), tls: cluster.tls, username, password };
  }
  if (url === undefined) throw new Error("RedisOptions lets nothing through that names no server");
  return { kind: "url", url, username, password };
}

function readNode(text: string): RedisNode {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
}
