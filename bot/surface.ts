import type { EpochMs } from "../pipeline/types.ts";
import type { Reply } from "./reply.ts";

/** Where an answer belongs. `thread` is the surface's own id of it. */
export interface ThreadRef {
  readonly surface: string;
  readonly thread: string;
}

/** A message that was posted; `id` is the surface's own, of all its parts where it was split. */
export interface MessageRef {
  readonly thread: ThreadRef;
  readonly id: string;
}

/** Who writes, as the chat knows them. */
export interface Person {
  readonly id: string;
  readonly isGuest: boolean;
  readonly isBot: boolean;
}

/** Where it is written, as the chat knows it. */
export interface Place {
  /** The workspace, tenant or team; null where the chat has none. */
  readonly team: string | null;
  readonly channel: string;
  readonly kind: "direct" | "group" | "channel";
  /** Whether people of other organisations read along. */
  readonly isShared: boolean;
}

export interface Sender {
  readonly person: Person;
  readonly place: Place;
}

/** One message of a person, as a surface hands it to the conversation. JSON-safe. */
export interface ChatMessage {
  /** The same for every delivery of the same message: the chat's own id of it, behind the surface's name. */
  readonly id: string;
  readonly thread: ThreadRef;
  readonly text: string;
  readonly at: EpochMs;
  /** IANA name of the writer's zone. */
  readonly timeZone: string;
  /** null: the operator, at a terminal of this machine. */
  readonly from: Sender | null;
  /** The question whose answer this is said to, where a button of that answer was pressed; null: the thread's last. */
  readonly about: string | null;
  /** Nobody wrote it, as where a question was deleted: what it says is done, and nothing is said about it. */
  readonly isQuiet?: boolean;
}

/** How a reply is sent. */
export interface Sending {
  /** The same for every try to send the same reply. */
  readonly key: string;
  /** Whether an earlier try may have landed without our hearing of it: look before posting, where the chat lets one. */
  readonly mayHaveLanded: boolean;
}

/**
 * A place where people ask: the terminal, Slack, Teams, the console. It verifies what arrives, gives replies
 * their form, and knows nothing of questions.
 *
 * Posting throws: BotError "chat-unavailable", with `retryAfterMs` where the chat named one, when it can be
 * tried again; "chat-refused" when it never will.
 */
export interface ChatSurface {
  readonly name: string;
  /** Whether a person is there to answer a question of the bot's. */
  readonly canAsk: boolean;
  /**
   * Hands over each message that arrives; a chat is told that it arrived when `onMessage` has resolved, by
   * which time it is saved. Resolves when no more will come.
   */
  start(onMessage: (message: ChatMessage) => Promise<void>): Promise<void>;
  /**
   * Adds what only the chat can tell and takes a call to learn: the writer's zone, whether they are a guest,
   * the thread that a command opens. Called once the message is saved; may be called again.
   */
  complete?(message: ChatMessage): Promise<ChatMessage>;
  /** Where a message goes that begins a thread of its own in the same place; where there are none, the thread itself. */
  rootOf?(thread: ThreadRef): ThreadRef;
  post(thread: ThreadRef, reply: Reply, sending: Sending): Promise<MessageRef>;
  /** Replaces a message that was posted; gives it back, with the parts that it has now. */
  update(message: MessageRef, reply: Reply, sending: Sending): Promise<MessageRef>;
  /** Removes a message that stands there twice, but for the parts that both have; where the chat lets one. */
  takeBack?(message: MessageRef, standing: MessageRef): Promise<void>;
  stop(): Promise<void>;
}
