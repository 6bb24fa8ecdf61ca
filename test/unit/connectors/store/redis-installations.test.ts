import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { redisInstallations } from "../../../../connectors/store/redis-installations.ts";

const installation = { team: "T1", teamName: "Hotel", token: "xoxb-very-secret", installedAt: 1 };

function redis() {
  const kept = new Map<string, string>();
  return {
    kept,
    get: async (key: string) => kept.get(key) ?? null,
    set: async (key: string, value: string) => void kept.set(key, value),
    del: async (key: string) => Number(kept.delete(key)),
  };
}

function open(database = redis(), key = "ab".repeat(32)) {
  return { database, store: redisInstallations(database, { prefix: "test", key: () => key }) };
}

describe("installations in Redis", () => {
  it("come back as they were saved, until they are removed", async () => {
    const { store } = open();

    await store.save(installation);

    expect(await store.load("T1")).toEqual(installation);
    expect(await store.load("T2")).toBeNull();
    await store.remove("T1");
    expect(await store.load("T1")).toBeNull();
  });

  it("say nothing to who reads the database, and nothing twice alike", async () => {
    const { database, store } = open();

    await store.save(installation);
    const [first] = database.kept.values();
    await store.save(installation);
    const [second] = database.kept.values();

    for (const text of [first, Buffer.from(first ?? "", "base64").toString("latin1")]) {
      expect(text).not.toContain("xoxb");
      expect(text).not.toContain("Hotel");
    }
    expect(second).not.toBe(first);
  });

  it.each<[string, (saved: string) => string]>([
    ["was changed", (saved) => `${saved.slice(0, -8)}AAAAAAA=`],
    ["was cut", (saved) => saved.slice(0, 12)],
    ["is nothing of this", () => "hello"],
  ])("refuse what %s", async (_title, change) => {
    const { database, store } = open();
    await store.save(installation);
    const [[at, saved] = ["", ""]] = database.kept;

    database.kept.set(at, change(saved));

    await expect(store.load("T1")).rejects.toMatchObject({ code: "not-set-up" });
  });

  it("refuse one workspace's in the place of another's", async () => {
    const { database, store } = open();
    await store.save(installation);
    const [[at, saved] = ["", ""]] = database.kept;

    database.kept.set(at.replace("T1", "T2"), saved);

    await expect(store.load("T2")).rejects.toMatchObject({ code: "not-set-up" });
  });

  it("refuse another key, and one of another length", async () => {
    const { database, store } = open();
    await store.save(installation);

    const other = open(database, randomBytes(32).toString("base64")).store;
    const short = open(database, "abcd").store;

    await expect(other.load("T1")).rejects.toMatchObject({ code: "not-set-up" });
    await expect(short.load("T1")).rejects.toMatchObject({
      code: "config-invalid",
      message: expect.stringContaining("openssl rand"),
    });
  });
});
