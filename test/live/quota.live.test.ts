import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { redisQuota } from "../../connectors/store/redis-quota.ts";
import { quotaContract } from "../contract/quota.ts";
import { freePort, redisServer } from "../support/redis-server.ts";

async function client(): Promise<Redis> {
  const port = await freePort();
  await redisServer(port);
  const redis = new Redis({ port });
  onTestFinished(() => redis.disconnect());
  return redis;
}

describe("the quotas that programs share through Redis", () => {
  quotaContract(async () => redisQuota(await client(), { prefix: "test" }));

  it("give exactly as many as there are, however many ask at once", async () => {
    const redis = await client();
    const quota = redisQuota(redis, { prefix: "test" });

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => quota.take("u", 7, 3_600_000, `q${index % 40}`)),
    );

    expect(await redis.zcard("test:quota:u")).toBe(7);
    expect(new Set(answers.flatMap(({ ok }, index) => (ok ? [`q${index % 40}`] : []))).size).toBe(7);
  });

  it("give again what has left the window, and leave nothing behind", async () => {
    const redis = await client();
    const quota = redisQuota(redis, { prefix: "test" });
    await quota.take("u", 1, 3_600_000, "old");
    const [seconds] = await redis.time();
    // As if it had been taken an hour ago.
    await redis.zadd("test:quota:u", String(Number(seconds) * 1_000 - 3_600_001), "old");

    expect(await quota.take("u", 1, 3_600_000, "new")).toEqual({ ok: true });
    expect(await redis.zrange("test:quota:u", "0", "-1")).toEqual(["new"]);
    expect(await redis.pttl("test:quota:u")).toBeGreaterThan(3_500_000);
  });
});
