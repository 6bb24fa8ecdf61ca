import { spawnSync } from "node:child_process";
import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectRedis, type RedisConnections } from "../../jobs/redis-connection.ts";
import type { RedisTarget } from "../../jobs/redis-target.ts";
import { fakeRedis, freePort, redisServer } from "../support/redis-server.ts";
import { until } from "../support/until.ts";

const executables = { server: "redis-server", cli: "redis-cli" };

function at(port: number, password: string | null = null): RedisTarget {
  return { kind: "url", url: `redis://127.0.0.1:${port}`, username: null, password };
}

async function connect(target: RedisTarget): Promise<RedisConnections> {
  const connections = await connectRedis(target);
  onTestFinished(() => connections.close());
  return connections;
}

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;

describe("connecting to a Redis of the operator's", () => {
  it("says what to do when it is down, and soon", async () => {
    const port = await freePort();

    const refused = connectRedis(at(port));

    await expect(refused).rejects.toMatchObject({
      code: "redis-unavailable",
      message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}.*ECONNREFUSED.*REDIS_URL`)),
    });
  });

  it("gives up after its limit on a server that accepts and says nothing", async () => {
    const port = await fakeRedis(() => "");

    const refused = connectRedis(at(port), { timeoutMs: 200 });

    await expect(refused).rejects.toMatchObject({
      code: "redis-unavailable",
      message: expect.stringContaining("no answer within 0.2 s"),
    });
  });

  it("refuses one that is too old", async () => {
    const port = await fakeRedis((command) =>
      command.includes("info") ? bulk("redis_version:5.0.14\r\nmaxmemory_policy:noeviction\r\n") : "+OK\r\n",
    );

    await expect(connectRedis(at(port))).rejects.toMatchObject({
      code: "redis-unsuitable",
      message: expect.stringMatching(/version 5\.0\.14; 6\.2 or newer/),
    });
  });

  it("goes on with a warning where a managed server does not tell its policy", async () => {
    const port = await fakeRedis((command) =>
      command.includes("info") ? bulk("redis_version:7.1.0\r\n") : "+OK\r\n",
    );

    const { warnings } = await connect(at(port));

    expect(warnings).toEqual([expect.stringContaining("does not tell its maxmemory-policy")]);
  });

  it("refuses one that may throw questions away", async () => {
    const port = await freePort();
    await redisServer(port, "--maxmemory-policy", "allkeys-lru");

    await expect(connectRedis(at(port))).rejects.toMatchObject({
      code: "redis-unsuitable",
      message: expect.stringMatching(/"allkeys-lru".*noeviction/),
    });
  });

  it("takes the password from the environment's place, and asks for it when it is wrong or missing", async () => {
    const port = await freePort();
    await redisServer(port, "--requirepass", "open sesame");

    const { client } = await connect(at(port, "open sesame"));

    expect(await client.ping()).toBe("PONG");
    for (const wrong of ["guessed", null]) {
      await expect(connectRedis(at(port, wrong))).rejects.toMatchObject({
        code: "redis-unavailable",
        message: expect.stringMatching(/^(?!.*guessed).*REDIS_PASSWORD/s),
      });
    }
  });

  it("does not show the password of a URL", async () => {
    const port = await freePort();
    const target: RedisTarget = {
      kind: "url",
      url: `redis://someone:geheim@127.0.0.1:${port}/2`,
      username: null,
      password: null,
    };

    const refused = connectRedis(target);

    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining("geheim") });
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(`127.0.0.1:${port}/2`) });
  });

  it("stops when it is told to", async () => {
    const port = await fakeRedis(() => "");

    const refused = connectRedis(at(port), { signal: AbortSignal.timeout(100) });

    await expect(refused).rejects.toMatchObject({ code: "cancelled" });
  });

  it("names TLS when the server does not speak it", async () => {
    const port = await freePort();
    await redisServer(port);

    const refused = connectRedis({
      kind: "url",
      url: `rediss://127.0.0.1:${port}`,
      username: null,
      password: null,
    });

    await expect(refused).rejects.toMatchObject({
      code: "redis-unavailable",
      message: expect.stringContaining("TLS"),
    });
  });

  it("finds the master behind Sentinels", async () => {
    const [masterPort, sentinelPort] = [await freePort(), await freePort()];
    await redisServer(masterPort);
    const { writeFile } = await import("node:fs/promises");
    const file = `${process.env.TMPDIR ?? "/tmp"}/localexpert-sentinel-${sentinelPort}.conf`;
    await writeFile(
      file,
      `port ${sentinelPort}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 ${masterPort} 1\n`,
    );
    await sentinel(file);

    const { client, prefix } = await connect({
      kind: "sentinel",
      sentinels: [{ host: "127.0.0.1", port: sentinelPort }],
      name: "main",
      database: 0,
      tls: false,
      username: null,
      password: null,
      sentinelPassword: null,
    });

    expect(await client.set(`${prefix}:x`, "1")).toBe("OK");
    expect(client).toBeInstanceOf(Redis);
  });

  it("works on a Cluster, with all keys of a queue in one slot", async () => {
    const ports = [await freePort(), await freePort(), await freePort()];
    await cluster(ports);

    const { client, prefix } = await connect({
      kind: "cluster",
      nodes: [{ host: "127.0.0.1", port: ports[0] ?? 0 }],
      tls: false,
      username: null,
      password: null,
    });

    expect(prefix).toBe("{localexpert}");
    expect(await client.mset(`${prefix}:a`, "1", `${prefix}:b`, "2")).toBe("OK");
  });
});

async function sentinel(file: string): Promise<void> {
  const { spawn } = await import("node:child_process");
  const child = spawn(executables.server, [file, "--sentinel"], { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  child.stdout.on("data", (data) => (said += String(data)));
  await until(() => said.includes("+monitor master"));
}

async function cluster(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    await redisServer(port, "--cluster-enabled", "yes", "--cluster-port", String(await freePort()));
  }
  const nodes = ports.map((port) => `127.0.0.1:${port}`);
  const made = spawnSync(executables.cli, ["--cluster", "create", ...nodes, "--cluster-yes"], {
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(made.stdout + made.stderr);
  await until(() => {
    const said = ports.map(
      (port) => spawnSync(executables.cli, ["-p", String(port), "cluster", "info"]).stdout,
    );
    return said.every((text) => String(text).includes("cluster_state:ok"));
  });
}
