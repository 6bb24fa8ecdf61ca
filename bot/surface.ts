import type { EpochMs } from "../pipeline/types.ts";
import type { Reply } from "./reply.ts";

/** Where an answer belongs. `thread` is the surface's own id of it. */
export interface ThreadRef {
  readonly surface: string;
  readonly thread: string;
}

export interface MessageRef {
  readonly thread: ThreadRef;
  readonly id: string;
}

/** One message of a person, as a surface hands it to the conversation. */
export interface ChatMessage {
  readonly id: string;
  readonly thread: ThreadRef;
  readonly text: string;
  readonly at: EpochMs;
  /** IANA name of the writer's zone. */
  readonly timeZone: string;
}

/** A place where people ask: the terminal, Slack, Teams, the console. */
export interface ChatSurface {
  readonly name: string;
  /** Whether a person is there to answer a question of the bot's. */
  readonly canAsk: boolean;
  /** Hands over each message that arrives; resolves when no more will. */
  start(onMessage: (message: ChatMessage) => Promise<void>): Promise<void>;
  post(thread: ThreadRef, reply: Reply): Promise<MessageRef>;
  /** Replaces a message that was posted. */
  update(message: MessageRef, reply: Reply): Promise<void>;
  stop(): Promise<void>;
}
