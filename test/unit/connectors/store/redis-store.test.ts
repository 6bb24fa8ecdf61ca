import { describe, expect, it } from "vitest";
import { redisStore } from "../../../../connectors/store/redis-store.ts";
import { fakeDiagnosis, fakeQuestion, fakeSummary } from "../../../fakes/fake-diagnosis.ts";

function fakeRedis() {
  const kept = new Map<string, { value: string; milliseconds: number }>();
  return {
    kept,
    get: async (key: string) => kept.get(key)?.value ?? null,
    del: async (key: string) => Number(kept.delete(key)),
    set: async (key: string, value: string, _unit: "PX", milliseconds: number) => {
      kept.set(key, { value, milliseconds });
    },
    hget: async (key: string, field: string) => {
      const fields: Record<string, string> = JSON.parse(kept.get(key)?.value ?? "{}");
      return fields[field] ?? null;
    },
    hset: async (key: string, field: string, value: string) => {
      const fields: Record<string, string> = JSON.parse(kept.get(key)?.value ?? "{}");
      kept.set(key, { value: JSON.stringify({ ...fields, [field]: value }), milliseconds: 0 });
      return 1;
    },
    pexpire: async (key: string, milliseconds: number) => {
      kept.set(key, { value: kept.get(key)?.value ?? "", milliseconds });
      return 1;
    },
  };
}

const fakeReply = {
  model: "fake",
  parameters: { seed: 7 },
  promptTokens: 3,
  answerTokens: 2,
  cachedTokens: null,
  durationMs: 5,
  waitedMs: 0,
  firstWordMs: 1,
  attempts: 1,
  answer: "It was geo.",
  problem: null,
};

describe("the store in Redis", () => {
  it("keeps what a model answered, by question and request, until the question is forgotten", async () => {
    const redis = fakeRedis();
    const store = redisStore(redis, { prefix: "p", retentionMs: 1_000 });

    await store.saveCall("a", "request", fakeReply);

    expect(await store.loadCall("a", "request")).toEqual(fakeReply);
    expect(await store.loadCall("a", "another")).toBeNull();
    expect(await store.loadCall("b", "request")).toBeNull();
    expect([...redis.kept.values()].map(({ milliseconds }) => milliseconds)).toEqual([1_000]);
  });

  it("keeps what a model was asked about an answer later on with it, and the history of its thread", async () => {
    const store = redisStore(fakeRedis(), { prefix: "p", retentionMs: 1_000 });
    const diagnosis = fakeDiagnosis(fakeQuestion("a", "what broke?"));
    const call = {
      ...fakeReply,
      purpose: "follow-up",
      prompt: { id: "follow-up", version: 1 },
      promptHash: "0",
      promptCharacters: { system: 1, user: 2 },
    };
    const history = { summary: "Asked about rate.", turns: [{ asked: "why?", said: "It panics." }] };
    await store.saveDiagnosis(diagnosis);

    await store.keepCalls("a", [call]);
    await store.keepCalls("unknown", [call]);
    await store.saveThread("slack", "t", { answered: "a", waiting: null, history });

    expect((await store.loadDiagnosis("a"))?.modelCalls).toEqual([call]);
    expect(await store.loadDiagnosis("unknown")).toBeNull();
    expect((await store.loadThread("slack", "t"))?.history).toEqual(history);
  });

  it("forgets a question with all that was made of it", async () => {
    const redis = fakeRedis();
    const store = redisStore(redis, { prefix: "p", retentionMs: 1_000 });
    const question = fakeQuestion("a", "what broke?");
    await store.saveQuestion(question);
    await store.saveDiagnosis(fakeDiagnosis(question));
    await store.saveSummary(fakeSummary(question));
    await store.saveCall("a", "request", fakeReply);
    await store.saveQuestion(fakeQuestion("b", "what else?"));

    await store.forget("a");

    expect([...redis.kept.keys()]).toEqual(["p:question:b"]);
  });

  it("gives back what was saved, and null for what was not", async () => {
    const store = redisStore(fakeRedis(), { prefix: "p", retentionMs: 1_000 });
    const question = { ...fakeQuestion("a", "what broke?"), askedWindow: { start: 1, end: 2 } };
    const diagnosis = fakeDiagnosis(question);

    await store.saveQuestion(question);
    await store.saveDiagnosis(diagnosis);
    await store.saveSummary(fakeSummary(question));

    expect(await store.loadSummary("a")).toEqual(fakeSummary(question));
    expect(await store.loadSummary("b")).toBeNull();
    expect(await store.loadQuestion("a")).toEqual(question);
    expect(await store.loadDiagnosis("a")).toEqual(diagnosis);
    expect(await store.loadQuestion("b")).toBeNull();
    expect(await store.loadDiagnosis("b")).toBeNull();
  });

  it("keeps what may be seen where a question was asked, and reads questions saved before that was kept", async () => {
    const redis = fakeRedis();
    const store = redisStore(redis, { prefix: "p", retentionMs: 1_000 });
    const permitted = { services: ["geo*"], sources: null };
    const question = { ...fakeQuestion("a", "what broke?"), permitted };
    await store.saveQuestion(question);
    const diagnosis = fakeDiagnosis(question);
    await store.saveDiagnosis({ ...diagnosis, question: { ...diagnosis.question, permitted } });
    const old = '{"id":"b","text":"x","askedAt":1,"timeZone":"UTC","askedWindow":null}';
    redis.kept.set("p:question:b", { value: old, milliseconds: 1 });

    expect(await store.loadQuestion("a")).toEqual(question);
    expect((await store.loadDiagnosis("a"))?.question.permitted).toEqual(permitted);
    expect(await store.loadQuestion("b")).toEqual(JSON.parse(old));
  });

  it("keeps what a thread is at, and a question that follows an answer", async () => {
    const redis = fakeRedis();
    const store = redisStore(redis, { prefix: "p", retentionMs: 1_000 });
    const carried = { services: ["geo"], modalities: ["log" as const], note: "Only logs." };
    const waiting = { ...fakeQuestion("b", "ignore traces"), carried };
    const record = { answered: "a", waiting: { question: waiting, intent: "diagnose" as const } };

    await store.saveThread("slack", "C1:17.5", record);

    expect(await store.loadThread("slack", "C1:17.5")).toEqual(record);
    expect(await store.loadThread("slack", "C1")).toBeNull();
    expect([...redis.kept.keys()]).toEqual(["p:thread:slack:C1%3A17.5"]);
  });

  it("lets everything expire, under keys of its own", async () => {
    const redis = fakeRedis();
    const store = redisStore(redis, { prefix: "{p}", retentionMs: 86_400_000 });

    await store.saveQuestion(fakeQuestion("a", "x"));
    await store.saveDiagnosis(fakeDiagnosis(fakeQuestion("a", "x")));

    expect([...redis.kept.keys()]).toEqual(["{p}:question:a", "{p}:diagnosis:a"]);
    expect([...redis.kept.values()].map(({ milliseconds }) => milliseconds)).toEqual([
      86_400_000, 86_400_000,
    ]);
  });

  it.each(["", "{", "[]", '{"id":"a"}'])("says so when what is saved is %j", async (value) => {
    const redis = fakeRedis();
    redis.kept.set("p:question:a", { value, milliseconds: 1 });

    const loaded = redisStore(redis, { prefix: "p", retentionMs: 1 }).loadQuestion("a");

    await expect(loaded).rejects.toMatchObject({
      code: "not-set-up",
      message: expect.stringContaining("Ask again"),
    });
  });
});
