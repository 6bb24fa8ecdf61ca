import { createHash } from "node:crypto";
import { z } from "zod";
import type { ChatMessage, Place, Sender } from "../../surface.ts";
import type { Activity } from "./activity.ts";
import { Pressed, saidBy } from "./pressed.ts";
import { surfaceName, type TeamsThread, threadRef } from "./thread-key.ts";

/** What the endpoint knows beside the activity. */
export interface Reception {
  readonly now: () => number;
  /** Where an activity names none that is known. */
  readonly timeZone: string;
  readonly allowBots: boolean;
  /** The question that a posted message answers; null where it is not known. */
  readonly questionOf: (messageId: string, thread: TeamsThread) => Promise<string | null>;
}

/** What an activity is to us. `reply` is the body that an invoke is answered with. */
export type Received =
  | {
      readonly kind: "message";
      readonly message: ChatMessage;
      readonly reply: unknown;
      readonly isTyped: boolean;
    }
  | { readonly kind: "nothing"; readonly reply: unknown }
  /** An invoke of a kind that we do not know. */
  | { readonly kind: "unknown-invoke" };

const nothing: Received = { kind: "nothing", reply: null };
const cardReceived = { statusCode: 200, type: "application/vnd.microsoft.activity.message", value: "" };
const longestText = 40_000;

/** Reads an activity; what nobody is waiting for an answer to is nothing. */
export async function received(activity: Activity, reception: Reception): Promise<Received> {
  const { recipient, from } = activity;
  if (recipient === undefined || from === undefined) return nothing;
  const isBot = from.role === "bot" || from.role === "skill" || from.id.startsWith("28:");
  if (from.id === recipient.id || (isBot && !reception.allowBots)) return nothing;
  const thread = threadOf(activity, recipient.id);
  const sender = senderOf(activity, from, isBot, thread);
  const made = (text: string, about: string | null, id = messageId(activity, "")): ChatMessage => ({
    id,
    thread: threadRef(thread),
    text,
    at: instantOf(activity, reception),
    timeZone: timeZoneOf(activity, reception),
    from: sender,
    about,
  });
  switch (activity.type) {
    case "message": {
      const pressed = Pressed.safeParse(activity.value);
      if (pressed.success) return said(made(saidBy(pressed.data), pressed.data.localexpert.about), null);
      if (!isForUs(activity, thread)) return nothing;
      return { kind: "message", message: made(textOf(activity), null), reply: null, isTyped: true };
    }
    case "messageDelete":
      // Whoever takes a question back does not want it answered.
      return said(made("stop", messageId(activity, ""), messageId(activity, "delete")), null);
    case "invoke":
      return invoked(activity, thread, made, reception);
    default:
      return nothing;
  }
}

function said(message: ChatMessage, reply: unknown): Received {
  return { kind: "message", message, reply, isTyped: false };
}

type Make = (text: string, about: string | null) => ChatMessage;

async function invoked(
  activity: Activity,
  thread: TeamsThread,
  made: Make,
  { questionOf }: Reception,
): Promise<Received> {
  switch (activity.name) {
    case "adaptiveCard/action": {
      const pressed = Executed.safeParse(activity.value);
      if (!pressed.success) return { kind: "nothing", reply: cardReceived };
      const { data } = pressed.data.action;
      return said(made(saidBy(data), data.localexpert.about), cardReceived);
    }
    case "message/submitAction": {
      const feedback = Feedback.safeParse(activity.value);
      if (!feedback.success || activity.replyToId === undefined) return { kind: "nothing", reply: {} };
      // Of which answer? A thumb that would be counted for another one is better not counted.
      const about = await questionOf(activity.replyToId, thread);
      if (about === null) return { kind: "nothing", reply: {} };
      return said(made(feedbackWords(feedback.data), about), {});
    }
    default:
      return { kind: "unknown-invoke" };
  }
}

const Executed = z.object({ action: z.object({ data: Pressed }) });
const Feedback = z.object({
  actionName: z.literal("feedback"),
  actionValue: z.object({
    reaction: z.enum(["like", "dislike"]),
    feedback: z.unknown().optional(),
  }),
});

