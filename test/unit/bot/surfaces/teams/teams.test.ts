import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderReply } from "../../../../../bot/reply.ts";
import type { ChatMessage } from "../../../../../bot/surface.ts";
import { TeamsOptions } from "../../../../../bot/surfaces/teams/options.ts";
import { type TeamsSurface, teamsSurface } from "../../../../../bot/surfaces/teams/teams.ts";
import { geoDiagnosis } from "../../../../fakes/geo-diagnosis.ts";
import {
  type BotConnector,
  botConnector,
  hangs,
  refuses,
  shownIn,
} from "../../../../support/bot-connector.ts";
import {
  channelMessage,
  elsewhere,
  groupMessage,
  personalMessage,
  personId,
  tenant,
} from "../../../../support/teams-activities.ts";
import { until } from "../../../../support/until.ts";

let connector: BotConnector;
let surface: TeamsSurface;
let heard: ChatMessage[];
let running: Promise<void>;
let url: string;
let onMessage: (message: ChatMessage) => Promise<void>;

beforeEach(async () => {
  connector = await botConnector();
  heard = [];
  onMessage = async (message) => void heard.push(message);
  surface = open();
  running = surface.start((message) => onMessage(message));
  url = `http://127.0.0.1:${await surface.listening()}/api/messages`;
});

afterEach(async () => {
  await surface.stop();
  await running;
  await connector[Symbol.asyncDispose]();
});

function open(): TeamsSurface {
  return teamsSurface({
    options: TeamsOptions.parse({ emulator: true, port: 0 }),
    readSecret: () => "",
    timeZone: "UTC",
    now: () => Date.UTC(2026, 10, 23, 15, 21),
    requestTimeoutMs: 500,
  });
}

async function say(activity: unknown): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(activity),
  });
  return response.status;
}

async function heardOne(activity: unknown): Promise<ChatMessage> {
  expect(await say(activity)).toBe(200);
  expect(heard).toHaveLength(1);
  return heard[0]!;
}

const answer = renderReply(geoDiagnosis());
const progress = { kind: "progress", stages: [{ name: "read", state: "started", detail: "" }] } as const;
const sending = (key: string, mayHaveLanded = false) => ({ key, mayHaveLanded });

describe("hearing", () => {
  it("makes a message of what is written in a personal chat", async () => {
    const message = await heardOne(personalMessage(connector.url, "what broke in geo in the last hour"));

    expect(message).toMatchObject({
      text: "what broke in geo in the last hour",
      at: Date.UTC(2026, 10, 23, 15, 20, 30, 500),
      timeZone: "Europe/Berlin",
      about: null,
      thread: { surface: "teams" },
      from: {
        person: { id: personId, isGuest: false, isBot: false },
        place: { team: tenant, channel: elsewhere.personal, kind: "direct", isShared: false },
      },
    });
    expect(message.id).toMatch(/^teams-[0-9a-f]{32}$/);
    expect(JSON.parse(JSON.stringify(message))).toEqual(message);
  });

  it("gives a message the same id and thread each time it is delivered", async () => {
    await say(channelMessage(connector.url, "what broke"));
    await say(channelMessage(connector.url, "what broke"));
    await say(channelMessage(connector.url, "and now", { id: "1763990000009" }));

    expect(heard[1]).toEqual(heard[0]);
    expect(heard[2]?.id).not.toBe(heard[0]?.id);
    expect(heard[2]?.thread).toEqual(heard[0]?.thread);
  });

  it("is spoken to by name in groups and channels, and takes its name out", async () => {
    await say(groupMessage(connector.url, "what broke in geo"));
    await say(channelMessage(connector.url, "why &lt;b&gt; <at>Ben</at>"));
    await say(groupMessage(connector.url, "not for the bot", { text: "lunch?", entities: [] }));

    expect(heard.map(({ text }) => text)).toEqual(["what broke in geo", "why &lt;b&gt; Ben"]);
    expect(heard[1]?.from?.place).toEqual({
      team: tenant,
      channel: elsewhere.channel,
      kind: "channel",
      isShared: false,
    });
  });

  it("acknowledges only what is kept", async () => {
    onMessage = async () => {
      throw new Error("the store is away");
    };

    expect(await say(personalMessage(connector.url, "what broke"))).toBe(500);
  });

  it("hears no more once it is stopped, and says so where its port is taken", async () => {
    const port = Number(new URL(url).port);
    const second = teamsSurface({
      options: TeamsOptions.parse({ emulator: true, port }),
      readSecret: () => "",
      timeZone: "UTC",
      now: Date.now,
    });
    await expect(second.start(async () => undefined)).rejects.toMatchObject({ code: "config-invalid" });

    await surface.stop();

    await expect(say(personalMessage(connector.url, "what broke"))).rejects.toThrow();
    await running;
  });

  it("shows that it is typing where chats show it", async () => {
    await say(channelMessage(connector.url, "what broke"));
    await say(personalMessage(connector.url, "what broke"));

    await until(() => connector.sent.length > 0);
    expect(connector.sent.map(({ activity, conversation }) => [activity.type, conversation])).toEqual([
      ["typing", elsewhere.personal],
    ]);
  });
});

