import { describe, expect, it } from "vitest";
import { Activity } from "../../../../../bot/surfaces/teams/activity.ts";
import { type Reception, received } from "../../../../../bot/surfaces/teams/incoming.ts";
import {
  botId,
  channelMessage,
  elsewhere,
  groupMessage,
  personalMessage,
} from "../../../../support/teams-activities.ts";

const teams = "https://smba.trafficmanager.net/emea/";
const reception: Reception = {
  now: () => Date.UTC(2026, 10, 23, 15, 21),
  timeZone: "UTC",
  allowBots: false,
  questionOf: async (id) => (id === "1763990000500" ? "teams-q1" : null),
};

async function hear(activity: unknown, changes: Partial<Reception> = {}) {
  return received(Activity.parse(activity), { ...reception, ...changes });
}

async function heard(activity: unknown, changes: Partial<Reception> = {}) {
  const what = await hear(activity, changes);
  if (what.kind !== "message") throw new Error(`it is ${what.kind}`);
  return what.message;
}

const pressed = (changes: object, beside: object = {}) =>
  personalMessage(teams, "", {
    text: undefined,
    value: { localexpert: { text: "why", about: "teams-q1", ...changes }, ...beside },
    replyToId: "1763990000500",
  });

describe("a pressed button", () => {
  it("says its text about its answer", async () => {
    expect(await heard(pressed({}))).toMatchObject({ text: "why", about: "teams-q1" });
  });

  it("needs no mention in a channel", async () => {
    const { value } = pressed({});

    expect(await heard(channelMessage(teams, "", { text: undefined, entities: [], value }))).toMatchObject({
      text: "why",
      about: "teams-q1",
    });
  });

  it.each([
    ["the chosen service", { service: "rate", other: "" }, "it was rate"],
    ["the written one before the chosen one", { service: "rate", other: "  user " }, "it was user"],
    ["that it was another one, where none is named", { service: "", other: " " }, "it was something else"],
    [
      "that it was another one, where the fields are none",
      { service: 7, other: null },
      "it was something else",
    ],
  ])("corrects with %s", async (_what, inputs, text) => {
    const activity = pressed({ text: "it was something else", corrects: true }, inputs);

    expect(await heard(activity)).toMatchObject({ text, about: "teams-q1" });
  });

  it("is answered when it was an Action.Execute", async () => {
    const { value } = pressed({});
    const invoke = personalMessage(teams, "", {
      type: "invoke",
      name: "adaptiveCard/action",
      value: { action: { type: "Action.Execute", data: value }, trigger: "manual" },
    });

    expect(await hear(invoke)).toMatchObject({
      kind: "message",
      message: { text: "why", about: "teams-q1" },
      reply: { statusCode: 200 },
    });
  });
});

describe("thumbs", () => {
  const thumb = (reaction: string, feedback: unknown, replyToId = "1763990000500") =>
    personalMessage(teams, "", {
      type: "invoke",
      name: "message/submitAction",
      value: { actionName: "feedback", actionValue: { reaction, feedback } },
      replyToId,
    });
  const written = (feedbackText: string) => JSON.stringify({ feedbackText });

  it.each([
    ["like", written(""), "that was right"],
    ["dislike", written(""), "it was something else"],
    ["dislike", written("it was rate."), "it was rate"],
    ["dislike", written("No, it was rate"), "it was rate"],
    ["dislike", written("rate"), "it was rate"],
    ["dislike", written("too slow, and wrong"), "it was something else"],
    ["dislike", "{not json", "it was something else"],
    ["dislike", { feedbackText: "rate" }, "it was rate"],
  ])("%s with %j says %j", async (reaction, feedback, text) => {
    expect(await heard(thumb(reaction, feedback))).toMatchObject({ text, about: "teams-q1" });
  });

  it("is not counted for another answer, where it is not known for which", async () => {
    expect(await hear(thumb("like", written(""), "1763990000999"))).toEqual({ kind: "nothing", reply: {} });
  });
});