/** Thumbs up confirm; thumbs down with a name, alone or as "it was NAME", correct; others only doubt. */
function feedbackWords({ actionValue: { reaction, feedback } }: z.infer<typeof Feedback>): string {
  if (reaction === "like") return "that was right";
  const name = /^\s*(?:(?:no[,.]?\s+)?it(?:\s+was|['’]s)\s+)?(\S{1,200})\s*$/i.exec(wordsIn(feedback))?.[1];
  return name === undefined ? "it was something else" : `it was ${name.replace(/[.,;!]+$/, "")}`;
}

/** Written as JSON in a string: "{\"feedbackText\":\"…\"}". */
function wordsIn(feedback: unknown): string {
  if (typeof feedback !== "string") return FeedbackText.safeParse(feedback).data?.feedbackText ?? "";
  try {
    return FeedbackText.safeParse(JSON.parse(feedback)).data?.feedbackText ?? "";
  } catch {
    return feedback;
  }
}
const FeedbackText = z.object({ feedbackText: z.string() });

// ── Who, where, when ────────────────────────────────────────────────────────────────────────────

function threadOf({ serviceUrl, conversation, channelData, id }: Activity, bot: string): TeamsThread {
  const kind = kindOf(conversation.conversationType, conversation.isGroup === true);
  // Teams names the thread in a channel's conversation; a client that does not, means a new one.
  const isThread = kind !== "channel" || /;messageid=/i.test(conversation.id) || id === undefined;
  return {
    serviceUrl: serviceUrl.replace(/\/+$/, ""),
    conversation: isThread ? conversation.id : `${conversation.id};messageid=${id}`,
    kind,
    bot,
    tenant: conversation.tenantId ?? channelData?.tenant?.id ?? null,
  };
}

function kindOf(type: string | undefined, isGroup: boolean): Place["kind"] {
  switch (type) {
    case "personal":
      return "direct";
    case "channel":
      return "channel";
    case "groupChat":
      return "group";
    default:
      return isGroup ? "group" : "direct";
  }
}

function senderOf(
  { channelData }: Activity,
  from: NonNullable<Activity["from"]>,
  isBot: boolean,
  { conversation, kind, tenant }: TeamsThread,
): Sender {
  const ofOthers = from.tenantId !== undefined && tenant !== null && from.tenantId !== tenant;
  return {
    person: { id: from.aadObjectId ?? from.id, isGuest: ofOthers, isBot },
    place: {
      team: tenant,
      channel: conversation.replace(/;messageid=.*$/i, ""),
      kind,
      isShared: channelData?.channel?.type === "shared",
    },
  };
}

/**
 * The same for every delivery of an activity. Teams' ids are unique in a conversation only, and hold what
 * no job id may. `what` tells an activity about a message from the message.
 */
function messageId({ id, conversation, text, timestamp, value }: Activity, what: string): string {
  const named = id ?? JSON.stringify([text, timestamp, value]);
  const hash = createHash("sha256")
    .update(JSON.stringify([conversation.id, named, what]))
    .digest("hex");
  return `${surfaceName}-${hash.slice(0, 32)}`;
}

function instantOf({ timestamp }: Activity, { now }: Reception): number {
  const at = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  // Nobody asks in the future: what lies there is a clock that is wrong.
  return Number.isNaN(at) ? now() : Math.min(at, now());
}

function timeZoneOf({ localTimezone, entities }: Activity, { timeZone }: Reception): string {
  return (
    [localTimezone, entities?.timeZone].find((zone) => zone !== undefined && isTimeZone(zone)) ?? timeZone
  );
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

// ── What is said ────────────────────────────────────────────────────────────────────────────────

/** In a chat with others the bot is spoken to by its name; what else is said there is not for it. */
function isForUs({ entities, recipient }: Activity, { kind }: TeamsThread): boolean {
  return (
    kind === "direct" || (entities?.mentions ?? []).some(({ mentioned }) => mentioned.id === recipient?.id)
  );
}

/** Without the bot's name; other people's names are words like others. */
function textOf({ text = "", entities, recipient }: Activity): string {
  let rest = text;
  for (const { text: name, mentioned } of entities?.mentions ?? []) {
    if (mentioned.id === recipient?.id && name !== "") rest = rest.replaceAll(name, " ");
  }
  return rest
    .replace(/<\/?at(?:\s[^>]*)?>/gi, "")
    .replace(/&nbsp;|\u00a0/gi, " ")
    .replace(/[ \t]+/g, " ")
    .trim()
    .slice(0, longestText);
}