describe("saying", () => {
  it("posts, and turns the post into the answer, from a thread that was only kept as text", async () => {
    const { thread } = await heardOne(channelMessage(connector.url, "what broke in geo"));
    const kept = JSON.parse(JSON.stringify(thread));
    const other = open();

    const posted = await other.post(kept, progress, sending("q1"));
    await open().update(posted, answer, sending("q1"));

    const [first, second] = connector.messages();
    expect(first).toMatchObject({
      method: "POST",
      conversation: `${elsewhere.channel};messageid=1763980000000`,
    });
    expect(second).toMatchObject({ method: "PUT", id: posted.id });
    expect(JSON.stringify(second?.activity.attachments)).toContain(answer.verdictLines[0]);
    expect(connector.messages()).toHaveLength(2);
  });

  it("keeps the label, the citations and the thumbs on their way", async () => {
    const { thread } = await heardOne(personalMessage(connector.url, "what broke in geo"));

    await surface.post(thread, answer, sending("q1"));

    const { activity } = connector.messages()[0]!;
    expect(activity.entities[0]).toMatchObject({
      "@type": "Message",
      additionalType: ["AIGeneratedContent"],
    });
    expect(activity.channelData).toEqual({ feedbackLoop: { type: "default" } });
    expect(activity.attachments[0].content.type).toBe("AdaptiveCard");
    expect(activity.text).toBe("");
  });

  it("keeps citations on their way", async () => {
    const { thread } = await heardOne(personalMessage(connector.url, "what broke in geo"));
    const cited = [{ id: "metric-1", text: "Metric cpu_usage of geo-1 is abnormal." }];
    const paragraphs = ["Not metric-12.", "The first sign is its cpu (metric-1), then metric-1 again."];

    await surface.post(thread, { kind: "words", paragraphs, cited }, sending("q1"));

    const { activity } = connector.messages()[0]!;
    expect(activity.text).toContain("its cpu (metric-1 [1]), then metric-1 again");
    expect(activity.entities[0].citation).toEqual([
      {
        "@type": "Claim",
        position: 1,
        appearance: {
          "@type": "DigitalDocument",
          name: "metric-1",
          abstract: "Metric cpu_usage of geo-1 is abnormal.",
        },
      },
    ]);
  });

  it("says when to try again, and tries not itself", async () => {
    const { thread } = await heardOne(personalMessage(connector.url, "what broke"));
    connector.mishaps.push(refuses(429, "TooManyRequests", { "retry-after": "7" }));

    await expect(surface.post(thread, answer, sending("q1"))).rejects.toMatchObject({
      code: "chat-unavailable",
      retryAfterMs: 7_000,
    });
    expect(connector.messages()).toHaveLength(0);
  });

  it.each([
    [500, "ServiceError", "chat-unavailable"],
    [502, "BadGateway", "chat-unavailable"],
    [412, "PreconditionFailed", "chat-unavailable"],
    [401, "Unauthorized", "chat-refused"],
    [403, "BotNotInConversationRoster", "chat-refused"],
    [404, "ConversationNotFound", "chat-refused"],
    [413, "MessageSizeTooBig", "chat-refused"],
  ])("takes %i %s for %s", async (status, code, expected) => {
    const { thread } = await heardOne(personalMessage(connector.url, "what broke"));
    connector.mishaps.push(refuses(status, code));

    await expect(surface.post(thread, answer, sending("q1"))).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(`${status} ${code}`),
    });
  });

  it("gives up on a server that does not answer, and on one that is not there", async () => {
    const { thread } = await heardOne(personalMessage(connector.url, "what broke"));
    connector.mishaps.push(hangs);

    await expect(surface.post(thread, answer, sending("q1"))).rejects.toMatchObject({
      code: "chat-unavailable",
    });
    const nobody = { ...thread, thread: thread.thread.replace(connector.url, "http://127.0.0.1:9") };
    await expect(surface.post(nobody, answer, sending("q1"))).rejects.toMatchObject({
      code: "chat-unavailable",
    });
  });

  it("goes on with a long answer where it was interrupted, and posts no part twice", async () => {
    const { thread } = await heardOne(personalMessage(connector.url, "what broke"));
    const long = {
      kind: "words",
      paragraphs: Array.from({ length: 40 }, (_, i) => `${i} ${"x".repeat(1_900)}`),
    } as const;
    connector.mishaps.push((_request, response) => response.destroy());

    await expect(surface.post(thread, long, sending("q1"))).rejects.toMatchObject({
      code: "chat-unavailable",
    });
    connector.mishaps.push(refuses(500, "before the first"));
    await expect(surface.post(thread, long, sending("q1"))).rejects.toMatchObject({
      code: "chat-unavailable",
    });
    const posted = await surface.post(thread, long, sending("q1", true));

    const posts = connector.messages().filter(({ method }) => method === "POST");
    expect(posts.length).toBeGreaterThan(2);
    expect(posted.id.split(",")).toHaveLength(posts.length);
    const said = posts.map(({ activity }) => activity.text).join("\n\n");
    expect(said.split("\n\n")).toHaveLength(40);
  });

  it("repeats at most the part whose answer was lost, for Teams cannot be searched", async () => {
    const { thread } = await heardOne(personalMessage(connector.url, "what broke"));
    const { post } = surface;
    let lost = 0;
    connector.mishaps.push((_request, response) => {
      lost += 1;
      response.destroy();
    });

    await expect(post(thread, answer, sending("q1"))).rejects.toMatchObject({ code: "chat-unavailable" });
    const posted = await post(thread, answer, sending("q1", true));
    const again = await post(thread, answer, sending("q1", true));
    await surface.update(again, answer, sending("q2", true));

    expect(lost).toBe(1);
    expect(again).toEqual(posted);
    expect(shownIn(connector)).toHaveLength(1);
  });

  it("takes away the parts that a shorter reply does not need", async () => {
    const { thread } = await heardOne(personalMessage(connector.url, "what broke"));
    const long = { kind: "words", paragraphs: Array.from({ length: 40 }, () => "x".repeat(1_900)) } as const;
    const posted = await surface.post(thread, long, sending("q1"));

    const updated = await surface.update(posted, { kind: "words", paragraphs: ["short"] }, sending("q2"));

    expect(updated.id).toBe(posted.id.split(",")[0]);
    expect(connector.messages().filter(({ method }) => method === "DELETE")).toHaveLength(
      posted.id.split(",").length - 1,
    );
  });

  it("posts an answer anew whose message somebody deleted, and lets progress be", async () => {
    const { thread } = await heardOne(personalMessage(connector.url, "what broke"));
    const posted = await surface.post(thread, progress, sending("q1"));
    const gone = refuses(404, "ActivityNotFoundInConversation");

    connector.mishaps.push(gone);
    await expect(surface.update(posted, progress, sending("q2"))).rejects.toMatchObject({
      code: "chat-refused",
    });
    connector.mishaps.push(gone);
    const anew = await surface.update(posted, answer, sending("q3"));

    expect(anew.id).not.toBe(posted.id);
    expect(connector.messages().at(-1)?.method).toBe("POST");
  });
});

