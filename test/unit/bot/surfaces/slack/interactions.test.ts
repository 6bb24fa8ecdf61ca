import { describe, expect, it } from "vitest";
import type { Home } from "../../../../../bot/home.ts";
import {
  command,
  diagnoseThis,
  envelope,
  press,
  submission,
  ts,
} from "../../../../support/slack-payloads.ts";
import { openSlack } from "../../../../support/slack-surface.ts";

const question = "slack-T000000001-C1-1795542654.000100";
const done = () => ({ ok: true });

describe("/localexpert", () => {
  it.each([
    ["ask what broke in geo", "what broke in geo"],
    ["what broke in geo", "what broke in geo"],
    ["summary of today", "summary of today"],
    ["schedule every day at 9: what broke", "schedule every day at 9: what broke"],
    ["health", "health"],
    ["help", "help"],
    ["", "help"],
    ["ask", "help"],
    ["asking for a friend", "asking for a friend"],
  ])("%j says %j", async (typed, said) => {
    await using slack = await openSlack();

    const response = await slack.sendForm(command(typed));

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ response_type: "ephemeral" });
    expect(slack.heard).toMatchObject([
      { text: said, thread: { thread: "T000000001/C1/+" }, from: { person: { id: "U1" } }, about: null },
    ]);
  });

  it("answers in a direct message without a thread, and without another word", async () => {
    await using slack = await openSlack();

    const response = await slack.sendForm(command("health", { channel_id: "D1" }));

    expect(await response.text()).toBe("");
    expect(slack.heard[0]?.thread.thread).toBe("T000000001/D1/");
  });

  it("opens one thread, however often the message is completed", async () => {
    await using slack = await openSlack();
    const { workspace } = slack;
    workspace.answer("users.info", () => ({
      ok: true,
      user: { team_id: workspace.team, tz: "Europe/Berlin" },
    }));
    await slack.sendForm(command("what broke <!channel>", { channel_id: workspace.channel }));
    const [saved] = slack.heard;

    const first = await slack.surface.complete?.(saved!);
    const second = await slack.surface.complete?.(saved!);

    const messages = await workspace.messages();
    expect(messages.map(({ text }) => text)).toEqual(["<@U1> asks: what broke"]);
    expect(first?.thread.thread).toBe(`${workspace.team}/${workspace.channel}/${messages[0]?.ts}`);
    expect(second).toEqual(first);
  });
});

describe("buttons", () => {
  it("say what they carry, about the answer they belong to", async () => {
    await using slack = await openSlack();

    const response = await slack.sendForm({
      payload: JSON.stringify(press({ says: "why", about: question })),
    });

    expect(response.status).toBe(200);
    expect(slack.heard).toMatchObject([
      {
        id: "slack-T000000001-C1-1795542660.000200-1795542670.000300",
        thread: { thread: `T000000001/C1/${ts}` },
        text: "why",
        about: question,
      },
    ]);
  });

  it("choose a time for the thread's last question", async () => {
    await using slack = await openSlack();

    await slack.sendForm({ payload: JSON.stringify(press({ says: "in the last hour", about: null })) });

    expect(slack.heard).toMatchObject([{ text: "in the last hour", about: null }]);
  });

  it("of another app, or without a value, say nothing", async () => {
    await using slack = await openSlack();

    await slack.sendForm({ payload: JSON.stringify(press("approve")) });
    await slack.sendForm({ payload: JSON.stringify(press({ says: 7, about: null })) });

    expect(slack.heard).toEqual([]);
  });

  it("open a modal that asks which service it was", async () => {
    await using slack = await openSlack();
    slack.workspace.answer("views.open", done);

    const pressed = press({ suspects: ["geo", "rate"], about: question });
    const response = await slack.sendForm({ payload: JSON.stringify(pressed) });

    expect(response.status).toBe(200);
    const opened = slack.workspace.calls.find(({ method }) => method === "views.open");
    expect(opened?.parameters.trigger_id).toBe("13345224609.738474920.press");
    const view = JSON.parse(opened?.parameters.view ?? "");
    expect(view.callback_id).toBe("correct");
    expect(view.blocks[0].element.options.map(({ value }: { value: string }) => value)).toEqual([
      "geo",
      "rate",
    ]);
    expect(JSON.parse(view.private_metadata)).toMatchObject({ about: question });
    expect(slack.heard).toEqual([]);
  });

  it("tell Slack where the modal could not be opened, which then tells the person", async () => {
    await using slack = await openSlack();
    slack.workspace.answer("views.open", () => ({ ok: false, error: "expired_trigger_id" }));

    const pressed = press({ suspects: [], about: question });
    const response = await slack.sendForm({ payload: JSON.stringify(pressed) });

    expect(response.status).toBe(500);
  });
});

