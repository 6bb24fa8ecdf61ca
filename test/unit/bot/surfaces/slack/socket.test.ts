import { describe, expect, it } from "vitest";
import type { ChatMessage } from "../../../../../bot/surface.ts";
import { slackSurface } from "../../../../../bot/surfaces/slack/slack.ts";
import { command, mention, ts } from "../../../../support/slack-payloads.ts";
import { emptyHome, slackOptions, testSecret } from "../../../../support/slack-surface.ts";
import { slackWorkspace } from "../../../../support/slack-workspace.ts";
import { socketServer } from "../../../../support/socket-server.ts";

async function open(onMessage: (message: ChatMessage) => Promise<void> = async () => undefined) {
  const workspace = await slackWorkspace();
  const server = await socketServer();
  workspace.answer("apps.connections.open", () => ({ ok: true, url: server.url }));
  const heard: ChatMessage[] = [];
  const surface = slackSurface({
    options: slackOptions(workspace, { http: undefined, appToken: { env: "SLACK_APP_TOKEN" } }),
    readSecret: testSecret(workspace),
    readHome: async () => emptyHome,
    now: Date.now,
  });
  const running = surface.start(async (message) => {
    heard.push(message);
    await onMessage(message);
  });
  const ended = running.catch((error: unknown) => error);
  return {
    workspace,
    server,
    surface,
    heard,
    ended,
    async [Symbol.asyncDispose]() {
      await surface.stop();
      await ended;
      await server[Symbol.asyncDispose]();
      await workspace[Symbol.asyncDispose]();
    },
  };
}

const event = { type: "events_api", envelope_id: "e1", accepts_response_payload: false, payload: mention() };

describe("Socket Mode", () => {
  it("acknowledges an event once its message is saved", async () => {
    await using slack = await open();
    await slack.surface.listening();

    slack.server.send(event);

    await expect.poll(() => slack.server.received).toEqual([{ envelope_id: "e1", payload: {} }]);
    expect(slack.heard).toMatchObject([{ id: `slack-T000000001-C1-${ts}`, text: "what broke in geo" }]);
    expect(slack.workspace.calls[0]).toMatchObject({ method: "apps.connections.open", token: "xapp-test" });
  });

  it("leaves unacknowledged what could not be saved, and goes on", async () => {
    let isDown = true;
    await using slack = await open(async () => {
      if (isDown) throw new Error("Redis is down");
    });
    await slack.surface.listening();

    slack.server.send(event);
    await expect.poll(() => slack.heard).toHaveLength(1);
    isDown = false;
    slack.server.send({ ...event, envelope_id: "e2", retry_attempt: 1, retry_reason: "timeout" });

    await expect.poll(() => slack.server.received).toEqual([{ envelope_id: "e2", payload: {} }]);
  });

  it("answers a command within its acknowledgement", async () => {
    await using slack = await open();
    await slack.surface.listening();

    slack.server.send({
      type: "slash_commands",
      envelope_id: "e3",
      accepts_response_payload: true,
      payload: command("help"),
    });

    await expect
      .poll(() => slack.server.received)
      .toMatchObject([{ envelope_id: "e3", payload: { response_type: "ephemeral" } }]);
  });

  it.each(["disconnect", "drop"])("connects again after a %s", async (how) => {
    await using slack = await open();
    await slack.surface.listening();

    if (how === "drop") slack.server.drop();
    else slack.server.send({ type: "disconnect", reason: "refresh_requested" });
    await expect.poll(() => slack.server.connections, { timeout: 10_000 }).toBe(2);
    await expect.poll(() => slack.workspace.calls.length).toBe(2);
    await expect
      .poll(
        () => {
          slack.server.send(event);
          return slack.server.received.length;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0);
  });

  it("ends with what to do where Slack does not take the token", async () => {
    await using slack = await open();
    await slack.surface.listening();
    slack.workspace.answer("apps.connections.open", () => ({ ok: false, error: "invalid_auth" }));

    slack.server.drop();

    expect(await slack.ended).toMatchObject({
      code: "chat-refused",
      message: expect.stringContaining("invalid_auth"),
    });
  });

  it("keeps trying where Slack cannot be reached", async () => {
    const workspace = await slackWorkspace();
    await using server = await socketServer();
    workspace.failNext({ kind: "status", status: 503 }, "apps.connections.open");
    workspace.answer("apps.connections.open", () => ({ ok: true, url: server.url }));
    const surface = slackSurface({
      options: slackOptions(workspace, { http: undefined, appToken: { env: "SLACK_APP_TOKEN" } }),
      readSecret: testSecret(workspace),
      readHome: async () => emptyHome,
      now: Date.now,
    });

    const running = surface.start(async () => undefined);
    await surface.listening();
    await surface.stop();
    await running;

    expect(workspace.calls).toHaveLength(2);
    await workspace[Symbol.asyncDispose]();
  });
});
