import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { bullmq } from "../../jobs/bullmq.ts";
import { type LaneWorkOptions, openLanes, startLaneWork } from "../../jobs/lanes.ts";
import type { Content, Delivery } from "../../jobs/notifier.ts";
import { openOutbox, startDelivery } from "../../jobs/outbox.ts";
import { asRedisTrouble } from "../../jobs/redis-connection.ts";
import { BotError } from "../../pipeline/errors.ts";
import { redisConnections } from "../support/redis-server.ts";
import { until } from "../support/until.ts";

async function open() {
  const connections = await redisConnections();
  const options = { name: "inbox-test", connections, keepMs: 60_000 };
  const lanes = openLanes(options);
  const work = (changes: Partial<LaneWorkOptions> & Pick<LaneWorkOptions, "handle">) => {
    const started = startLaneWork({
      ...options,
      concurrency: 4,
      lockMs: 1_000,
      onDropped: (_body, error) => {
        throw error;
      },
      ...changes,
    });
    onTestFinished(() => started.close(1_000));
    return started;
  };
  return { connections, options, lanes, work };
}

describe("lanes", () => {
  it("hand on what nobody was told of: whoever put it ended too early", async () => {
    const { lanes, work, connections } = await open();
    const queue = new bullmq.Queue("inbox-test", {
      prefix: connections.prefix,
      connection: connections.client,
    });
    await lanes.put("t", { id: "1", body: "first" });
    await queue.obliterate({ force: true });
    const handled: unknown[] = [];

    work({ handle: async (body) => void handled.push(body) });
    await until(() => handled.length === 1, 15_000);

    await until(async () => (await connections.client.keys("*filled*")).length === 0);
    expect(handled).toEqual(["first"]);
    await queue.close();
  });

  it("keep an item through any trouble of Redis, and give one up that breaks what handles it", async () => {
    const { lanes, work } = await open();
    let tries = 0;
    const dropped: unknown[] = [];
    work({
      async handle(body) {
        tries += 1;
        if (body === "bug") throw new TypeError("no such thing");
        const away = new Error("Reached the max retries per request limit (which is 5).");
        if (tries <= 3) throw asRedisTrouble(away) ?? away;
      },
      onDropped: (body) => void dropped.push(body),
    });
    await lanes.put("t", { id: "1", body: "redis" });
    await until(() => tries === 4, 20_000);
    await lanes.put("t", { id: "2", body: "bug" });
    await until(() => dropped.length === 1, 10_000);

    expect(dropped).toEqual(["bug"]);
    expect(tries).toBe(7);
  });

  it("read an item that another version has put, with keys unknown here and without new ones", async () => {
    const { work, connections, lanes } = await open();
    await lanes.put("t", { id: "1", body: "here" });
    const [list = ""] = (await connections.client.keys("*:lane:inbox-test:*")).filter((key) =>
      /:inbox-test:[0-9a-f]+$/.test(key),
    );
    await connections.client.rpush(list, JSON.stringify({ id: "2", body: "newer", at: Date.now(), more: 1 }));
    await connections.client.rpush(list, JSON.stringify({ body: "older" }));
    const handled: unknown[] = [];

    work({ handle: async (body) => void handled.push(body) });
    await until(() => handled.length === 3);

    expect(handled).toEqual(["here", "newer", "older"]);
  });
});

const thread = { surface: "fake", thread: "t" };
const progress: Content = { kind: "progress", questionId: "q", stages: [] };
const made: Content = { kind: "made", questionId: "q", task: "diagnose", since: null };

