import { describe, expect, it } from "vitest";
import { redisFeedback } from "../../../../connectors/store/redis-feedback.ts";
import { redisMemory } from "../../../../connectors/store/redis-memory.ts";
import type { Diagnosis } from "../../../../pipeline/diagnosis.ts";
import { answeredCase } from "../../../../pipeline/labelled-case.ts";
import { fakeDiagnosis, fakeQuestion } from "../../../fakes/fake-diagnosis.ts";
import { geoDiagnosis } from "../../../fakes/geo-diagnosis.ts";
import { fakeRedisHashes } from "../../../fakes/redis-hashes.ts";

const day = 86_400_000;
const hour = 3_600_000;

function remembering() {
  const redis = fakeRedisHashes();
  const clock = { now: Date.UTC(2026, 10, 23, 16) };
  const options = { key: "k", retentionMs: 30 * day, now: () => clock.now };
  return {
    hash: redis.hash("k"),
    clock,
    memory: redisMemory(redis, options),
    feedback: redisFeedback(redis, options),
  };
}

/** Geo's incident, so much later, asked about under another id. */
function geoAgain(laterMs: number, id: string): Diagnosis {
  const diagnosis = geoDiagnosis();
  const moved = <Timed extends { start: number; end: number }>(timed: Timed) => ({
    ...timed,
    start: timed.start + laterMs,
    end: timed.end + laterMs,
  });
  return {
    ...diagnosis,
    question: { ...diagnosis.question, id, askedAt: diagnosis.question.askedAt + laterMs },
    window: moved(diagnosis.window),
    evidence: diagnosis.evidence.map(moved),
  };
}

const everything = { service: null, limit: 100 };

describe("the memory of incidents in Redis", () => {
  it("tells of an incident like this one that was here before", async () => {
    const { memory } = remembering();
    expect(await memory.remember(geoDiagnosis())).toEqual([]);

    const similar = await memory.remember(geoAgain(3 * day, "again"));

    expect(similar).toMatchObject([{ incident: { service: "geo" }, likeness: 1 }]);
    expect((await memory.list(everything)).map(({ questionId }) => questionId)).toEqual([
      "again",
      geoDiagnosis().question.id,
    ]);
  });

  it("keeps an incident once that is asked about several times, as long as it was seen", async () => {
    const { memory } = remembering();
    await memory.remember(geoDiagnosis());
    const [first] = await memory.list(everything);

    const similar = await memory.remember(geoAgain(10 * 60_000, "later"));

    expect(similar).toEqual([]);
    expect(await memory.list(everything)).toMatchObject([
      { questionId: "later", start: first?.start, end: (first?.end ?? 0) + 10 * 60_000 },
    ]);
  });

  it("tells where only some services may be seen of their incidents alone, and not in the words of then", async () => {
    const { memory } = remembering();
    await memory.remember(geoDiagnosis());
    const seenBy = (services: string[], id: string, laterMs: number) => {
      const again = geoAgain(laterMs, id);
      const permitted = { services, sources: null };
      return memory.remember({ ...again, question: { ...again.question, permitted } });
    };

    expect(await seenBy(["rate"], "rate", 3 * day)).toEqual([]);
    expect(await seenBy(["g*"], "geo", 6 * day)).toMatchObject([
      { incident: { questionId: "rate", service: "geo", why: "", metric: null } },
      { incident: { service: "geo", why: "", metric: null } },
    ]);
  });

  it("tells what people said it was, to whom may see that service", async () => {
    const { memory, feedback } = remembering();
    await memory.remember(geoDiagnosis());
    await feedback.say(answeredCase(geoDiagnosis()), {
      person: "ann",
      at: Date.UTC(2026, 10, 23, 16),
      verdict: "wrong",
      service: "rate",
    });

    const all = await memory.remember(geoAgain(3 * day, "again"));
    const later = geoAgain(6 * day, "later");
    const permitted = { services: ["geo"], sources: null };
    const some = await memory.remember({ ...later, question: { ...later.question, permitted } });

    expect(all.map(({ confirmed }) => confirmed)).toEqual(["rate"]);
    expect(some.map(({ confirmed }) => confirmed)).toEqual([null, null]);
  });

  it("recalls for the next diagnosis what may be seen there, with what people said", async () => {
    const { memory, feedback, clock } = remembering();
    await memory.remember(geoDiagnosis());
    const said = { person: "slack:T1:U1", at: clock.now, verdict: "wrong", service: "rate" } as const;
    await feedback.say(answeredCase(geoDiagnosis()), said);

    const all = await memory.recall(null);
    const some = await memory.recall({ services: ["geo"], sources: null });
    const none = await memory.recall({ services: ["search"], sources: null });

    expect(all).toMatchObject([{ incident: { service: "geo" }, confirmed: "rate" }]);
    expect(all[0]?.incident.why).not.toBe("");
    expect(some).toMatchObject([{ incident: { service: "geo", why: "", metric: null }, confirmed: null }]);
    expect(none).toEqual([]);
  });

  it("remembers nothing where no cause is named", async () => {
    const { memory, hash } = remembering();

    expect(await memory.remember(fakeDiagnosis(fakeQuestion("q", "fine")))).toEqual([]);
    expect(hash.size).toBe(0);
  });

  it("forgets what was last asked about longer ago than is kept", async () => {
    const { memory, clock } = remembering();
    await memory.remember(geoDiagnosis());

    clock.now += 31 * day;
    await memory.remember(geoAgain(31 * day, "new"));

    expect((await memory.list(everything)).map(({ questionId }) => questionId)).toEqual(["new"]);
  });

  it("lists the incidents of one service, and forgets by id and by time", async () => {
    const { memory } = remembering();
    await memory.remember(geoDiagnosis());
    await memory.remember(geoAgain(5 * hour, "b"));
    await memory.remember(geoAgain(10 * hour, "c"));

    expect(await memory.list({ service: "rate", limit: 100 })).toEqual([]);
    expect(await memory.list({ service: "geo", limit: 2 })).toHaveLength(2);
    const named = await memory.forget({ before: null, questionId: "b" });
    const old = await memory.forget({ before: geoDiagnosis().window.end, questionId: null });

    expect([...named, ...old].map(({ questionId }) => questionId)).toEqual(["b", geoDiagnosis().question.id]);
    expect((await memory.list(everything)).map(({ questionId }) => questionId)).toEqual(["c"]);
  });

  it("passes over what it cannot read", async () => {
    const { memory, hash } = remembering();
    hash.set("old", "{");
    hash.set("older", '{"savedAt":1}');

    expect(await memory.list(everything)).toEqual([]);
  });
});
