import { describe, expect, it } from "vitest";
import { checkRedis } from "../../../jobs/redis-check.ts";

const server = (version: string, policy = "noeviction") => ({
  info: async () => `# Server\r\nredis_version:${version}\r\nmaxmemory_policy:${policy}\r\n`,
});

describe("the check of a Redis", () => {
  it.each(["6.2.0", "6.10.1", "7.0.15", "8.2.1", "10.0.0"])("takes version %s", async (version) => {
    expect(await checkRedis(server(version), "it")).toEqual({ version, warnings: [] });
  });

  it.each(["5.0.14", "6.0.16", "6.1.9", "garbage", ""])("refuses version %j", async (version) => {
    await expect(checkRedis(server(version), "it")).rejects.toMatchObject({ code: "redis-unsuitable" });
  });

  it("tells the oldest version of a Cluster, by number and not by letter", async () => {
    const cluster = {
      ...server("7.0.0"),
      nodes: () => ["7.10.0", "7.9.1", "7.9.12"].map((one) => server(one)),
    };

    expect(await checkRedis(cluster, "it")).toEqual({ version: "7.9.1", warnings: [] });
  });

  it("asks every master of a Cluster", async () => {
    const nodes = [server("7.0.0"), server("7.0.0", "volatile-ttl")];
    const cluster = { ...server("7.0.0"), nodes: () => nodes };

    await expect(checkRedis(cluster, "it")).rejects.toMatchObject({
      code: "redis-unsuitable",
      message: expect.stringContaining("volatile-ttl"),
    });
  });
});