describe("the modal", () => {
  const metadata = { thread: `T000000001/C1/${ts}`, about: question, suspects: [] };

  it.each([
    ["the chosen service", { suspect: "rate" }, "it was rate"],
    ["the typed one", { service: " mongodb-geo " }, "it was mongodb-geo"],
    ["the typed one before the chosen", { suspect: "rate", service: "user" }, "it was user"],
  ])("says %s about its question", async (_title, filled, text) => {
    await using slack = await openSlack();

    const response = await slack.sendForm({ payload: JSON.stringify(submission(metadata, filled)) });

    expect(response.status).toBe(200);
    expect(slack.heard).toMatchObject([
      { id: "slack-T000000001-V1", text, about: question, thread: { thread: `T000000001/C1/${ts}` } },
    ]);
  });

  it("asks again where nothing was filled in", async () => {
    await using slack = await openSlack();

    const response = await slack.sendForm({ payload: JSON.stringify(submission(metadata, {})) });

    expect(await response.json()).toMatchObject({ response_action: "errors" });
    expect(slack.heard).toEqual([]);
  });

  it("is passed over where it remembers nothing of this bot's", async () => {
    await using slack = await openSlack();

    await slack.sendForm({ payload: JSON.stringify(submission("{", { service: "geo" })) });
    await slack.sendForm({
      payload: JSON.stringify(submission({ ...metadata, thread: "x" }, { service: "geo" })),
    });

    expect(slack.heard).toEqual([]);
  });
});

describe("Diagnose this", () => {
  it.each<[string, object, string]>([
    ["its text", { text: "geo is slow &lt;now&gt;" }, "geo is slow <now>"],
    [
      "its attachments",
      {
        attachments: [
          {
            title: "[FIRING] HighLatency",
            text: "p99 of geo\nis 3 s",
            fields: [{ title: "severity", value: "page" }],
          },
        ],
      },
      "[FIRING] HighLatency; p99 of geo is 3 s; severity page",
    ],
    ["a fallback", { attachments: [{ fallback: "geo down", color: "#f00" }] }, "geo down"],
    [
      "its blocks, once",
      {
        text: "geo down",
        blocks: [
          { type: "header", text: { type: "plain_text", text: "geo down" } },
          { type: "section", fields: [{ type: "mrkdwn", text: "pod geo-1" }] },
        ],
      },
      "geo down; pod geo-1",
    ],
  ])("asks about an alert by %s and its time", async (_title, message, said) => {
    await using slack = await openSlack();

    await slack.sendForm({ payload: JSON.stringify(diagnoseThis(message)) });

    expect(slack.heard).toMatchObject([
      {
        text: `what broke around 2026-11-24T17:50:54.000Z: ${said}`,
        thread: { thread: `T000000001/C1/${ts}` },
      },
    ]);
  });
});

