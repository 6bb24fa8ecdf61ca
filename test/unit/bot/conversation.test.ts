import { describe, expect, it } from "vitest";
import { conversation, type Desk } from "../../../bot/conversation.ts";
import { directVoice } from "../../../bot/direct-voice.ts";
import { threads } from "../../../bot/follow-up/threads.ts";
import type { Wording } from "../../../bot/follow-up/wording.ts";
import type { ChatSurface } from "../../../bot/surface.ts";
import type { Enqueue } from "../../../jobs/enqueue.ts";
import type { ThreadStore } from "../../../jobs/store.ts";
import { BotError } from "../../../pipeline/errors.ts";
import { unansweredCall } from "../../../pipeline/model-call.ts";
import type { ChatQuestion, FollowUp, ReadQuestion } from "../../../pipeline/types.ts";
import { fakeSummary } from "../../fakes/fake-diagnosis.ts";
import { geoDiagnosis } from "../../fakes/geo-diagnosis.ts";
import { recordingSurface } from "../../fakes/surface.ts";
import { fakeThreadStore } from "../../fakes/thread-store.ts";

const hour = 3_600_000;
const understood: ReadQuestion = {
  intent: "diagnose",
  window: { start: 0, end: hour },
  from: "question",
  services: [],
  unknownServices: [],
  modalities: null,
  followUp: null,
  isUnread: false,
  notes: [],
  calls: [],
};
const signal = new AbortController().signal;

const noQueue: Enqueue = {
  ask: () => Promise.reject(new Error("no queue")),
  summarize: () => Promise.reject(new Error("no queue")),
};

/** A desk whose queue answers with geo's diagnosis after two stages, and keeps what it was asked. */
interface Changes {
  readonly read?: Desk["read"];
  readonly store?: ThreadStore;
  readonly enqueue?: Enqueue;
  readonly surface?: ChatSurface;
  readonly commands?: Desk["commands"];
  readonly wording?: Wording;
}

function deskWith(changes: Changes = {}, canAsk = true) {
  const surface = recordingSurface(canAsk);
  const asked: ChatQuestion[] = [];
  const enqueue: Enqueue = {
    async ask(_surface, question, onStage) {
      asked.push(question);
      onStage({ name: "read", state: "started", detail: "" });
      onStage({ name: "read", state: "done", detail: "geo" });
      return { jobId: question.id, diagnosis: Promise.resolve(geoDiagnosis()) };
    },
    async summarize(_surface, question) {
      asked.push(question);
      return { jobId: question.id, summary: Promise.resolve(fakeSummary(question)) };
    },
  };
  const ownThreads = threads(changes.store ?? fakeThreadStore(), false);
  const talk = conversation({
    canAsk,
    voiceOf: directVoice({ surface, enqueue, depth: "short", ...changes, threads: ownThreads }),
    read: changes.read ?? (async () => understood),
    threads: ownThreads,
    defaultWindowMs: 6 * hour,
    ...(changes.commands === undefined ? {} : { commands: changes.commands }),
    ...(changes.wording === undefined ? {} : { wording: changes.wording }),
  });
  return { surface, asked, talk };
}

/** Reads the first text as a question, and what comes after an answer as this follow-up. */
function followedBy(followUp: FollowUp): Desk["read"] {
  return async (_question, previous) =>
    previous === null
      ? understood
      : { ...understood, intent: "follow-up", window: null, from: "ask", followUp };
}

const call = {
  purpose: "follow-up",
  prompt: { id: "follow-up", version: 1 },
  promptHash: "0",
  promptCharacters: { system: 0, user: 0 },
  model: "qwen3",
  problem: null,
  ...unansweredCall,
};