describe("the outbox", () => {
  it("takes back what a program posted that was stopped while it did, and leaves the final word", async () => {
    const { options, connections } = await open();
    const outbox = openOutbox(options);
    onTestFinished(() => outbox.close());
    const there = new Map<string, Content["kind"]>();
    const sent: Delivery[] = [];
    let posts = 0;
    let release: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => {
      release = resolve;
    });
    const program = (isStopped: boolean) => {
      const delivery = startDelivery({
        ...options,
        concurrency: 1,
        lockMs: 1_000,
        onDropped: () => undefined,
        notifier: {
          async send(one) {
            sent.push(one);
            // As SIGSTOP would leave it: its lock runs out while it posts.
            if (isStopped && sent.length === 1) {
              for (const key of await connections.client.keys("*:lock")) await connections.client.del(key);
              await stopped;
            }
            const id = one.message ?? `m${++posts}`;
            there.set(id, one.content.kind);
            return id;
          },
          takeBack: async ({ message }) => void there.delete(message),
        },
      });
      onTestFinished(() => delivery.close(1_000));
    };
    program(true);
    await outbox.put(thread, "slot", progress, false);
    await until(() => sent.length === 1);
    program(false);
    await outbox.put(thread, "slot", made, true);
    await until(() => there.size === 1);
    release();
    await until(() => posts === 2 && there.size === 1);
    await until(() => sent.length >= 3 && [...there.values()].every((kind) => kind === "made"));

    expect([...there.values()]).toEqual(["made"]);
    expect(sent[1]?.mayHaveLanded).toBe(true);
  });

  it("shows the answers of a thread in order, also where they wait for a chat that was down", async () => {
    const { options } = await open();
    const outbox = openOutbox(options);
    onTestFinished(() => outbox.close());
    for (const slot of ["first", "second"]) await outbox.put(thread, slot, progress, false);
    for (const slot of ["first", "second"]) await outbox.put(thread, slot, made, true);
    const shown: string[] = [];

    const delivery = startDelivery({
      ...options,
      concurrency: 4,
      onDropped: () => undefined,
      notifier: {
        async send({ key, content, message }) {
          shown.push(`${message === null ? "posts" : "edits"} ${key}: ${content.kind}`);
          return key;
        },
        takeBack: async () => undefined,
      },
    });
    onTestFinished(() => delivery.close(1_000));
    await until(() => shown.length === 4);

    expect(shown).toEqual([
      "posts first: progress",
      "posts second: progress",
      "edits first: made",
      "edits second: made",
    ]);
  });

  it("keeps what only a newer version can show until that is there", async () => {
    const { options, connections } = await open();
    const outbox = openOutbox(options);
    onTestFinished(() => outbox.close());
    const kinds: string[] = [];
    const dropped: unknown[] = [];
    await outbox.put(thread, "slot", progress, false);
    const [key = ""] = await connections.client.keys("*:message:*");
    await connections.client.hset(key, "content", JSON.stringify({ kind: "hologram" }));
    const delivery = startDelivery({
      ...options,
      concurrency: 1,
      onDropped: (_thread, error) => void dropped.push(error),
      notifier: {
        async send({ content }) {
          kinds.push(content.kind);
          return "m1";
        },
        takeBack: async () => undefined,
      },
    });
    onTestFinished(() => delivery.close(1_000));
    await sleep(300);
    await connections.client.hset(key, "content", JSON.stringify({ ...made, more: "keys" }));
    await until(() => kinds.length === 1);

    expect(kinds).toEqual(["made"]);
    expect(dropped).toEqual([]);
  });
});

describe("trouble of Redis", () => {
  it.each([
    ["Reached the max retries per request limit (which is 5).", "MaxRetriesPerRequestError"],
    ["Connection is closed.", "Error"],
    ["LOADING Redis is loading the dataset in memory", "ReplyError"],
    ["READONLY You can't write against a read only replica.", "ReplyError"],
  ])("is told from a bug: %s", (message, name) => {
    const error = Object.assign(new Error(message), { name });

    expect(asRedisTrouble(error)).toMatchObject({ code: "redis-unavailable", retryable: true });
  });

  it.each([
    ["WRONGTYPE Operation against a key holding the wrong kind of value", "ReplyError"],
    ["LOADING of nothing", "TypeError"],
  ])("is nothing else: %s", (message, name) => {
    expect(asRedisTrouble(Object.assign(new Error(message), { name }))).toBeNull();
    expect(asRedisTrouble(new BotError("cancelled", "x"))).toBeNull();
  });
});
