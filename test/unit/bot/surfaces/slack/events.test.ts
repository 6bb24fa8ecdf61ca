import { describe, expect, it } from "vitest";
import type { ChatMessage } from "../../../../../bot/surface.ts";
import { at, botUser, direct, envelope, mention, ts } from "../../../../support/slack-payloads.ts";
import { openSlack, signedHeaders } from "../../../../support/slack-surface.ts";

describe("Slack's events", () => {
  it("become messages made from the payload alone", async () => {
    await using slack = await openSlack();

    const response = await slack.send(mention());

    expect(response.status).toBe(200);
    expect(slack.workspace.calls).toEqual([]);
    expect(slack.heard).toEqual<ChatMessage[]>([
      {
        id: `slack-T000000001-C1-${ts}`,
        thread: { surface: "slack", thread: `T000000001/C1/${ts}` },
        text: "what broke in geo",
        at,
        timeZone: "UTC",
        from: {
          person: { id: "U1", isGuest: true, isBot: false },
          place: { team: "T000000001", channel: "C1", kind: "channel", isShared: false },
        },
        about: null,
      },
    ]);
  });

  it("are acknowledged once the message is saved, and not where it is not", async () => {
    await using slack = await openSlack();
    const saves: (() => void)[] = [];
    slack.onMessage = () => new Promise((resolve) => void saves.push(resolve));
    let isAnswered = false;

    const answered = slack.send(mention()).finally(() => {
      isAnswered = true;
    });
    await expect.poll(() => saves).toHaveLength(1);
    await new Promise((resolve) => setImmediate(resolve));
    const before = isAnswered;
    saves[0]?.();

    expect(before).toBe(false);
    expect((await answered).status).toBe(200);
    slack.onMessage = async () => Promise.reject(new Error("Redis is down"));
    expect((await slack.send(mention())).status).toBe(500);
  });

  it("carry the same id through every retry and duplicate", async () => {
    await using slack = await openSlack();

    await slack.send(mention());
    await slack.send(mention(), { "x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout" });
    await slack.send(envelope({ type: "app_mention", user: "U1", text: "hi", ts, channel: "C1" }));

    expect(new Set(slack.heard.map(({ id }) => id)).size).toBe(1);
  });

  it.each<[string, object, string, string]>([
    [
      "a mention in a thread",
      mention({ thread_ts: "1795545000.000001" }),
      "T000000001/C1/1795545000.000001",
      "what broke in geo",
    ],
    ["a direct message", direct(), "T000000001/D1/", "what broke"],
    [
      "the assistant's pane",
      direct({ thread_ts: "1795545000.000001" }),
      "T000000001/D1/1795545000.000001",
      "what broke",
    ],
    [
      "a file with words",
      direct({ subtype: "file_share", files: [{ id: "F1" }] }),
      "T000000001/D1/",
      "what broke",
    ],
    ["emoji alone", direct({ text: ":fire: :fire:" }), "T000000001/D1/", ":fire: :fire:"],
    [
      "names and links",
      direct({ text: "<@U2> says <#C2|general> &lt;3 <https://x.example/a|here>" }),
      "T000000001/D1/",
      "@U2 says #general <3 here",
    ],
  ])("read %s", async (_title, body, thread, text) => {
    await using slack = await openSlack();

    await slack.send(body);

    expect(slack.heard.map((message) => [message.thread.thread, message.text])).toEqual([[thread, text]]);
  });

  it("read 40,000 characters", async () => {
    await using slack = await openSlack();

    await slack.send(direct({ text: "x".repeat(40_000) }));

    expect(slack.heard[0]?.text).toHaveLength(40_000);
  });

  it.each<[string, object]>([
    ["its own message", direct({ user: botUser, bot_id: "B1", app_id: "A1" })],
    ["another bot", direct({ user: undefined, bot_id: "B2", subtype: "bot_message" })],
    ["another bot that has a user", mention({ user: "U9", bot_id: "B2" })],
    ["an edit", direct({ subtype: "message_changed", message: { text: "what broke now", ts } })],
    ["a mention that an edit added", mention({ edited: { user: "U1", ts: "1795545055.000000" } })],
    [
      "its own edit",
      envelope({
        type: "message",
        subtype: "message_changed",
        channel: "C1",
        ts,
        message: { bot_id: "B1", ts },
      }),
    ],
    ["talk in a channel", direct({ channel: "C1", channel_type: "channel" })],
    [
      "a reply in its thread that is not for it",
      direct({ channel: "C1", channel_type: "channel", thread_ts: ts }),
    ],
    ["somebody who joins", direct({ subtype: "channel_join" })],
    ["an event of an unknown type", envelope({ type: "team_join", user: { id: "U3" } })],
    ["an envelope of an unknown type", { type: "app_rate_limited", team_id: "T000000001" }],
    ["no object at all", [null]],
  ])("pass over %s", async (_title, body) => {
    await using slack = await openSlack();

    const response = await slack.send(body);

    expect(response.status).toBe(200);
    expect(slack.heard).toEqual([]);
    expect(slack.workspace.calls).toEqual([]);
  });

  it("let other bots ask where they may, never itself", async () => {
    await using slack = await openSlack({ allowBots: true });

    await slack.send(mention({ user: "U9", bot_id: "B2" }));
    await slack.send(mention({ user: botUser, bot_id: "B1", app_id: "A1", ts: "1795545060.000001" }));

    expect(slack.heard.map(({ from }) => from?.person)).toEqual([{ id: "U9", isGuest: true, isBot: true }]);
  });

  it("stop a question that was deleted", async () => {
    await using slack = await openSlack();
    const deleted = {
      type: "message",
      subtype: "message_deleted",
      channel: "C1",
      channel_type: "channel",
      deleted_ts: ts,
      ts: "1795545060.000001",
    };

    await slack.send(
      envelope({ ...deleted, previous_message: { user: "U1", text: `<@${botUser}> what broke`, ts } }),
    );
    await slack.send(envelope({ ...deleted, previous_message: { user: "U1", text: "lunch?", ts } }));
    await slack.send(
      envelope({ ...deleted, previous_message: { user: botUser, bot_id: "B1", text: "geo", ts } }),
    );

    expect(slack.heard).toMatchObject([
      {
        text: "stop",
        isQuiet: true,
        about: `slack-T000000001-C1-${ts}`,
        thread: { thread: `T000000001/C1/${ts}` },
      },
    ]);
  });

  it("stop a question that was deleted under its answer", async () => {
    await using slack = await openSlack();
    const previous = { user: "U1", text: `<@${botUser}> what broke`, ts, thread_ts: ts };

    await slack.send(
      envelope({
        type: "message",
        subtype: "message_changed",
        hidden: true,
        channel: "C1",
        channel_type: "channel",
        ts: "1795545060.000001",
        message: {
          subtype: "tombstone",
          user: "USLACKBOT",
          text: "This message was deleted.",
          ts,
          thread_ts: ts,
        },
        previous_message: previous,
      }),
    );

    expect(slack.heard).toMatchObject([
      {
        text: "stop",
        isQuiet: true,
        about: `slack-T000000001-C1-${ts}`,
        thread: { thread: `T000000001/C1/${ts}` },
      },
    ]);
  });

  it("stop what runs where Slack's own stop button was pressed", async () => {
    await using slack = await openSlack();

    await slack.send(
      envelope({
        type: "agent_session_stopped",
        channel: "D1",
        thread_ts: ts,
        event_ts: "1795545061.000001",
        user: "U1",
        streaming_message_ts: [],
      }),
    );

    expect(slack.heard).toMatchObject([
      { text: "stop", thread: { thread: `T000000001/D1/${ts}` }, about: null },
    ]);
  });
});