describe("a follow-up where a model words it", () => {
  const whyNot: FollowUp = { kind: "why-not", services: ["rate"], mentioned: "rate" };
  const sentences = [
    { text: "rate has weaker signs.", evidence: ["metric-1"] },
    { text: "geo panics.", evidence: ["fact-1"] },
  ];
  const worded = { kind: "worded", by: "qwen3", sentences, dropped: 0, calls: [] } as const;
  type Asked = Parameters<Wording["word"]>[0];

  function wordingBy(word: Wording["word"]): Wording & { readonly heard: Asked[] } {
    const heard: Asked[] = [];
    return {
      heard,
      word: (asked, stop) => {
        heard.push(asked);
        return word(asked, stop);
      },
      condense: async (history) => ({ history, calls: [] }),
    };
  }

  async function talked(followUp: FollowUp, wording: Wording, store = fakeThreadStore()) {
    const { surface, talk } = deskWith({ read: followedBy(followUp), wording, store });
    await talk.hear(surface.say("what broke"), signal);
    await talk.hear(surface.say("why not rate?"), signal);
    return { replies: surface.messages[1] ?? [], talk, surface, store };
  }

  it("gets the short answer first, then why, and what it rests on; the call is kept with the answer", async () => {
    const wording = wordingBy(async () => ({
      kind: "worded",
      by: "qwen3",
      sentences,
      dropped: 1,
      calls: [call],
    }));

    const { replies, store } = await talked(whyNot, wording);

    expect(replies.map(({ kind }) => kind)).toEqual(["progress", "words"]);
    expect(replies.at(-1)).toMatchObject({
      paragraphs: [
        "rate has weaker signs.",
        "geo panics.",
        "Worded by qwen3; rests on the answer above and metric-1. 1 sentence left out that it does not hold.",
      ],
    });
    expect(store.kept).toEqual([`${geoDiagnosis().question.id} follow-up`]);
  });

  it("gets the same facts where the model is off, or its words are of no use", async () => {
    const off = deskWith({ read: followedBy(whyNot) });
    await off.talk.hear(off.surface.say("what broke"), signal);
    await off.talk.hear(off.surface.say("why not rate?"), signal);
    const plain = off.surface.messages[1]?.at(-1);
    const wording = wordingBy(async () => ({ kind: "failed", why: "It is down.", calls: [] }));

    const { replies } = await talked(whyNot, wording);

    const facts = plain?.kind === "words" ? plain.paragraphs : [];
    expect(facts.length).toBeGreaterThan(1);
    expect(wording.heard[0]?.facts).toEqual(facts);
    expect(replies.at(-1)).toMatchObject({
      paragraphs: [...facts, "Not worded by the language model: It is down."],
    });
  });

  it("shows the lines that were asked for below the words", async () => {
    const wording = wordingBy(async () => worded);

    const { replies } = await talked({ kind: "show", what: "log", services: [] }, wording);

    const reply = replies.at(-1);
    const paragraphs = reply?.kind === "words" ? reply.paragraphs : [];
    expect(paragraphs[0]).toBe("rate has weaker signs.");
    expect(paragraphs.slice(2, -1)).toEqual(wording.heard[0]?.facts);
  });

  it("hears what was said before in the thread", async () => {
    const wording = wordingBy(async () => worded);

    const { talk, surface } = await talked(whyNot, wording);
    await talk.hear(surface.say("and search?"), signal);

    expect(wording.heard[0]?.history.turns).toEqual([]);
    expect(wording.heard[1]?.history.turns).toMatchObject([{ asked: "why not rate?" }]);
  });

  it("answers a question that no form fits from the whole case, and else asks what was meant", async () => {
    const read: Desk["read"] = async (_question, previous) =>
      previous === null ? understood : { ...understood, intent: "follow-up", window: null, from: "ask" };
    const good = wordingBy(async () => worded);
    const bad = wordingBy(async () => ({ kind: "failed", why: "It is down.", calls: [] }));

    const last = [];
    for (const wording of [good, bad]) {
      const { surface, talk } = deskWith({ read, wording });
      await talk.hear(surface.say("what broke"), signal);
      await talk.hear(surface.say("does that fit a leak?"), signal);
      last.push(surface.messages[1]?.at(-1));
    }

    expect(good.heard[0]?.facts[0]).toContain("geo");
    expect(last[0]).toMatchObject({ paragraphs: expect.arrayContaining(["rate has weaker signs."]) });
    expect(last[1]).toMatchObject({
      paragraphs: expect.arrayContaining([expect.stringContaining("I cannot tell what")]),
    });
  });
});

