import { z } from "zod";
import { stageNames } from "../pipeline/types.ts";

/** A thread of a chat, by the surface's name and its own id of it. */
export interface ChatThread {
  readonly surface: string;
  readonly thread: string;
}

const Stage = z.object({
  name: z.enum(stageNames),
  state: z.enum(["started", "done"]),
  detail: z.string().default(""),
  found: z.string().optional(),
});
/** A stage that only a newer version has is not shown; that is better than showing nothing. */
const Stages = z
  .array(z.unknown())
  .default([])
  .transform((stages) =>
    stages.flatMap((stage) => {
      const read = Stage.safeParse(stage);
      return read.success ? [read.data] : [];
    }),
  );

const Reply = z.custom<{ readonly kind: string }>(
  (value) => typeof value === "object" && value !== null && "kind" in value,
);

/**
 * What a message of a thread shall show: mostly a name for what is saved, so that it is small, and a program
 * of the version before or after can read it. `reply` is the surfaces' own, made by the conversation.
 */
export const Content = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("reply"), reply: Reply }),
  z.object({
    kind: z.literal("progress"),
    questionId: z.string(),
    stages: Stages,
    waiting: z.string().optional(),
  }),
  z.object({
    kind: z.literal("made"),
    questionId: z.string(),
    task: z.enum(["diagnose", "summarize"]).default("diagnose"),
    /** The question before, where this one looks whether what it found is over. */
    since: z.string().nullable().default(null),
  }),
  z.object({
    kind: z.literal("failed"),
    code: z.string().nullable().default(null),
    message: z.string().default(""),
  }),
]);
export type Content = z.infer<typeof Content>;

/** Where what a thread is to show is left, to be sent in order, once, as soon as the chat takes it. */
export interface Outbox {
  /**
   * Says what the message `slot` of a thread shall show. The last word wins, but nothing follows a final one.
   * Resolves when it is saved.
   */
  put(thread: ChatThread, slot: string, content: Content, isFinal: boolean): Promise<void>;
}

/** One message to be posted, or to be replaced where it was posted. */
export interface Delivery {
  readonly thread: ChatThread;
  /** The same for every try, and for every state of the message. */
  readonly key: string;
  readonly content: Content;
  /** The chat's id of the message; null: not posted yet. */
  readonly message: string | null;
  /** Whether a try to post it may have landed without our hearing of it. */
  readonly mayHaveLanded: boolean;
}

/** Sends to the chats. */
export interface Notifier {
  /**
   * Posts or replaces a message; gives its id. Throws: BotError "chat-unavailable" to be tried again,
   * "chat-refused" not to.
   */
  send(delivery: Delivery): Promise<string>;
  /**
   * Removes a message that another program has posted as well, but for the parts that both have. Two programs
   * can, where one was stopped while it posted.
   */
  takeBack(twice: {
    readonly thread: ChatThread;
    readonly message: string;
    /** The other one's, which stays. */
    readonly standing: string;
  }): Promise<void>;
}
