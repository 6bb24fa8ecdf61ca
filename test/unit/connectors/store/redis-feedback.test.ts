import { describe, expect, it } from "vitest";
import { redisFeedback } from "../../../../connectors/store/redis-feedback.ts";
import { answeredCase, type Said } from "../../../../pipeline/labelled-case.ts";
import { geoDiagnosis } from "../../../fakes/geo-diagnosis.ts";
import { fakeRedisHashes } from "../../../fakes/redis-hashes.ts";

const day = 86_400_000;
const start = Date.UTC(2026, 10, 23, 16);

function keeping() {
  const redis = fakeRedisHashes();
  const clock = { now: start };
  return {
    redis,
    clock,
    feedback: redisFeedback(redis, { key: "k", retentionMs: 30 * day, now: () => clock.now }),
  };
}

function about(questionId: string, laterMs = 0) {
  const answered = answeredCase(geoDiagnosis());
  const { start: from, end } = answered.window;
  return { ...answered, questionId, window: { start: from + laterMs, end: end + laterMs } };
}

function said(person: string, service: string | null, at = start): Said {
  return { person, at, service, verdict: service === "geo" ? "confirmed" : "wrong" };
}

const everything = { before: null, questionId: null };

describe("what people said of answers, in Redis", () => {
  it("gives back each case with what everybody said last", async () => {
    const { feedback } = keeping();
    await feedback.say(about("q"), said("ann", "rate"));
    await feedback.say(about("q"), said("bob", "geo", start + 1));
    await feedback.say(about("q"), said("ann", "geo", start + 2));

    expect(await feedback.list()).toEqual([
      { ...about("q"), said: [said("ann", "geo", start + 2), said("bob", "geo", start + 1)] },
    ]);
  });

  it("keeps two who speak at once", async () => {
    const { feedback } = keeping();

    await Promise.all(["ann", "bob", "eve"].map((person) => feedback.say(about("q"), said(person, "geo"))));

    expect((await feedback.list())[0]?.said.map(({ person }) => person).sort()).toEqual([
      "ann",
      "bob",
      "eve",
    ]);
  });

  it("keeps ids apart, whatever they hold", async () => {
    const { feedback } = keeping();
    await feedback.say(about('q","x'), said("y", "geo"));
    await feedback.say(about("q"), said('x","y', "rate"));

    expect((await feedback.list()).map((one) => one.said.length)).toEqual([1, 1]);
  });

  it("lists the latest window first, and forgets by id and by time", async () => {
    const { feedback, redis } = keeping();
    for (const [id, later] of [
      ["old", 0],
      ["new", 2 * day],
      ["mid", day],
    ] as const) {
      await feedback.say(about(id, later), said("ann", "geo"));
    }

    expect((await feedback.list()).map(({ questionId }) => questionId)).toEqual(["new", "mid", "old"]);
    const named = await feedback.forget({ ...everything, questionId: "new" });
    const past = await feedback.forget({ ...everything, before: about("old").window.end + 1 });

    expect([...named, ...past].map(({ questionId }) => questionId)).toEqual(["new", "old"]);
    expect((await feedback.list()).map(({ questionId }) => questionId)).toEqual(["mid"]);
    expect(redis.hash("k:said").size).toBe(1);
  });

  it("forgets what was last said longer ago than is kept", async () => {
    const { feedback, clock, redis } = keeping();
    await feedback.say(about("old"), said("ann", "geo"));
    clock.now += 31 * day;

    expect(await feedback.list()).toEqual([]);
    await feedback.say(about("new"), said("ann", "geo", clock.now));

    expect([...redis.hash("k:cases").keys()]).toEqual(["new"]);
  });

  it("passes over what it cannot read", async () => {
    const { feedback, redis } = keeping();
    await feedback.say(about("q"), said("ann", "geo"));
    redis.hash("k:cases").set("a", "{");
    redis.hash("k:said").set("no list", "{}");
    redis.hash("k:said").set('["q","bob"]', '{"person":"bob"}');

    expect((await feedback.list()).map((one) => one.said)).toEqual([[said("ann", "geo")]]);
  });
});
