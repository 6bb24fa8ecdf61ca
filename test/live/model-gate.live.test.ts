import { Redis } from "ioredis";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { redisGate } from "../../connectors/llm/redis-gate.ts";
import { gateContract } from "../contract/gate.ts";
import { freePort, redisServer } from "../support/redis-server.ts";

const { signal } = new AbortController();

/** Two clients on a server of their own, as two programs have them. */
async function clients() {
  const port = await freePort();
  await redisServer(port);
  const opened = [new Redis({ port }), new Redis({ port })] as const;
  onTestFinished(() => {
    for (const client of opened) client.disconnect();
  });
  return opened;
}

describe("the gate that programs share through Redis", () => {
  let asked = 0;
  beforeAll(() => {
    asked = 0;
  });

  gateContract(
    async (concurrency) => {
      const [redis] = await clients();
      const counting = {
        eval: async (...words: Parameters<typeof redis.eval>) => {
          const said = await redis.eval(...words);
          asked += 1;
          return said;
        },
      };
      return redisGate(counting, { name: "test:model", concurrency, pollMs: 5 });
    },
    // Everyone who waits has asked once more.
    async () => {
      const before = asked;
      await expect
        .poll(() => asked, { interval: 2, timeout: 10_000 })
        .toBeGreaterThan(before + 5)
        .catch(() => {});
    },
  );

  it("counts the places over all programs", async () => {
    const [one, two] = await clients();
    const gates = [one, two].map((redis) => redisGate(redis, { name: "m", concurrency: 2, pollMs: 5 }));
    let inside = 0;
    let most = 0;

    await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const leave = await gates[index % 2]!.enter("person", signal);
        inside += 1;
        most = Math.max(most, inside);
        await new Promise(setImmediate);
        inside -= 1;
        leave();
      }),
    );

    expect(most).toBeLessThanOrEqual(2);
    expect(most).toBeGreaterThan(0);
  });

  it("frees the place of a program that was killed", async () => {
    const [killed, other] = await clients();
    const name = "m";
    await redisGate(killed, { name, concurrency: 1, leaseMs: 3_000 }).enter("person", signal);
    killed.disconnect();

    const leave = await redisGate(other, { name, concurrency: 1, leaseMs: 50, pollMs: 5 }).enter(
      "person",
      signal,
    );

    expect(leave).toBeTypeOf("function");
    leave();
  });
});
