import { z } from "zod";
import type { EpochMs } from "../../../pipeline/types.ts";
import type { ChatMessage, Place } from "../../surface.ts";
import { alertText } from "./alert-text.ts";
import { Pressed } from "./buttons.ts";
import { type Correction, correctionIn } from "./correction.ts";
import {
  BlockActions,
  Challenge,
  Command,
  EventEnvelope,
  MessageAction,
  SlackEvent,
  ViewSubmission,
} from "./payload-schemas.ts";
import { readSlackText } from "./slack-text.ts";
import { type SlackThread, slackThread, threadRef } from "./slack-thread.ts";

/** What is to be done about something that Slack sent. */
export type Incoming =
  | { readonly kind: "message"; readonly message: ChatMessage; readonly answer?: unknown }
  | { readonly kind: "answer"; readonly answer: unknown }
  | {
      readonly kind: "correct";
      readonly trigger: string;
      readonly team: string;
      readonly correction: Correction;
    }
  | { readonly kind: "assistant-opened"; readonly thread: SlackThread }
  | { readonly kind: "home-opened"; readonly team: string; readonly channel: string; readonly user: string }
  | { readonly kind: "uninstalled"; readonly team: string }
  | { readonly kind: "nothing" };

export interface ReadPayloadOptions {
  readonly allowBots: boolean;
  readonly now: () => EpochMs;
}

const nothing: Incoming = { kind: "nothing" };

/** Reads what Slack sent, from itself alone: no call is made. What is of no known kind is nothing. */
export function readPayload(body: unknown, options: ReadPayloadOptions): Incoming {
  const read = Payload.safeParse(body);
  if (!read.success) return nothing;
  const payload = read.data;
  if ("challenge" in payload) return { kind: "answer", answer: { challenge: payload.challenge } };
  if ("command" in payload) return fromCommand(payload, options);
  switch (payload.type) {
    case "event_callback":
      return fromEvent(payload, options);
    case "block_actions":
      return fromButton(payload);
    case "message_action":
      return fromShortcut(payload);
    case "view_submission":
      return fromCorrection(payload, options);
  }
}

const Payload = z.union([Challenge, EventEnvelope, BlockActions, MessageAction, ViewSubmission, Command]);

function fromEvent(envelope: EventEnvelope, { allowBots }: ReadPayloadOptions): Incoming {
  const read = SlackEvent.safeParse(envelope.event);
  if (!read.success) return nothing;
  const event = read.data;
  const installed = envelope.authorizations?.[0];
  const team = installed?.team_id ?? envelope.team_id;
  const botUser = installed?.user_id ?? null;
  const isShared = envelope.is_ext_shared_channel ?? null;
  switch (event.type) {
    case "app_mention":
      // An edit would be answered again, beside the answer to what stood there before.
      if (event.edited !== undefined) return nothing;
      return isFromPeople(event, envelope, botUser, allowBots)
        ? written(event, { team, botUser, isShared }, event.thread_ts ?? event.ts)
        : nothing;
    case "message":
      if (event.subtype === "message_deleted") {
        return fromDeletion({ ...event, ts: event.deleted_ts }, { team, botUser, isShared });
      }
      if (event.subtype === "message_changed") {
        return fromDeletion({ ...event, ts: event.message.ts }, { team, botUser, isShared });
      }
      // In channels only mentions are for the bot; they come as events of their own.
      if (event.channel_type !== "im" || !isFromPeople(event, envelope, botUser, allowBots)) return nothing;
      return written(event, { team, botUser, isShared }, event.thread_ts ?? "");
    case "agent_session_stopped":
      return said({
        id: `${messageId(team, event.channel, event.event_ts)}-stop`,
        thread: { team, channel: event.channel, root: event.thread_ts ?? "" },
        text: "stop",
        ts: event.event_ts,
        user: event.user,
        isShared,
      });
    case "assistant_thread_started": {
      const { channel_id: channel, thread_ts: root } = event.assistant_thread;
      return { kind: "assistant-opened", thread: { team, channel, root } };
    }
    case "app_home_opened":
      return { kind: "home-opened", team, channel: event.channel, user: event.user };
    case "app_uninstalled":
    case "tokens_revoked":
      return { kind: "uninstalled", team };
  }
}

interface Installed {
  readonly team: string;
  readonly botUser: string | null;
  readonly isShared: boolean | null;
}

interface Written {
  readonly user?: string | undefined;
  readonly bot_id?: string | undefined;
  readonly app_id?: string | undefined;
  readonly channel: string;
  readonly text: string;
  readonly ts: string;
}

/** Never its own words; those of other bots only where they may ask. */
function isFromPeople(
  { user, bot_id, app_id }: Omit<Written, "channel">,
  { api_app_id }: EventEnvelope,
  botUser: string | null,
  allowBots: boolean,
): boolean {
  if (user !== undefined && user === botUser) return false;
  if (app_id !== undefined && app_id === api_app_id) return false;
  return user === undefined || bot_id !== undefined ? allowBots && bot_id !== undefined : true;
}

function written(event: Written, { team, botUser, isShared }: Installed, root: string): Incoming {
  return said({
    id: messageId(team, event.channel, event.ts),
    thread: { team, channel: event.channel, root },
    text: readSlackText(event.text, botUser),
    ts: event.ts,
    user: event.user ?? event.bot_id ?? "",
    isBot: event.bot_id !== undefined,
    isShared,
  });
}

interface Deletion {
  readonly channel: string;
  readonly channel_type?: string | undefined;
  readonly ts: string;
  readonly previous_message: Pick<Written, "user" | "bot_id" | "text"> & {
    readonly thread_ts?: string | undefined;
  };
}

