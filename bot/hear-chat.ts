import { z } from "zod";
import type { Outbox } from "../jobs/notifier.ts";
import { asBotError } from "../pipeline/errors.ts";
import type { Conversation } from "./conversation.ts";
import { failureOf } from "./failure.ts";
import { brokenReply } from "./messenger.ts";
import type { ChatMessage, ChatSurface } from "./surface.ts";

/** A sender as messages and schedules keep it; null: the operator of this machine. */
export const SavedSender = z
  .object({
    person: z.object({ id: z.string(), isGuest: z.boolean(), isBot: z.boolean() }),
    place: z.object({
      team: z.string().nullable(),
      channel: z.string(),
      kind: z.enum(["direct", "group", "channel"]),
      isShared: z.boolean(),
    }),
  })
  .nullable();

/** A message as the inbox keeps it. */
const Message = z.object({
  id: z.string(),
  thread: z.object({ surface: z.string(), thread: z.string() }),
  text: z.string(),
  at: z.number(),
  timeZone: z.string().default("UTC"),
  from: SavedSender,
  about: z.string().nullable().default(null),
  isQuiet: z.boolean().default(false),
});

export interface HearOptions {
  readonly surfaces: readonly ChatSurface[];
  readonly conversation: Conversation;
  readonly outbox: Outbox;
  /** Hears of each message before it is answered. */
  readonly onHeard: (message: ChatMessage) => Promise<void>;
}

/** Hears the messages that chats have left in the inbox, and answers for those that could not be heard. */
export function hearChat({ surfaces, conversation, outbox, onHeard }: HearOptions) {
  return {
    async hear(body: unknown, signal: AbortSignal): Promise<void> {
      const saved: ChatMessage = Message.parse(body);
      const surface = surfaces.find(({ name }) => name === saved.thread.surface);
      const message = (await surface?.complete?.(saved)) ?? saved;
      await onHeard(message);
      await conversation.hear(message, signal);
    },
    /** A message that no try could hear: whoever wrote it is told why. */
    async giveUp(body: unknown, error: unknown): Promise<void> {
      const message = Message.safeParse(body);
      if (!message.success || message.data.isQuiet) return;
      const { thread, id } = message.data;
      const known = asBotError(error);
      const reply = known === null ? brokenReply : failureOf(known);
      await outbox.put(thread, id, { kind: "reply", reply }, true);
    },
  };
}
