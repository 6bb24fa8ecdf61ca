import { describe, expect, it } from "vitest";
import type { Reply } from "../../../../../bot/reply.ts";
import { renderReply } from "../../../../../bot/reply.ts";
import { threadRef } from "../../../../../bot/surfaces/slack/slack-thread.ts";
import { geoDiagnosis } from "../../../../fakes/geo-diagnosis.ts";
import { mention } from "../../../../support/slack-payloads.ts";
import { openSlack } from "../../../../support/slack-surface.ts";
import { sentText } from "./shown.ts";

const sending = { key: "reply-1", mayHaveLanded: false };
const progress: Reply = {
  kind: "progress",
  questionId: "slack-1",
  stages: [{ name: "collect", state: "started", detail: "" }],
  buttons: [{ label: "Stop", text: "stop", role: "stop" }],
};
const answer = renderReply(geoDiagnosis());

async function open() {
  const slack = await openSlack({ timeoutSeconds: 1 });
  const { workspace } = slack;
  const root = await workspace.call<{ ts: string }>("chat.postMessage", {
    channel: workspace.channel,
    text: "?",
  });
  const thread = threadRef({ team: workspace.team, channel: workspace.channel, root: root.ts });
  const posted = async () => (await workspace.messages()).filter(({ ts }) => ts !== root.ts);
  return Object.assign(slack, { thread, posted, root: root.ts });
}