describe("completing", () => {
  const colleague = { id: "29:anna", aadObjectId: personId, userRole: "user", tenantId: tenant };
  const supplier = { id: "29:eve", userRole: "user", tenantId: "22222222-2222-3333-4444-555555555555" };

  it.each([
    ["a channel with a supplier", channelMessage, true],
    ["a group with a supplier", groupMessage, true],
    ["a personal chat", personalMessage, false],
  ])("learns who reads along in %s, once for many questions", async (_where, activity, isShared) => {
    connector.members.set(personId, colleague);
    connector.members.set("29:eve", supplier);
    const message = await heardOne(activity(connector.url, "what broke"));

    await surface.complete?.(message);
    const asked = connector.asked.filter((path) => path.includes("pagedmembers")).length;
    const completed = await surface.complete?.(message);

    expect(completed?.from?.place.isShared).toBe(isShared);
    expect(asked).toBe(isShared ? 2 : 0);
    expect(connector.asked.filter((path) => path.includes("pagedmembers"))).toHaveLength(asked);
  });

  it("waits where the members cannot be read now", async () => {
    const message = await heardOne(personalMessage(connector.url, "what broke"));
    connector.mishaps.push(refuses(503, "ServiceUnavailable"));

    await expect(surface.complete?.(message)).rejects.toMatchObject({ code: "chat-unavailable" });
  });

  it.each([
    ["a member", { userRole: "user", tenantId: tenant }, false],
    ["a guest", { userRole: "guest", tenantId: tenant }, true],
    [
      "somebody of another organisation",
      { userRole: "user", tenantId: "22222222-2222-3333-4444-555555555555" },
      true,
    ],
  ])("learns that %s asks", async (_who, member, isGuest) => {
    const message = await heardOne(personalMessage(connector.url, "what broke"));
    connector.members.set(personId, { id: "29:anna", aadObjectId: personId, ...member });

    const completed = await surface.complete!(message);

    expect(completed).toEqual({
      ...message,
      from: { ...message.from, person: { id: personId, isGuest, isBot: false } },
    });
  });
});
