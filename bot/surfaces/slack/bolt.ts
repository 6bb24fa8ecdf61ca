import { verifySlackRequest, webApi } from "@slack/bolt";
import type { z } from "zod";
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