describe("posting to Slack", () => {
  it.each([
    ["the bot was removed from the channel", "not_in_channel", "/invite"],
    ["the channel is archived", "is_archived", "archived"],
    ["the channel is gone", "channel_not_found", "Invite"],
    ["the token was revoked", "token_revoked", "Install"],
    ["the bot was removed from the workspace", "account_inactive", "Install"],
    ["the workspace restricts it", "restricted_action", "administrator"],
    ["a scope is missing", "missing_scope", "Install"],
  ])("is refused for good where %s", async (_title, error, remedy) => {
    await using slack = await open();
    slack.workspace.failNext({ kind: "error", error });

    const posted = slack.surface.post(slack.thread, answer, sending);

    await expect(posted).rejects.toMatchObject({
      code: "chat-refused",
      message: expect.stringContaining(remedy),
    });
    await expect(posted).rejects.toMatchObject({ message: expect.stringContaining(error) });
  });

  it.each<[string, { status?: number; error?: string; retryAfter?: number }, number | null]>([
    ["it is asked to wait", { status: 429, retryAfter: 30 }, 30_000],
    ["it is asked to wait without saying how long", { status: 429 }, null],
    ["Slack answers 500", { status: 500 }, null],
    ["Slack answers 503 and when to come back", { status: 503, retryAfter: 5 }, 5_000],
    ["Slack has an error of its own", { error: "internal_error" }, null],
    ["Slack says in words that it is too much", { error: "ratelimited" }, null],
  ])("can be tried again where %s", async (_title, { status, error, retryAfter }, retryAfterMs) => {
    await using slack = await open();
    slack.workspace.failNext(
      status === undefined
        ? { kind: "error", error: error ?? "" }
        : { kind: "status", status, ...(retryAfter === undefined ? {} : { retryAfter }) },
    );

    const posted = slack.surface.post(slack.thread, answer, sending);

    await expect(posted).rejects.toMatchObject({ code: "chat-unavailable", retryAfterMs });
    expect(slack.workspace.calls).toHaveLength(1);
  });

  it("gives up on a Slack that says nothing, and posts once when tried again", async () => {
    await using slack = await open();
    slack.workspace.failNext({ kind: "silent" });

    await expect(slack.surface.post(slack.thread, progress, sending)).rejects.toMatchObject({
      code: "chat-unavailable",
    });
    await slack.surface.post(slack.thread, progress, { ...sending, mayHaveLanded: true });

    expect(await slack.posted()).toHaveLength(1);
  });

  it("shows the answer where a progress was posted whose receipt was lost", async () => {
    await using slack = await open();
    slack.workspace.failNext({ kind: "lost" }, "chat.postMessage");
    await expect(slack.surface.post(slack.thread, progress, sending)).rejects.toMatchObject({
      code: "chat-unavailable",
    });

    await slack.surface.post(slack.thread, answer, { ...sending, mayHaveLanded: true });

    const [message, ...others] = await slack.posted();
    expect(others).toEqual([]);
    expect(message?.text).toContain("geo");
  });

  it("takes a message back that stands there twice", async () => {
    await using slack = await open();
    const message = await slack.surface.post(slack.thread, answer, sending);
    const standing = await slack.surface.post(slack.thread, answer, sending);

    await slack.surface.takeBack?.(message, standing);
    await slack.surface.takeBack?.(message, standing);

    expect((await slack.posted()).map(({ ts }) => ts)).toEqual([standing.id]);
  });

  it("names neither a token nor what was said in its errors", async () => {
    await using slack = await open();
    slack.workspace.failNext({ kind: "error", error: "invalid_auth" });

    const error: unknown = await slack.surface.post(slack.thread, answer, sending).catch((thrown) => thrown);

    const told = JSON.stringify(error, Object.getOwnPropertyNames(error));
    expect(told).not.toContain(slack.workspace.token);
    expect(told).not.toContain("geo");
  });

  it("goes on with older blocks, then with text, where newer ones are refused", async () => {
    await using slack = await open();
    slack.workspace.failNext({ kind: "error", error: "invalid_blocks" }, "chat.postMessage");

    await slack.surface.post(slack.thread, answer, sending);
    slack.workspace.failNext({ kind: "error", error: "invalid_blocks" }, "chat.postMessage");
    await slack.surface.post(slack.thread, answer, { ...sending, key: "reply-2" });

    const [classic, text] = await slack.posted();
    expect(classic?.blocks?.map(({ type }) => type)).not.toContain("context_actions");
    expect(classic?.blocks?.length).toBeGreaterThan(3);
    expect(text?.blocks ?? []).toEqual([]);
    for (const message of [classic, text]) expect(sentText(message!)).toContain("geo (instance geo-1)");
  });

  it("posts the answer anew where somebody has deleted the progress, and no progress", async () => {
    await using slack = await open();
    const message = await slack.surface.post(slack.thread, progress, sending);
    await slack.workspace.call("chat.delete", { channel: slack.workspace.channel, ts: message.id });

    const still = await slack.surface.update(message, progress, { key: "reply-2", mayHaveLanded: false });
    const before = await slack.posted();
    const after = await slack.surface.update(still, answer, { key: "reply-3", mayHaveLanded: false });

    expect(before).toEqual([]);
    expect(await slack.posted()).toHaveLength(1);
    expect(after.id).not.toBe(message.id);
  });

  it("posts no part of a long answer twice where a try failed half-way", async () => {
    await using slack = await open();
    const { thread, surface, workspace } = slack;
    const evidence = Array.from({ length: 60 }, (_one, index) => ({
      ...geoDiagnosis().evidence[4]!,
      id: `log-${index}`,
      text: `Statement ${index} is new: ${"again and ".repeat(100)}`,
    }));
    const long = renderReply(geoDiagnosis({ evidence }), "deep");
    const message = await surface.post(thread, progress, sending);

    for (const method of ["chat.update", "chat.postMessage"]) {
      workspace.failNext({ kind: "lost" }, method);
      await expect(surface.update(message, long, sending)).rejects.toMatchObject({
        code: "chat-unavailable",
      });
    }
    const after = await surface.update(message, long, sending);

    const posted = await slack.posted();
    expect(posted.length).toBeGreaterThan(3);
    expect(after.id.split(",").sort()).toEqual(posted.map(({ ts }) => ts).sort());
    expect(new Set(posted.map(sentText)).size).toBe(posted.length);
  });

  it("says all of it as text too, for notifications and for screen readers", async () => {
    await using slack = await open();

    await slack.surface.post(slack.thread, answer, sending);

    const [message] = await slack.posted();
    for (const line of [...answer.verdictLines, "search"]) expect(message?.text).toContain(line);
    expect(message?.text).not.toMatch(/[*`]/);
  });

  it("keeps under Slack's limits", async () => {
    await using slack = await open();
    const long = geoDiagnosis({
      evidence: Array.from({ length: 60 }, (_one, index) => ({
        ...geoDiagnosis().evidence[4]!,
        id: `log-${index}`,
        text: "<&>".repeat(700),
        examples: ["x".repeat(5_000)],
      })),
    });

    const message = await slack.surface.post(slack.thread, renderReply(long, "deep"), sending);

    const posted = await slack.posted();
    expect(posted.map(({ ts }) => ts)).toEqual(message.id.split(","));
    for (const { blocks = [], text } of posted) {
      expect(blocks.length).toBeLessThanOrEqual(50);
      expect(text.length).toBeLessThanOrEqual(4_000);
      const texts = blocks.flatMap((block) =>
        block.type === "section" ? [sentText({ ts: "", text: "", blocks: [block] })] : [],
      );
      for (const one of texts) expect(one.length).toBeLessThanOrEqual(3_000);
      expect(texts.join("").length).toBeLessThanOrEqual(12_000);
      for (const one of [...texts, text]) expect(one).not.toMatch(/&(?!(amp|lt|gt);)/);
    }
  });

  it("asks Slack to make no links, no names and no previews of it", async () => {
    await using slack = await open();

    const message = await slack.surface.post(slack.thread, progress, sending);
    await slack.surface.update(message, answer, { ...sending, key: "reply-2" });

    const sent = slack.workspace.calls.filter(({ method }) => /^chat\./.test(method));
    expect(sent).toHaveLength(2);
    for (const { parameters } of sent) {
      expect(parameters).toMatchObject({
        parse: "none",
        link_names: "false",
        unfurl_links: "false",
        unfurl_media: "false",
      });
      expect(parameters.blocks).not.toMatch(/"mrkdwn","text":"(?:[^"\\]|\\.)*"(?!,"verbatim":true)/);
    }
  });
});

describe("what only Slack can tell of a message", () => {
  async function completed(user: object, channel: object) {
    await using slack = await openSlack();
    slack.workspace.answer("users.info", () => ({ ok: true, user: { team_id: "T1", ...user } }));
    slack.workspace.answer("conversations.info", () => ({ ok: true, channel }));
    const message = {
      id: "slack-1",
      thread: { surface: "slack", thread: "T1/C1/1.1" },
      text: "",
      at: 1,
      timeZone: "UTC",
      from: {
        person: { id: "U1", isGuest: true, isBot: false },
        place: { team: "T1", channel: "C1", kind: "channel" as const, isShared: true },
      },
      about: null,
    };
    const first = await slack.surface.complete?.(message);
    await slack.surface.complete?.(message);
    return { message: first, calls: slack.workspace.calls.length };
  }

  it("is asked once for all that a thread's people write", async () => {
    const { message, calls } = await completed({ tz: "Europe/Berlin" }, { is_channel: true });

    expect(message).toMatchObject({
      timeZone: "Europe/Berlin",
      from: { person: { isGuest: false, isBot: false }, place: { kind: "channel", isShared: false } },
    });
    expect(calls).toBe(2);
  });

  it.each([
    ["a guest", { is_restricted: true }],
    ["a guest of one channel", { is_ultra_restricted: true }],
    ["somebody of another organisation", { is_stranger: true }],
    ["somebody of another workspace", { team_id: "T2" }],
  ])("says that it is %s", async (_title, user) => {
    const { message } = await completed(user, {});

    expect(message?.from?.person.isGuest).toBe(true);
  });

  it.each([
    ["shared", { is_ext_shared: true }],
    ["about to be shared", { is_pending_ext_shared: true }],
  ])("says that the channel is %s", async (_title, channel) => {
    const { message } = await completed({}, channel);

    expect(message?.from?.place.isShared).toBe(true);
  });

  it.each(["user_not_found", "user_not_visible"])(
    "takes for a guest of whom Slack says %s",
    async (error) => {
      await using slack = await openSlack();
      slack.workspace.answer("users.info", () => ({ ok: false, error }));
      slack.workspace.answer("conversations.info", () => ({ ok: false, error: "channel_not_found" }));
      await slack.send(mention());

      const message = await slack.surface.complete?.(slack.heard[0]!);

      expect(message?.from).toMatchObject({ person: { isGuest: true }, place: { isShared: true } });
    },
  );

  it("lets the message be heard again later where Slack does not answer", async () => {
    await using slack = await openSlack();
    slack.workspace.failNext({ kind: "status", status: 500 });
    await slack.send(mention());

    const completed = slack.surface.complete?.(slack.heard[0]!);

    await expect(completed).rejects.toMatchObject({ code: "chat-unavailable" });
  });

  it("knows a group message, and a zone that is none", async () => {
    const { message } = await completed({ tz: "Mars/Olympus" }, { is_mpim: true });

    expect(message).toMatchObject({ timeZone: "UTC", from: { place: { kind: "group" } } });
  });
});