/** Who deletes a question does not want its answer. */
function fromDeletion(event: Deletion, { team, botUser, isShared }: Installed): Incoming {
  const { user, bot_id, text, thread_ts } = event.previous_message;
  const wasQuestion = event.channel_type === "im" || (botUser !== null && text.includes(`<@${botUser}>`));
  if (!wasQuestion || user === undefined || bot_id !== undefined || user === botUser) return nothing;
  const question = messageId(team, event.channel, event.ts);
  const root = thread_ts ?? (event.channel_type === "im" ? "" : event.ts);
  return said({
    id: `${question}-deleted`,
    thread: { team, channel: event.channel, root },
    text: "stop",
    ts: event.ts,
    user,
    isShared,
    about: question,
    isQuiet: true,
  });
}

function fromCommand(command: Command, { now }: ReadPayloadOptions): Incoming {
  const { team_id: team, channel_id: channel } = command;
  const isDirect = channel.startsWith("D");
  return {
    kind: "message",
    message: chatMessage({
      id: `slack-${team}-${channel}-${command.trigger_id}`,
      // In a channel the thread is opened by a message that is posted once this one is saved.
      thread: { team, channel, root: isDirect ? "" : "+" },
      text: commandText(readSlackText(command.text, null)),
      at: now(),
      user: command.user_id,
      isShared: null,
    }),
    answer: isDirect
      ? undefined
      : {
          response_type: "ephemeral",
          text: "On it: the answer comes as a thread in this channel. If nothing comes, invite me first: /invite",
        },
  };
}

/** "/localexpert ask what broke" asks "what broke"; the other words speak for themselves. */
function commandText(text: string): string {
  const asked = /^ask\b\s*(.*)$/is.exec(text)?.[1] ?? text;
  return asked.trim() === "" ? "help" : asked.trim();
}

function fromButton({ team, user, channel, message, actions, trigger_id }: BlockActions): Incoming {
  const [action] = actions;
  const home = team?.id ?? user.team_id;
  const pressed = Pressed.safeParse(jsonIn(action?.value ?? ""));
  if (action === undefined || home === undefined || !pressed.success) return nothing;
  const root = message.thread_ts ?? (channel.id.startsWith("D") ? "" : message.ts);
  const thread = { team: home, channel: channel.id, root };
  if ("suspects" in pressed.data) {
    const { suspects, about } = pressed.data;
    const correction = { thread: threadRef(thread).thread, about, suspects };
    return { kind: "correct", trigger: trigger_id, team: home, correction };
  }
  return said({
    id: `${messageId(home, channel.id, message.ts)}-${action.action_ts}`,
    thread,
    text: pressed.data.says,
    ts: action.action_ts,
    user: user.id,
    isShared: null,
    about: pressed.data.about,
  });
}

function fromShortcut({ team, user, channel, message, action_ts }: MessageAction): Incoming {
  const home = team?.id ?? user.team_id;
  if (home === undefined) return nothing;
  const when = new Date(epochOf(message.ts)).toISOString();
  return said({
    id: `${messageId(home, channel.id, message.ts)}-${action_ts}`,
    thread: { team: home, channel: channel.id, root: message.thread_ts ?? message.ts },
    text: `what broke around ${when}: ${alertText(message)}`,
    ts: action_ts,
    user: user.id,
    isShared: null,
  });
}

function fromCorrection(submission: ViewSubmission, { now }: ReadPayloadOptions): Incoming {
  const { correction, service } = correctionIn(submission);
  if (correction === null) return nothing;
  if (service === "") {
    const errors = { service: "Choose a service, or type its name" };
    return { kind: "answer", answer: { response_action: "errors", errors } };
  }
  const { team, channel, root } = slackThread({ surface: "slack", thread: correction.thread });
  return {
    kind: "message",
    message: chatMessage({
      id: `slack-${team}-${submission.view.id}`,
      thread: { team, channel, root },
      text: `it was ${service}`,
      at: now(),
      user: submission.user.id,
      isShared: null,
      about: correction.about,
    }),
  };
}

interface Said {
  readonly id: string;
  readonly thread: SlackThread;
  readonly text: string;
  readonly user: string;
  readonly isBot?: boolean;
  /** Whether people of other organisations read along; null where the payload does not say. */
  readonly isShared: boolean | null;
  readonly about?: string | null;
  readonly isQuiet?: boolean;
}

function said({ ts, ...rest }: Said & { readonly ts: string }): Incoming {
  return { kind: "message", message: chatMessage({ ...rest, at: epochOf(ts) }) };
}

/**
 * Zone, guests and shared channels take a call to learn: until `complete` has asked, everybody counts as a
 * guest, and every channel that does not say otherwise as shared.
 */
function chatMessage({
  id,
  thread,
  text,
  at,
  user,
  isBot = false,
  isShared,
  about = null,
  isQuiet = false,
}: Said & { readonly at: EpochMs }): ChatMessage {
  return {
    id,
    thread: threadRef(thread),
    text,
    at,
    timeZone: "UTC",
    from: {
      person: { id: user, isGuest: true, isBot },
      place: {
        team: thread.team,
        channel: thread.channel,
        kind: kindOf(thread.channel),
        isShared: isShared ?? true,
      },
    },
    about,
    ...(isQuiet ? { isQuiet } : {}),
  };
}

/** As the first letter of a channel's id tells. */
export function kindOf(channel: string): Place["kind"] {
  if (channel.startsWith("D")) return "direct";
  return channel.startsWith("G") ? "group" : "channel";
}

function messageId(team: string, channel: string, ts: string): string {
  return `slack-${team}-${channel}-${ts}`;
}

function epochOf(ts: string): EpochMs {
  return Math.floor(Number(ts) * 1_000);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
