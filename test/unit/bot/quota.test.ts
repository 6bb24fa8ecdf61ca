import { describe, expect, it } from "vitest";
import { QuotaOptions } from "../../../bot/access-options.ts";
import { takeQuestion } from "../../../bot/quota.ts";
import type { ChatMessage, Sender } from "../../../bot/surface.ts";
import { quotaContract } from "../../contract/quota.ts";
import { fakeQuota } from "../../fakes/quota.ts";

const options = QuotaOptions.parse({ userPerHour: 2, channelPerHour: 3 });
const start = Date.UTC(2026, 10, 23, 13, 20);

function message(id: string, user = "U1", kind: Sender["place"]["kind"] = "channel"): ChatMessage {
  return {
    id,
    thread: { surface: "slack", thread: "C1:1" },
    text: "what broke?",
    at: start,
    timeZone: "Europe/Berlin",
    from: {
      person: { id: user, isGuest: false, isBot: false },
      place: { team: "T1", channel: "C1", kind, isShared: false },
    },
    about: null,
  };
}

describe("the fake quota", () => {
  quotaContract(async () => fakeQuota());
});

describe("how much may be asked", () => {
  function asking() {
    const clock = { now: start };
    const quota = fakeQuota(() => clock.now);
    return { clock, ask: (one: ChatMessage) => takeQuestion(one, quota, options, () => clock.now) };
  }

  it("is said in words, with the time from which more may be, in the writer's zone", async () => {
    const { ask, clock } = asking();
    expect(await ask(message("a"))).toBeNull();
    clock.now += 10 * 60_000;
    expect(await ask(message("b"))).toBeNull();
    clock.now += 10 * 60_000;

    expect(await ask(message("c"))).toBe(
      "You have asked 2 questions in the last hour; the next one can be asked at 15:20.",
    );
    expect(await ask(message("b"))).toBeNull();
    clock.now = start + 3_600_000;
    expect(await ask(message("c"))).toBeNull();
  });

  it("counts a channel over all who write in it, and what it refuses for nobody", async () => {
    const { ask, clock } = asking();
    for (const [id, user] of [
      ["a", "U1"],
      ["b", "U2"],
      ["c", "U3"],
    ] as const)
      expect(await ask(message(id, user))).toBeNull();

    const words = "3 questions were asked here in the last hour; the next one can be asked at 15:20.";
    for (const id of ["d", "e", "f"]) expect(await ask(message(id, "U1"))).toBe(words);
    clock.now += 3_600_000;
    expect([await ask(message("g", "U1")), await ask(message("h", "U1"))]).toEqual([null, null]);
  });

  it("is not counted twice in a conversation with the bot alone, nor for the operator at a terminal", async () => {
    const many = QuotaOptions.parse({ userPerHour: 5, channelPerHour: 1 });
    const quota = fakeQuota();
    for (const id of ["a", "b", "c"]) {
      expect(await takeQuestion(message(id, "U1", "direct"), quota, many, () => start)).toBeNull();
      expect(await takeQuestion({ ...message(id), from: null }, quota, many, () => start)).toBeNull();
    }
  });

  it("keeps people of one id in two workspaces apart", async () => {
    const quota = fakeQuota();
    const one = QuotaOptions.parse({ userPerHour: 1 });
    const other = message("b");
    const from = { ...(other.from as Sender), place: { ...(other.from as Sender).place, team: "T2" } };

    expect(await takeQuestion(message("a"), quota, one, () => start)).toBeNull();
    expect(await takeQuestion({ ...other, from }, quota, one, () => start)).toBeNull();
    expect(await takeQuestion(message("c"), quota, one, () => start)).toContain("asked one question");
  });
});
