import { z } from "zod";

/** What Slack sends, as far as it is read here. Unknown kinds are passed over. */

/** An instant of Slack's, "1700000000.000100": also the id of a message in its channel. */
const Ts = z.string().regex(/^\d{1,12}\.\d{1,9}$/);
const Id = z.string().regex(/^[A-Z0-9]{2,40}$/);

const Author = {
  user: Id.optional(),
  bot_id: z.string().optional(),
  app_id: z.string().optional(),
  text: z.string().default(""),
  ts: Ts,
  thread_ts: Ts.optional(),
};

const Mention = z.object({
  type: z.literal("app_mention"),
  ...Author,
  channel: Id,
  edited: z.unknown().optional(),
});

const Message = z.object({
  type: z.literal("message"),
  ...Author,
  channel: Id,
  channel_type: z.string().optional(),
  subtype: z.enum(["file_share", "bot_message", "thread_broadcast"]).optional(),
});

const Deleted = z.object({
  type: z.literal("message"),
  subtype: z.literal("message_deleted"),
  channel: Id,
  channel_type: z.string().optional(),
  deleted_ts: Ts,
  previous_message: z.object(Author),
});

/** A deleted message that has replies stays as the head of its thread, changed into a stone. */
const Tombstone = z.object({
  type: z.literal("message"),
  subtype: z.literal("message_changed"),
  channel: Id,
  channel_type: z.string().optional(),
  message: z.object({ subtype: z.literal("tombstone"), ts: Ts }),
  previous_message: z.object(Author),
});

const AssistantThread = z.object({
  type: z.literal("assistant_thread_started"),
  assistant_thread: z.object({ channel_id: Id, thread_ts: Ts }),
});

const Stopped = z.object({
  type: z.literal("agent_session_stopped"),
  channel: Id,
  thread_ts: Ts.optional(),
  event_ts: Ts,
  user: Id,
});

const HomeOpened = z.object({
  type: z.literal("app_home_opened"),
  user: Id,
  channel: Id,
  tab: z.literal("home"),
});

const Uninstalled = z.union([
  z.object({ type: z.literal("app_uninstalled") }),
  z.object({
    type: z.literal("tokens_revoked"),
    tokens: z.object({ bot: z.array(z.string()).min(1) }),
  }),
]);

export const SlackEvent = z.union([
  Mention,
  Deleted,
  Tombstone,
  Message,
  AssistantThread,
  Stopped,
  HomeOpened,
  Uninstalled,
]);
export type SlackEvent = z.infer<typeof SlackEvent>;

export const EventEnvelope = z.object({
  type: z.literal("event_callback"),
  team_id: Id,
  api_app_id: z.string().optional(),
  authorizations: z.array(z.object({ team_id: Id.nullish(), user_id: z.string().nullish() })).nullish(),
  is_ext_shared_channel: z.boolean().nullish(),
  event: z.unknown(),
});
export type EventEnvelope = z.infer<typeof EventEnvelope>;

export const Challenge = z.object({ type: z.literal("url_verification"), challenge: z.string().max(1_000) });

export const Command = z.object({
  command: z.string(),
  text: z.string().default(""),
  team_id: Id,
  channel_id: Id,
  channel_name: z.string().optional(),
  user_id: Id,
  trigger_id: z.string(),
});
export type Command = z.infer<typeof Command>;

const Team = z.object({ id: Id });
const User = z.object({ id: Id, team_id: Id.optional() });

export const BlockActions = z.object({
  type: z.literal("block_actions"),
  team: Team.nullish(),
  user: User,
  channel: z.object({ id: Id }),
  message: z.object({ ts: Ts, thread_ts: Ts.optional() }),
  trigger_id: z.string(),
  actions: z.array(z.object({ value: z.string().optional(), action_ts: Ts })).min(1),
});
export type BlockActions = z.infer<typeof BlockActions>;

const Texts = z.object({ text: z.string().optional() });

export const MessageAction = z.object({
  type: z.literal("message_action"),
  callback_id: z.literal("diagnose_this"),
  team: Team.nullish(),
  user: User,
  channel: z.object({ id: Id }),
  action_ts: Ts,
  message: z.object({
    ts: Ts,
    thread_ts: Ts.optional(),
    text: z.string().default(""),
    attachments: z
      .array(
        z.object({
          title: z.string().optional(),
          pretext: z.string().optional(),
          text: z.string().optional(),
          fallback: z.string().optional(),
          fields: z
            .array(z.object({ title: z.string().optional(), value: z.string().optional() }))
            .optional(),
        }),
      )
      .nullish(),
    blocks: z
      .array(z.object({ text: z.union([Texts, z.string()]).optional(), fields: z.array(Texts).optional() }))
      .nullish(),
  }),
});
export type MessageAction = z.infer<typeof MessageAction>;

export const ViewSubmission = z.object({
  type: z.literal("view_submission"),
  team: Team.nullish(),
  user: User,
  view: z.object({
    id: z.string(),
    callback_id: z.literal("correct"),
    private_metadata: z.string(),
    state: z.object({
      values: z.record(
        z.string(),
        z.record(
          z.string(),
          z.object({
            value: z.string().nullish(),
            selected_option: z.object({ value: z.string() }).nullish(),
          }),
        ),
      ),
    }),
  }),
});
export type ViewSubmission = z.infer<typeof ViewSubmission>;