describe("the assistant's pane", () => {
  const opened = envelope({
    type: "assistant_thread_started",
    assistant_thread: { user_id: "U1", context: {}, channel_id: "D1", thread_ts: ts },
    event_ts: ts,
  });

  it("suggests what to ask when it is opened", async () => {
    await using slack = await openSlack();
    slack.workspace.answer("assistant.threads.setSuggestedPrompts", done);

    await slack.send(opened);

    await expect.poll(() => slack.workspace.calls.length).toBe(1);
    const [{ parameters } = { parameters: {} }] = slack.workspace.calls;
    expect(parameters).toMatchObject({ channel_id: "D1", thread_ts: ts });
    expect(parameters).toHaveProperty("prompts", expect.stringContaining("what broke in the last hour"));
    expect(slack.heard).toEqual([]);
  });

  it("shows at once that it works, and rests when it has answered", async () => {
    await using slack = await openSlack();
    const { workspace } = slack;
    workspace.answer("agents.sessions.setStatus", done);
    workspace.answer("chat.postMessage", () => ({ ok: true, ts: "1795542661.000001" }));

    await slack.send(
      envelope({
        type: "message",
        channel_type: "im",
        channel: "D1",
        user: "U1",
        text: "what broke",
        ts,
        thread_ts: ts,
      }),
    );
    await expect.poll(() => workspace.calls.length).toBe(1);
    const { thread } = slack.heard[0]!;
    await slack.surface.post(
      thread,
      { kind: "words", paragraphs: ["Nothing."] },
      { key: "1", mayHaveLanded: false },
    );
    await expect.poll(() => workspace.calls.length).toBe(3);

    const statuses = workspace.calls.filter(({ method }) => method === "agents.sessions.setStatus");
    expect(statuses.map(({ parameters }) => [parameters.status, parameters.title])).toEqual([
      ["processing", "what broke"],
      ["active", undefined],
    ]);
  });

  it("falls back to the older status where a workspace knows no sessions", async () => {
    await using slack = await openSlack();
    slack.workspace.answer("assistant.threads.setStatus", done);
    const message = {
      type: "message",
      channel_type: "im",
      channel: "D1",
      user: "U1",
      text: "what broke",
      thread_ts: ts,
    };

    await slack.send(envelope({ ...message, ts }));
    await expect.poll(() => slack.workspace.calls.length).toBe(2);
    await slack.send(envelope({ ...message, ts: "1795542655.000100" }));
    await expect.poll(() => slack.workspace.calls.length).toBe(3);

    expect(slack.workspace.calls.map(({ method }) => method)).toEqual([
      "agents.sessions.setStatus",
      "assistant.threads.setStatus",
      "assistant.threads.setStatus",
    ]);
  });
});

describe("the Home tab", () => {
  const opened = envelope({ type: "app_home_opened", user: "U1", channel: "D1", tab: "home", event_ts: ts });

  it("shows what its reader may see", async () => {
    const home: Home = {
      diagnoses: [
        {
          questionId: question,
          question: "what broke in <geo>",
          when: "today 14:20",
          verdict: "geo is very likely the cause.",
        },
      ],
      schedules: [{ question: "what broke last night", when: "weekdays at 09:00", where: "#incidents" }],
      health: [{ name: "prometheus", isWell: false, detail: "does not answer" }],
    };
    await using slack = await openSlack({}, async () => home);
    slack.workspace.answer("views.publish", done);
    slack.workspace.answer("users.info", () => ({ ok: true, user: { team_id: "T000000001" } }));
    slack.workspace.answer("conversations.info", () => ({ ok: true, channel: { is_im: true } }));

    await slack.send(opened);

    const published = () => slack.workspace.calls.find(({ method }) => method === "views.publish");
    await expect.poll(published).toBeDefined();
    expect(published()?.parameters.user_id).toBe("U1");
    const view = published()?.parameters.view ?? "";
    for (const said of [
      "what broke in &lt;geo&gt;",
      "geo is very likely the cause.",
      "weekdays at 09∶00",
      "prometheus",
      "does not answer",
    ]) {
      expect(view.replaceAll("∶", ":")).toContain(said.replaceAll("∶", ":"));
    }
  });
});