describe("what was said and taken back", () => {
  it("stops the question", async () => {
    const question = await heard(personalMessage(teams, "what broke"));
    const deleted = await heard(
      personalMessage(teams, "", {
        type: "messageDelete",
        text: undefined,
        channelData: { eventType: "softDeleteMessage" },
      }),
    );

    expect(deleted).toMatchObject({ text: "stop", about: question.id, thread: question.thread });
    expect(deleted.id).not.toBe(question.id);
  });

  it.each([
    "messageUpdate",
    "messageReaction",
    "conversationUpdate",
    "installationUpdate",
    "typing",
    "event",
    "x",
  ])("is nothing to us: %s", async (type) => {
    expect(await hear(personalMessage(teams, "what broke", { type }))).toEqual({
      kind: "nothing",
      reply: null,
    });
  });

  it("is refused where it is an invoke of a kind that we do not know", async () => {
    const invoke = personalMessage(teams, "", { type: "invoke", name: "task/fetch" });

    expect(await hear(invoke)).toEqual({ kind: "unknown-invoke" });
  });
});

describe("who writes", () => {
  it.each([
    ["itself", { id: botId, name: "LocaleXpert" }],
    ["another bot", { id: "28:other", name: "Other" }],
    ["a bot by its role", { id: "29:other", role: "bot" }],
  ])("is not answered: %s", async (_who, from) => {
    expect(await hear(personalMessage(teams, "what broke", { from }))).toMatchObject({ kind: "nothing" });
  });

  it("may be another bot where they are allowed, and never itself", async () => {
    const other = personalMessage(teams, "what broke", { from: { id: "28:other" } });
    const itself = personalMessage(teams, "what broke", { from: { id: botId } });

    expect((await heard(other, { allowBots: true })).from?.person.isBot).toBe(true);
    expect(await hear(itself, { allowBots: true })).toMatchObject({ kind: "nothing" });
  });

  it("is a guest who belongs to another organisation", async () => {
    const from = { id: "29:eve", tenantId: "22222222-2222-3333-4444-555555555555" };

    expect((await heard(personalMessage(teams, "what broke", { from }))).from?.person.isGuest).toBe(true);
  });

  it("is read along where a channel is shared", async () => {
    const activity = channelMessage(teams, "what broke");
    const channelData = { ...(activity.channelData as object), channel: { type: "shared" } };

    expect((await heard({ ...activity, channelData })).from?.place.isShared).toBe(true);
  });
});

describe("when and where", () => {
  it.each([
    ["the client's entity, where the field is missing", { localTimezone: undefined }, "Europe/Berlin"],
    ["the bot's own, where none is known", { localTimezone: "Mars/Base", entities: [] }, "UTC"],
  ])("takes the zone from %s", async (_what, changes, timeZone) => {
    expect((await heard(personalMessage(teams, "what broke", changes))).timeZone).toBe(timeZone);
  });

  it("believes no time in the future, and none that is no time", async () => {
    const future = await heard(personalMessage(teams, "x", { timestamp: "2027-01-01T00:00:00Z" }));
    const none = await heard(personalMessage(teams, "x", { timestamp: "yesterday" }));

    expect([future.at, none.at]).toEqual([reception.now(), reception.now()]);
  });

  it("opens a thread of a channel's message that names none", async () => {
    const conversation = { id: elsewhere.channel, conversationType: "channel" };
    const { thread } = await heard(channelMessage(teams, "what broke", { conversation }));

    expect(JSON.parse(thread.thread).conversation).toBe(`${elsewhere.channel};messageid=1763990000001`);
  });
});

describe("what is written", () => {
  it.each([
    ["an emoji", "🔥🔥", "🔥🔥"],
    ["a file and no words", undefined, ""],
    ["spaces of all kinds", "what\u00a0broke&nbsp; in\tgeo", "what broke in geo"],
  ])("is taken as it is: %s", async (_what, text, expected) => {
    const attachments = [
      { contentType: "application/vnd.microsoft.teams.file.download.info", name: "a.log" },
    ];

    expect((await heard(personalMessage(teams, "", { text, attachments }))).text).toBe(expected);
  });

  it("is cut at 40,000 characters", async () => {
    expect((await heard(personalMessage(teams, "x".repeat(50_000)))).text).toHaveLength(40_000);
  });

  it("loses the bot's name wherever it stands", async () => {
    const text = "hey <at>LocaleXpert</at>, what broke? <at>LocaleXpert</at>";

    expect((await heard(groupMessage(teams, "", { text }))).text).toBe("hey , what broke?");
  });
});
