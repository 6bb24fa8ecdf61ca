import { createHmac } from "node:crypto";
import type { Home } from "../../bot/home.ts";
import type { ChatMessage, ChatSurface } from "../../bot/surface.ts";
import { SlackOptions } from "../../bot/surfaces/slack/options.ts";
import { slackSurface } from "../../bot/surfaces/slack/slack.ts";
import { type SlackWorkspace, slackWorkspace } from "./slack-workspace.ts";

export const signingSecret = "8f742231b10e8888abcd99yyyzzz85a5";
export const emptyHome: Home = { diagnoses: [], schedules: [], health: [] };

/** The surface of a workspace, listening for what Slack sends on a free port. */
export interface ListeningSurface extends AsyncDisposable {
  readonly surface: ChatSurface;
  readonly url: string;
  /** What was handed over, in order. */
  readonly heard: readonly ChatMessage[];
  /** What `onMessage` does; resolves at once unless set. */
  onMessage: (message: ChatMessage) => Promise<void>;
  /** Sends JSON as Slack would, signed; `headers` replace the ones that it has. */
  send(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** The same as a form: a slash command, or an interaction in its `payload`. */
  sendForm(fields: Readonly<Record<string, string>>): Promise<Response>;
  /** Any body, signed as said. */
  sendRaw(body: string | Uint8Array, headers: Readonly<Record<string, string>>): Promise<Response>;
}

export function slackOptions(workspace: SlackWorkspace, changes: Readonly<Record<string, unknown>> = {}) {
  return SlackOptions.parse({
    botToken: { env: "SLACK_BOT_TOKEN" },
    http: { signingSecret: { env: "SLACK_SIGNING_SECRET" }, host: "127.0.0.1", port: 0 },
    apiUrl: workspace.apiUrl,
    timeoutSeconds: 2,
    ...changes,
  });
}

/** Secrets as a test's environment would hold them. */
export function testSecret(workspace: SlackWorkspace): (reference: { env?: string | undefined }) => string {
  const known: Readonly<Record<string, string>> = {
    SLACK_BOT_TOKEN: workspace.token,
    SLACK_SIGNING_SECRET: signingSecret,
    SLACK_APP_TOKEN: "xapp-test",
  };
  return ({ env }) => known[env ?? ""] ?? "";
}

async function listeningSurface(
  workspace: SlackWorkspace,
  changes: Readonly<Record<string, unknown>> = {},
  readHome: () => Promise<Home> = async () => emptyHome,
): Promise<ListeningSurface> {
  const heard: ChatMessage[] = [];
  const surface = slackSurface({
    options: slackOptions(workspace, changes),
    readSecret: testSecret(workspace),
    readHome,
    now: Date.now,
  });
  const running = surface.start(async (message) => {
    await listening.onMessage(message);
    heard.push(message);
  });
  running.catch(() => undefined);
  const url = `http://127.0.0.1:${await surface.listening()}`;
  const listening: ListeningSurface = {
    surface,
    url,
    heard,
    onMessage: async () => undefined,
    send: (body, headers = {}) =>
      sendRaw(JSON.stringify(body), {
        "content-type": "application/json",
        ...signedHeaders(JSON.stringify(body)),
        ...headers,
      }),
    sendForm(fields) {
      const body = new URLSearchParams(fields).toString();
      return sendRaw(body, {
        "content-type": "application/x-www-form-urlencoded",
        ...signedHeaders(body),
      });
    },
    sendRaw,
    async [Symbol.asyncDispose]() {
      await surface.stop();
      await running;
    },
  };
  function sendRaw(body: string | Uint8Array, headers: Readonly<Record<string, string>>): Promise<Response> {
    return fetch(`${url}/slack/events`, {
      method: "POST",
      headers: { ...headers, connection: "close" },
      body: typeof body === "string" ? body : new Uint8Array(body),
    });
  }

  return listening;
}

/** Slack's `v0` signature over the raw body. */
export function signedHeaders(
  body: string,
  { secret = signingSecret, at = Date.now() }: { readonly secret?: string; readonly at?: number } = {},
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000));
  const hash = createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex");
  return { "x-slack-request-timestamp": timestamp, "x-slack-signature": `v0=${hash}` };
}

/** A surface that listens, with a workspace behind it. */
export async function openSlack(
  changes: Readonly<Record<string, unknown>> = {},
  readHome?: () => Promise<Home>,
): Promise<ListeningSurface & { readonly workspace: SlackWorkspace }> {
  const workspace = await slackWorkspace();
  const listening = await listeningSurface(workspace, changes, readHome);
  const stop = listening[Symbol.asyncDispose].bind(listening);
  return Object.assign(listening, {
    workspace,
    async [Symbol.asyncDispose]() {
      await stop();
      await workspace[Symbol.asyncDispose]();
    },
  });
}
