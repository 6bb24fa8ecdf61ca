import { describe, expect, it } from "vitest";
import { SlackOptions } from "../../../../../bot/surfaces/slack/options.ts";
import { slackSurface } from "../../../../../bot/surfaces/slack/slack.ts";
import { redisInstallations } from "../../../../../connectors/store/redis-installations.ts";
import { envelope, mention } from "../../../../support/slack-payloads.ts";
import { emptyHome, signedHeaders, slackOptions, testSecret } from "../../../../support/slack-surface.ts";
import { slackWorkspace } from "../../../../support/slack-workspace.ts";

const token = "xoxb-of-another-workspace";

/** A bot that workspaces install by themselves, and a browser that does so. */
async function open() {
  const workspace = await slackWorkspace();
  workspace.answer("oauth.v2.access", () => ({
    ok: true,
    access_token: token,
    token_type: "bot",
    scope: "chat:write",
    bot_user_id: "UBOT2",
    app_id: "A1",
    team: { id: "T2", name: "Annex" },
    enterprise: null,
    is_enterprise_install: false,
    authed_user: { id: "U7" },
  }));
  workspace.answer("auth.test", () => ({ ok: true, bot_id: "B7", url: "https://annex.slack.example/" }));
  const kept = new Map<string, string>();
  const installations = redisInstallations(
    {
      get: async (key) => kept.get(key) ?? null,
      set: async (key, value) => kept.set(key, value),
      del: async (key) => Number(kept.delete(key)),
    },
    { prefix: "test", key: () => "cd".repeat(32) },
  );
  const surface = slackSurface({
    options: slackOptions(workspace, {
      botToken: undefined,
      oauth: {
        clientId: "1.2",
        clientSecret: { env: "CLIENT_SECRET" },
        stateSecret: { env: "STATE_SECRET" },
        tokenKey: { env: "TOKEN_KEY" },
        redirectUrl: "https://bot.example/slack/oauth_redirect",
      },
    }),
    readSecret: (reference) => testSecret(workspace)(reference) || `secret of ${reference.env}`,
    installations,
    readHome: async () => emptyHome,
    now: Date.now,
  });
  const running = surface.start(async () => undefined);
  const port = await surface.listening();
  const url = `http://127.0.0.1:${port}`;
  return {
    workspace,
    surface,
    kept,
    get: (path: string, cookie = "") =>
      fetch(`${url}${path}`, { redirect: "manual", headers: { cookie, connection: "close" } }),
    send(body: object) {
      const text = JSON.stringify(body);
      const headers = { "content-type": "application/json", connection: "close", ...signedHeaders(text) };
      return fetch(`${url}/slack/events`, { method: "POST", headers, body: text });
    },
    async [Symbol.asyncDispose]() {
      await surface.stop();
      await running;
      await workspace[Symbol.asyncDispose]();
    },
  };
}

/** Presses "Add to Slack", agrees, and comes back with a code. */
async function install(bot: Awaited<ReturnType<typeof open>>): Promise<Response> {
  const page = await bot.get("/slack/install");
  const link = /href="([^"]*oauth\/v2\/authorize[^"]*)"/.exec(await page.text())?.[1] ?? "";
  const state = new URL(link.replaceAll("&amp;", "&")).searchParams.get("state") ?? "";
  const cookie = (page.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  return bot.get(`/slack/oauth_redirect?code=abc&state=${state}`, cookie);
}

const thread = { surface: "slack", thread: "T2/C7/1795542654.000100" };
const words = { kind: "words" as const, paragraphs: ["Hello."] };
const sending = { key: "1", mayHaveLanded: false };

describe("installing in several workspaces", () => {
  it("keeps the token of a workspace and speaks there with it", async () => {
    await using bot = await open();
    bot.workspace.answer("chat.postMessage", () => ({ ok: true, ts: "1795542655.000100" }));

    const response = await install(bot);
    await bot.surface.post(thread, words, sending);

    expect(response.status).toBeLessThan(400);
    expect(bot.workspace.calls.at(-1)).toMatchObject({ method: "chat.postMessage", token });
    expect([...bot.kept.values()].join()).not.toContain(token);
  });

  it("asks for the scopes of the manifest", async () => {
    await using bot = await open();

    const page = await (await bot.get("/slack/install")).text();

    expect(decodeURIComponent(page)).toContain("app_mentions:read,assistant:write,channels:history");
  });

  it("refuses a way back that did not begin here", async () => {
    await using bot = await open();

    const response = await bot.get("/slack/oauth_redirect?code=abc&state=forged");

    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(bot.kept.size).toBe(0);
  });

  it("is refused where nobody has installed it", async () => {
    await using bot = await open();

    await expect(bot.surface.post(thread, words, sending)).rejects.toMatchObject({
      code: "chat-refused",
      message: expect.stringContaining("/slack/install"),
    });
    expect(bot.workspace.calls).toEqual([]);
  });

  it.each<[string, object]>([
    ["it was removed", { type: "app_uninstalled" }],
    ["its token was revoked", { type: "tokens_revoked", tokens: { oauth: [], bot: ["B7"] } }],
  ])("forgets the token of a workspace where %s", async (_title, event) => {
    await using bot = await open();
    await install(bot);

    await bot.send(
      envelope(
        { type: "tokens_revoked", tokens: { oauth: ["U7"], bot: [] } },
        { team_id: "T2", authorizations: [] },
      ),
    );
    const before = bot.kept.size;
    await bot.send(envelope(event, { team_id: "T2", authorizations: [] }));

    expect(before).toBe(1);
    expect(bot.kept.size).toBe(0);
  });

  it("shows no other page", async () => {
    await using bot = await open();

    for (const path of ["/", "/slack/events", "/slack/installed", "/%00", "//x"]) {
      expect((await bot.get(path)).status).toBe(404);
    }
    expect((await bot.send(mention())).status).toBe(200);
  });
});

describe("the options of Slack", () => {
  const secret = { env: "X" };
  const oauth = {
    clientId: "1",
    clientSecret: secret,
    stateSecret: secret,
    tokenKey: secret,
    redirectUrl: "https://x.example/slack/oauth_redirect",
  };

  it.each<[string, object]>([
    ["one workspace in Socket Mode", { botToken: secret, appToken: secret }],
    ["one workspace over HTTP", { botToken: secret, http: { signingSecret: secret } }],
    ["several over HTTP", { oauth, http: { signingSecret: secret } }],
  ])("take %s", (_title, options) => {
    expect(SlackOptions.parse(options)).toMatchObject({ allowBots: false, apiUrl: "https://slack.com/api/" });
  });

  it.each<[string, object]>([
    ["no way in", { botToken: secret }],
    ["two ways in", { botToken: secret, appToken: secret, http: { signingSecret: secret } }],
    ["no token", { appToken: secret }],
    ["a token and OAuth", { botToken: secret, oauth, http: { signingSecret: secret } }],
    ["OAuth without HTTP", { oauth, appToken: secret }],
    ["a token written down", { botToken: "xoxb-1", appToken: secret }],
    ["an unknown key", { botToken: secret, appToken: secret, bottoken: secret }],
  ])("refuse %s", (_title, options) => {
    expect(SlackOptions.safeParse(options).success).toBe(false);
  });
});