describe("the door of Slack's events", () => {
  const body = JSON.stringify(mention());
  const json = { "content-type": "application/json" };
  const signed = signedHeaders(body);

  it.each<[string, string, Record<string, string>]>([
    ["no signature", body, json],
    ["a signature of another secret", body, { ...json, ...signedHeaders(body, { secret: "other" }) }],
    ["a signature of another body", `${body} `, { ...json, ...signed }],
    ["a signature of another version", body, { ...json, ...signed, "x-slack-signature": "v1=abc" }],
    ["no time", body, { ...json, "x-slack-signature": signed["x-slack-signature"] ?? "" }],
    ["a time that is none", body, { ...json, ...signed, "x-slack-request-timestamp": "yesterday" }],
    ["a replay of ten minutes ago", body, { ...json, ...signedHeaders(body, { at: Date.now() - 600_000 }) }],
  ])("is shut to %s", async (_title, sent, headers) => {
    await using slack = await openSlack();

    const response = await slack.sendRaw(sent, headers);

    expect(response.status).toBe(401);
    expect(await response.text()).toBe("");
    expect(slack.heard).toEqual([]);
  });

  it("refuses ten megabytes, signed or not", async () => {
    await using slack = await openSlack();
    const long = JSON.stringify(mention({ text: "x".repeat(10_000_000) }));

    const responses = await Promise.all([
      slack.sendRaw(long, json),
      slack.sendRaw(long, { ...json, ...signedHeaders(long) }),
    ]);

    expect(responses.map(({ status }) => status)).toEqual([413, 413]);
    expect(slack.heard).toEqual([]);
  });

  it("refuses what is no text, and what is no JSON", async () => {
    await using slack = await openSlack();

    expect((await slack.sendRaw(new Uint8Array([0xff, 0xfe, 0x00]), json)).status).toBe(400);
    expect((await slack.sendRaw("{", { ...json, ...signedHeaders("{") })).status).toBe(400);
    expect((await slack.sendRaw("null", { ...json, ...signedHeaders("null") })).status).toBe(200);
  });

  it("answers Slack's check of the address", async () => {
    await using slack = await openSlack();

    const response = await slack.send({ type: "url_verification", challenge: "abc", token: "x" });

    expect(await response.json()).toEqual({ challenge: "abc" });
  });
});
