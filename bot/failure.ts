import type { BotError, ErrorCode } from "../pipeline/errors.ts";
import type { Failure } from "./reply.ts";

/** Said where the message of the error names no remedy itself. */
const remedies: Record<ErrorCode, string> = {
  "question-invalid": 'Ask in a sentence, for example "what broke in geo in the last hour".',
  "window-invalid":
    'Name a time that has passed, for example "in the last hour" or "between 14:00 and 14:30".',
  "service-unknown": "Ask again with a known name, or leave the name out to look at every service.",
  "config-invalid": 'Correct the configuration; "localexpert config check" names every problem in it.',
  "source-invalid":
    "Name a folder that holds telemetry; docs/telemetry-files.md describes the layouts that are read.",
  "source-unavailable": 'See what answers with "localexpert health", then ask again.',
  "redis-unavailable": "Start Redis, or unset REDIS_URL to let the program start a private one.",
  "redis-unsuitable": "Use Redis 6.2 or newer with maxmemory-policy noeviction.",
  "not-set-up": "Run node setup.mjs, or set REDIS_URL to a Redis server of your own.",
  "access-denied":
    "Ask where it may be seen, or ask your operator to add it to access in the configuration (docs/access.md).",
  "chat-unavailable": "It is sent when the chat answers again.",
  "chat-refused": "Invite the bot to the channel again, or renew its token.",
  cancelled: "Ask again when you like; nothing was changed.",
};

/**
 * An error in two parts: what is wrong, and what to do. Messages end with their remedy as sentences of
 * their own; one that is a single sentence, or a list, gets the remedy of its code.
 */
export function failureOf(error: BotError): Failure {
  const message = error.message.trim();
  const boundary = message.includes("\n") ? null : /[.!?]["”)]? (?=["“(]?\p{Lu})/u.exec(message);
  const what = boundary === null ? message : message.slice(0, boundary.index + boundary[0].length - 1);
  const remedy = boundary === null ? "" : message.slice(boundary.index + boundary[0].length);
  return { kind: "failure", code: error.code, what, remedy: remedy === "" ? remedies[error.code] : remedy };
}