describe("the conversation", () => {
  it("shows the stages in one message and then the answer in their place", async () => {
    const { surface, talk } = deskWith();

    const outcome = await talk.hear(surface.say("what broke"), signal);

    expect(outcome.kind).toBe("answered");
    expect(surface.messages).toHaveLength(1);
    expect(surface.messages[0]?.map(({ kind }) => kind)).toEqual([
      "progress",
      "progress",
      "progress",
      "answer",
    ]);
    expect(surface.messages[0]?.[2]).toEqual({
      kind: "progress",
      stages: [{ name: "read", state: "done", detail: "geo" }],
    });
  });

  it("shows what is found on the way, until the answer takes its place", async () => {
    const enqueue: Enqueue = {
      ...noQueue,
      async ask(_surface, question, onStage) {
        onStage({ name: "localize", state: "done", detail: "", found: "geo comes first." });
        onStage({ name: "consult", state: "started", detail: "" });
        return { jobId: question.id, diagnosis: Promise.resolve(geoDiagnosis()) };
      },
    };
    const { surface, talk } = deskWith({ enqueue });

    await talk.hear(surface.say("what broke"), signal);

    expect(surface.messages).toHaveLength(1);
    const shown = surface.messages[0] ?? [];
    expect(shown.map((reply) => ("found" in reply ? reply.found : null))).toEqual([
      null,
      "geo comes first.",
      "geo comes first.",
      null,
    ]);
    expect(shown.at(-1)?.kind).toBe("answer");
  });

  it("asks for the time, and says why, where it cannot read the language", async () => {
    const unread: ReadQuestion = { ...understood, intent: "none", window: null, from: "ask", isUnread: true };
    const read = async ({ text }: ChatQuestion) => (text === "the last hour" ? understood : unread);
    const { surface, asked, talk } = deskWith({ read });

    await talk.hear(surface.say("что сломалось вчера с 14:00 до 15:00"), signal);
    await talk.hear(surface.say("the last hour"), signal);

    expect(surface.messages[0]?.at(-1)).toMatchObject({
      kind: "time-request",
      text: expect.stringMatching(/^I cannot read this language: .* Which time shall I look at\?/),
    });
    expect(asked[0]).toMatchObject({ askedWindow: understood.window });
  });

  it("asks back when no time was named, and takes the time from the next message", async () => {
    const read = async ({ text }: ChatQuestion): Promise<ReadQuestion> =>
      text === "the last hour" ? understood : { ...understood, window: null, from: "ask" };
    const { surface, asked, talk } = deskWith({ read });

    const first = await talk.hear(surface.say("what broke in geo"), signal);
    const second = await talk.hear(surface.say("the last hour"), signal);

    expect([first.kind, second.kind]).toEqual(["asked-back", "answered"]);
    expect(surface.messages[0]?.at(-1)).toMatchObject({
      kind: "time-request",
      choices: [{ label: "the last 15 minutes" }, { label: "the last hour" }, { label: "the last 6 hours" }],
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      id: "recording-1",
      text: "what broke in geo",
      askedWindow: { start: 0, end: hour },
    });
  });

  it("takes the default window when the answer names no time either", async () => {
    const { surface, asked, talk } = deskWith({
      read: async () => ({ ...understood, window: null, from: "ask" }),
    });

    await talk.hear(surface.say("what broke in geo"), signal);
    const outcome = await talk.hear(surface.say("no idea"), signal);

    expect(outcome.kind).toBe("answered");
    expect(asked[0]?.askedWindow).toBeNull();
  });

  it("asks again when the named time is none", async () => {
    const read = async ({ text }: ChatQuestion): Promise<ReadQuestion> => {
      if (text === "tomorrow")
        throw new BotError("window-invalid", "That is in the future. Name a past time.");
      return text === "the last hour" ? understood : { ...understood, window: null, from: "ask" };
    };
    const { surface, asked, talk } = deskWith({ read });

    await talk.hear(surface.say("what broke"), signal);
    const wrong = await talk.hear(surface.say("tomorrow"), signal);
    const right = await talk.hear(surface.say("the last hour"), signal);

    expect([wrong.kind, right.kind]).toEqual(["failed", "answered"]);
    expect(asked[0]?.text).toBe("what broke");
  });

  it("does not ask back where nobody can answer", async () => {
    const { surface, asked, talk } = deskWith(
      { read: async () => ({ ...understood, window: null, from: "ask" }) },
      false,
    );

    const outcome = await talk.hear(surface.say("what broke"), signal);

    expect(outcome.kind).toBe("answered");
    expect(asked).toHaveLength(1);
  });

  it("offers the nearest names for an unknown service and queues nothing", async () => {
    const { surface, asked, talk } = deskWith({
      read: async () => ({
        ...understood,
        unknownServices: [{ mentioned: "goe", nearest: ["geo", "rate"] }],
      }),
    });

    const outcome = await talk.hear(surface.say("what broke in goe"), signal);

    expect(outcome).toMatchObject({ kind: "failed", error: { code: "service-unknown" } });
    expect(surface.messages[0]?.at(-1)).toMatchObject({
      kind: "failure",
      what: 'No telemetry names a service "goe".',
      remedy: expect.stringContaining("geo, rate"),
    });
    expect(asked).toEqual([]);
  });

  it("answers greetings with what it is for", async () => {
    const { surface, asked, talk } = deskWith({
      read: async () => ({ ...understood, intent: "none", window: null, from: "ask" }),
    });

    expect(await talk.hear(surface.say("hello"), signal)).toEqual({ kind: "told", intent: "none" });
    expect(surface.messages[0]?.at(-1)?.kind).toBe("words");
    expect(asked).toEqual([]);
  });

  it("answers a follow-up from the answer before, without asking the queue again", async () => {
    const { surface, asked, talk } = deskWith({ read: followedBy({ kind: "more" }) });

    await talk.hear(surface.say("what broke"), signal);
    const outcome = await talk.hear(surface.say("more!"), signal);

    expect(outcome).toEqual({ kind: "told", intent: "follow-up" });
    expect(surface.messages[1]?.[0]).toMatchObject({ kind: "answer", left: { causes: 0, evidence: 0 } });
    expect(asked).toHaveLength(1);
  });

  it("asks the queue a changed question for one that needs another look", async () => {
    const window = { start: 1, end: 2 };
    const carried = { services: ["geo"], modalities: ["log" as const], note: "Only logs." };
    const { surface, asked, talk } = deskWith({ read: followedBy({ kind: "look-again", window, carried }) });

    await talk.hear(surface.say("what broke"), signal);
    const outcome = await talk.hear(surface.say("only the logs"), signal);

    expect(outcome.kind).toBe("answered");
    expect(asked[1]).toMatchObject({
      id: "recording-2",
      text: "only the logs",
      askedWindow: window,
      carried,
    });
  });

  it("says whether it is over before what another look found", async () => {
    const again = {
      kind: "look-again" as const,
      window: { start: 1, end: 2 },
      carried: { services: [], modalities: null, note: "" },
    };
    const { surface, talk } = deskWith({ read: followedBy({ kind: "is-over", again }) });

    await talk.hear(surface.say("what broke"), signal);
    await talk.hear(surface.say("is it over?"), signal);

    const last = surface.messages[1]?.at(-1);
    expect(last?.kind === "answer" ? last.verdictLines[0] : "").toBe(
      "It is not over: geo still comes first.",
    );
  });

  it("goes on with a thread after a restart, from what was saved of it", async () => {
    const store = fakeThreadStore([geoDiagnosis()]);
    const before = deskWith({ store });
    await before.talk.hear(before.surface.say("what broke"), signal);

    const { surface, asked, talk } = deskWith({ store, read: followedBy({ kind: "confidence" }) });
    await talk.hear(surface.say("how sure are you?"), signal);

    expect(JSON.stringify(surface.messages[0]?.at(-1))).toContain("78 % for geo");
    expect(asked).toEqual([]);
  });

  it("remembers over a restart which question waits for a time", async () => {
    const store = fakeThreadStore();
    const before = deskWith({ store, read: async () => ({ ...understood, window: null, from: "ask" }) });
    await before.talk.hear(before.surface.say("what broke in geo"), signal);

    const { surface, asked, talk } = deskWith({ store });
    await talk.hear(surface.say("the last hour"), signal);

    expect(asked[0]).toMatchObject({ text: "what broke in geo", askedWindow: { start: 0, end: hour } });
  });

  it("gives the answer where the thread cannot be saved", async () => {
    const store = {
      ...fakeThreadStore(),
      saveThread: async () => {
        throw new Error("Redis is away");
      },
    };
    const { surface, talk } = deskWith({ store });

    expect((await talk.hear(surface.say("what broke"), signal)).kind).toBe("answered");
  });

  it("says that there is nothing to follow where no answer was given yet", async () => {
    const { surface, asked, talk } = deskWith({
      read: async () => ({ ...understood, intent: "follow-up", window: null, from: "ask" }),
    });

    await talk.hear(surface.say("show the logs"), signal);

    expect(JSON.stringify(surface.messages[0]?.at(-1))).toContain("no answer here yet");
    expect(asked).toEqual([]);
  });

  it("sums a period up where the question asks for that, also when the time is said only when asked back", async () => {
    const asksBack: ReadQuestion = { ...understood, intent: "summary", window: null, from: "ask" };
    const { surface, talk, asked } = deskWith({
      read: async ({ text }) => (text === "sum it up" ? asksBack : understood),
    });

    const first = await talk.hear(surface.say("sum it up"), signal);
    const second = await talk.hear(surface.say("the last hour"), signal);

    expect([first.kind, second.kind]).toEqual(["asked-back", "summarized"]);
    expect(asked).toMatchObject([{ text: "sum it up", askedWindow: understood.window }]);
    expect(surface.messages[1]?.at(-1)).toMatchObject({ kind: "summary", incidents: [] });
  });

  it("says what stopped a job, in the message that showed its stages", async () => {
    const diagnosis = Promise.reject(new BotError("source-unavailable", "Nothing answered. Try later."));
    diagnosis.catch(() => undefined);
    const { surface, talk } = deskWith({
      enqueue: { ...noQueue, ask: async () => ({ jobId: "1", diagnosis }) },
    });

    const outcome = await talk.hear(surface.say("what broke"), signal);

    expect(outcome.kind).toBe("failed");
    expect(surface.messages[0]?.map(({ kind }) => kind)).toEqual(["progress", "failure"]);
  });

  it("says that a bug is one, and throws it", async () => {
    const { surface, talk } = deskWith({
      enqueue: {
        ...noQueue,
        ask: async () => {
          throw new TypeError("x is not a function");
        },
      },
    });

    await expect(talk.hear(surface.say("what broke"), signal)).rejects.toThrow(TypeError);
    expect(surface.messages[0]?.at(-1)).toMatchObject({ kind: "failure", code: null });
    expect(JSON.stringify(surface.messages)).not.toContain("not a function");
  });

  it("gives the answer even where a stage could not be shown", async () => {
    const surface = recordingSurface(true);
    const { talk } = deskWith({
      surface: {
        ...surface,
        update: async (message, reply, sending) => {
          if (reply.kind === "progress") throw new Error("rate limited");
          return surface.update(message, reply, sending);
        },
      },
    });

    await talk.hear(surface.say("what broke"), signal);

    expect(surface.messages[0]?.at(-1)?.kind).toBe("answer");
  });

  it("does what nobody wrote without a word, and asks nothing for it", async () => {
    const heard: string[] = [];
    const { surface, asked, talk } = deskWith({
      async commands({ message }) {
        heard.push(message.text);
        return message.text === "stop"
          ? { kind: "words", paragraphs: ["Nothing is being looked at."] }
          : null;
      },
    });

    await talk.hear({ ...surface.say("stop"), isQuiet: true }, signal);
    await talk.hear({ ...surface.say("what broke"), isQuiet: true }, signal);

    expect(heard).toEqual(["stop", "what broke"]);
    expect(surface.messages).toEqual([]);
    expect(asked).toEqual([]);
  });
});
