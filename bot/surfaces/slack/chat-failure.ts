import { z } from "zod";
import { BotError } from "../../../pipeline/errors.ts";

/** What the SDK throws, as far as it is read here. */
const SdkError = z.object({
  code: z.string(),
  retryAfter: z.number().optional(),
  statusCode: z.number().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  data: z.object({ error: z.string().optional(), needed: z.string().optional() }).optional(),
});

/** Answers of Slack that say that it, and not the request, has a problem. */
const passing = new Set([
  "ratelimited",
  "rate_limited",
  "message_limit_exceeded",
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
  "accesslimited",
  "team_added_to_org",
  "temporarily_unavailable",
]);

const remedies: Readonly<Record<string, string>> = {
  channel_not_found: "The channel is gone or private. Invite the bot to it again.",
  is_archived: "The channel is archived. Ask in another one.",
  not_in_channel: "The bot is not in the channel. Invite it with /invite.",
  restricted_action: "A setting of the workspace keeps the bot from posting there. Ask its administrator.",
  missing_scope: "Install the app again with the scopes of its manifest.",
  account_inactive: "The bot was removed from the workspace. Install it again.",
  token_revoked: "The bot's token was revoked. Install the app again.",
  token_expired: "The bot's token has expired. Install the app again, without token rotation.",
  invalid_auth: "The bot's token is not valid. Copy it from the app's settings again.",
  not_authed: "There is no token of the bot. Copy it from the app's settings.",
};

/**
 * The error of a call to Slack: "chat-unavailable" with the time it named, where trying again can help,
 * else "chat-refused" with Slack's own word for it as `cause.reason`.
 */
export function chatFailure(method: string, error: unknown): BotError {
  if (error instanceof BotError) return error;
  const parsed = SdkError.safeParse(error);
  const said = parsed.success ? parsed.data : null;
  const reason = said?.data?.error;
  if (reason !== undefined && !passing.has(reason)) {
    const needed = said?.data?.needed === undefined ? "" : ` (${said.data.needed})`;
    const remedy = remedies[reason] ?? "See what the app may do in its settings.";
    return new BotError("chat-refused", `Slack refused ${method}: ${reason}${needed}. ${remedy}`, {
      cause: new SlackRefusal(reason),
    });
  }
  const status = said?.statusCode === undefined ? "" : ` (HTTP ${said.statusCode})`;
  return new BotError("chat-unavailable", `Slack did not take ${method}${status}. It is tried again.`, {
    cause: error,
    retryAfterMs: retryAfterMs(said),
  });
}

/** Slack's own word for why it refused. */
class SlackRefusal extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.name = "SlackRefusal";
    this.reason = reason;
  }
}

/** Slack's own word for why a call was refused; null for any other error. */
export function refusalOf(error: unknown): string | null {
  return error instanceof BotError && error.cause instanceof SlackRefusal ? error.cause.reason : null;
}

function retryAfterMs(said: z.infer<typeof SdkError> | null): number | null {
  const seconds = said?.retryAfter ?? Number(said?.headers?.["retry-after"]);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
}
