import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { HTTPReceiver, SocketModeReceiver, verifySlackRequest, webApi } from "@slack/bolt";
import type { z } from "zod";
import type { EpochMs } from "../../../pipeline/types.ts";
import { chatFailure } from "./chat-failure.ts";

/**
 * The only file that imports Slack's SDK. Its `App` is not used: it acknowledges an event before anybody has
 * saved it. What is used: the client of the Web API, the socket, the check of signatures.
 */

/** Where the Web API is, and how long one call may take. */
export interface ApiOptions {
  readonly url: string;
  readonly timeoutMs: number;
}

/** Calls a method of the Web API in a workspace. Throws: BotError "chat-unavailable" or "chat-refused". */
export type CallSlack = <Answer>(
  team: string,
  method: string,
  parameters: Readonly<Record<string, unknown>>,
  answer: z.ZodType<Answer>,
) => Promise<Answer>;

/** The token of the bot in a workspace. Throws: BotError "chat-refused" where it is not installed. */
export type TokenOf = (team: string) => Promise<string>;

/** The SDK logs for its own debugging, request bodies among it; what went wrong is thrown here. */
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => webApi.LogLevel.ERROR,
  setName: () => undefined,
};

/** The Web API. Nothing is tried again or queued here: whoever sends decides when to try again. */
export function slackApi(options: ApiOptions, tokenOf: TokenOf): CallSlack {
  const client = new webApi.WebClient(undefined, clientOptions(options));
  return async (team, method, parameters, answer) => {
    const token = await tokenOf(team);
    try {
      return answer.parse(await client.apiCall(method, { ...parameters, token }));
    } catch (error) {
      throw chatFailure(method, error);
    }
  };
}

function clientOptions({ url, timeoutMs }: ApiOptions) {
  return {
    slackApiUrl: url,
    timeout: timeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: silent,
  };
}

/** Whether a request was signed by Slack in the last five minutes. */
export function isSigned(
  request: { readonly body: string; readonly signature: string; readonly timestamp: string },
  signingSecret: string,
  nowMs: number,
): boolean {
  try {
    verifySlackRequest({
      signingSecret,
      body: request.body,
      headers: {
        "x-slack-signature": request.signature,
        "x-slack-request-timestamp": Number(request.timestamp),
      },
      nowMilliseconds: nowMs,
    });
    return true;
  } catch {
    return false;
  }
}

export interface SocketOptions {
  readonly api: ApiOptions;
  readonly appToken: string;
  /** Takes what Slack sent and gives what to answer; where it rejects, Slack sends it again. */
  readonly take: (body: unknown) => Promise<unknown>;
  readonly onConnected: () => void;
  readonly signal: AbortSignal;
}

/** What the socket hands over. */
interface SocketEvent {
  readonly body: unknown;
  readonly ack: (response?: object) => Promise<void>;
}

const shortestPauseMs = 1_000;
const longestPauseMs = 30_000;

/**
 * Socket Mode until `signal`: connects again whenever the connection ends. The SDK's own reconnecting is
 * off, because it ends the program where Slack cannot be reached for a while.
 *
 * Throws: BotError "chat-refused" when Slack does not take the token.
 */
export async function runSocket(options: SocketOptions): Promise<void> {
  const { api, appToken, take, onConnected, signal } = options;
  const { client } = new SocketModeReceiver({
    appToken,
    logger: silent,
    autoReconnectEnabled: false,
    installerOptions: { clientOptions: clientOptions(api) },
  });
  client.on("slack_event", (event: SocketEvent) => {
    // What could not be taken is not acknowledged.
    acknowledged(event, take).catch(() => undefined);
  });
  let failures = 0;
  while (!signal.aborted) {
    try {
      const ended = new Promise<void>((resolve) => void client.once("disconnected", () => resolve()));
      await client.start();
      failures = 0;
      onConnected();
      await Promise.race([ended, aborted(signal)]);
    } catch (error) {
      const failure = chatFailure("apps.connections.open", error);
      if (!failure.retryable) throw failure;
      failures += 1;
      const pauseMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** (failures - 1));
      await sleep(failure.retryAfterMs ?? pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
  await client.disconnect();
}

async function acknowledged({ body, ack }: SocketEvent, take: SocketOptions["take"]): Promise<void> {
  const answer = await take(body);
  await ack(typeof answer === "object" && answer !== null ? answer : undefined);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

export interface InstallerOptions {
  readonly api: ApiOptions;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly stateSecret: string;
  readonly redirectUrl: string;
  readonly scopes: readonly string[];
  readonly now: () => EpochMs;
  /** Keeps the bot's token of a workspace. */
  readonly keep: (installation: Installed) => Promise<void>;
}

export interface Installed {
  readonly team: string;
  readonly teamName: string;
  readonly token: string;
  readonly installedAt: EpochMs;
}

const installPath = "/slack/install";

/** The two pages of an installation, for a browser; gives whether the request was for one of them. */
export function installer(
  options: InstallerOptions,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { api, clientId, clientSecret, stateSecret, redirectUrl, scopes, now, keep } = options;
  const redirectPath = new URL(redirectUrl).pathname;
  const receiver = new HTTPReceiver({
    // It takes no event here: only its pages are asked for.
    signingSecret: "",
    signatureVerification: false,
    logger: silent,
    clientId,
    clientSecret,
    stateSecret,
    redirectUri: redirectUrl,
    scopes: [...scopes],
    installerOptions: {
      installPath,
      redirectUriPath: redirectPath,
      authorizationUrl: new URL("/oauth/v2/authorize", api.url).href,
      clientOptions: clientOptions(api),
    },
    installationStore: {
      async storeInstallation({ team, bot }) {
        if (team === undefined || bot === undefined) throw new Error("no bot in a workspace was installed");
        await keep({
          team: team.id,
          teamName: team.name ?? team.id,
          token: bot.token,
          installedAt: now(),
        });
      },
      async fetchInstallation() {
        throw new Error("installations are read elsewhere");
      },
    },
  });
  return (request, response) => {
    const path = (request.url ?? "").split("?")[0];
    if (request.method !== "GET" || (path !== installPath && path !== redirectPath)) return false;
    receiver.requestListener(request, response);
    return true;
  };
}
