import { BotError } from "../pipeline/errors.ts";

/** What the check asks of a client: INFO, and the masters of a Cluster. */
export interface CheckedRedis {
  info(section: string): Promise<string>;
  nodes?(role: "master"): { info(section: string): Promise<string> }[];
}

/** What a server that suits says of itself. */
export interface RedisReport {
  /** The oldest of a Cluster's. */
  readonly version: string;
  /** What the operator should hear though it does not stop us: a managed server that does not tell its policy. */
  readonly warnings: readonly string[];
}

/** BullMQ's scripts use commands of 6.2. */
const oldestVersion = [6, 2] as const;

/**
 * Makes sure that a server can hold a queue: 6.2 or newer, and never throwing keys away for want of
 * memory (an evicted job is a question that is never answered). In a Cluster every master is asked.
 *
 * Throws: BotError "redis-unsuitable", or what the client throws.
 */
export async function checkRedis(client: CheckedRedis, where: string): Promise<RedisReport> {
  const servers = client.nodes?.("master") ?? [client];
  const found = await Promise.all(servers.map((server) => checkServer(server, where)));
  const [oldest = ""] = found.map(({ version }) => version).sort(byVersion);
  return { version: oldest, warnings: [...new Set(found.flatMap(({ warnings }) => warnings))] };
}

async function checkServer(server: Pick<CheckedRedis, "info">, where: string): Promise<RedisReport> {
  const version = field(await server.info("server"), "redis_version");
  if (version === null || !isNewEnough(version)) {
    throw new BotError(
      "redis-unsuitable",
      `${where} is version ${version ?? "unknown"}; 6.2 or newer is needed. ` +
        "Upgrade it, or leave REDIS_URL unset to use a private Redis.",
    );
  }
  // INFO tells the policy as CONFIG GET does, and managed servers that forbid CONFIG allow it.
  const policy = field(await server.info("memory"), "maxmemory_policy");
  if (policy === null) {
    const warning = `${where} does not tell its maxmemory-policy. It must be "noeviction", or questions can get lost when its memory is full.`;
    return { version, warnings: [warning] };
  }
  if (policy !== "noeviction") {
    throw new BotError(
      "redis-unsuitable",
      `${where} has maxmemory-policy "${policy}" and may throw questions away. Set it to noeviction: ` +
        '"redis-cli CONFIG SET maxmemory-policy noeviction" and in its configuration file or parameter group.',
    );
  }
  return { version, warnings: [] };
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function field(info: string, name: string): string | null {
  return new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? null;
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1]);
}
