import { describe, expect, it } from "vitest";
import { RedisOptions, redisTarget } from "../../../jobs/redis-options.ts";
import { describeRedis } from "../../../jobs/redis-target.ts";

const secrets = { password: "geheim", sentinelPassword: null };

describe("the Redis of the configuration", () => {
  it("reads Sentinels, with IPv6 addresses too", () => {
    const options = RedisOptions.parse({ sentinel: { name: "main", nodes: ["a:26379", "[::1]:26380"] } });

    const target = redisTarget(options, secrets);

    expect(target).toMatchObject({
      kind: "sentinel",
      name: "main",
      database: 0,
      sentinels: [
        { host: "a", port: 26379 },
        { host: "::1", port: 26380 },
      ],
    });
    expect(describeRedis(target)).toBe('Redis "main" behind the Sentinels a:26379, ::1:26380');
  });

  it("reads a Cluster", () => {
    const target = redisTarget(RedisOptions.parse({ cluster: { nodes: ["a:1"], tls: true } }), secrets);

    expect(target).toMatchObject({ kind: "cluster", tls: true, nodes: [{ host: "a", port: 1 }] });
  });

  it("is described without names of users or passwords", () => {
    const target = redisTarget(RedisOptions.parse({ url: "rediss://me:geheim@redis:6379/3" }), secrets);

    expect(describeRedis(target)).toBe("Redis at rediss://redis:6379/3");
  });

  it.each([
    {},
    { url: "redis://a", cluster: { nodes: ["a:1"] } },
    { cluster: { nodes: ["user@a:1"] } },
    { cluster: { nodes: ["a"] } },
    { url: "a:6379" },
  ])("refuses %j", (options) => {
    expect(RedisOptions.safeParse(options).success).toBe(false);
  });
});
