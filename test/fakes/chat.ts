import type { Reply } from "../../bot/reply.ts";
import type { ChatMessage, ChatSurface, Sending } from "../../bot/surface.ts";
import { BotError } from "../../pipeline/errors.ts";

/** A message of the fake chat, with what it showed, newest last. */
export interface Posted {
  readonly thread: string;
  readonly key: string;
  readonly shown: Reply[];
}

/**
 * A chat in memory that several programs may share: what is posted stays, whoever posted it. It can be down,
 * and can take a message and lose its answer.
 */
export function fakeChat() {
  const posted: Posted[] = [];
  const state = { isDown: false, losesAnswers: 0 };
  let onMessage: ((message: ChatMessage) => Promise<void>) | null = null;
  let said = 0;

  function refuseIfDown(): void {
    if (state.isDown) throw new BotError("chat-unavailable", "The chat is down.", { retryAfterMs: 50 });
  }

  function answer(): void {
    if (state.losesAnswers <= 0) return;
    state.losesAnswers -= 1;
    throw new BotError("chat-unavailable", "The chat took it and did not answer.", { retryAfterMs: 10 });
  }

  const surface: ChatSurface = {
    name: "fake",
    canAsk: true,
    async start(hear) {
      onMessage = hear;
    },
    async post(thread, reply, { key, mayHaveLanded }: Sending) {
      refuseIfDown();
      const landed = mayHaveLanded
        ? posted.findIndex((one) => one.thread === thread.thread && one.key === key)
        : -1;
      if (landed < 0) posted.push({ thread: thread.thread, key, shown: [reply] });
      else posted[landed]?.shown.push(reply);
      answer();
      return { thread, id: String(landed < 0 ? posted.length - 1 : landed) };
    },
    async update(message, reply) {
      refuseIfDown();
      posted[Number(message.id)]?.shown.push(reply);
      answer();
      return message;
    },
    stop: async () => undefined,
  };

  return {
    surface,
    posted,
    state,
    message(text: string, changes: Partial<ChatMessage> = {}): ChatMessage {
      said += 1;
      return {
        id: `fake-${said}`,
        thread: { surface: "fake", thread: "t" },
        text,
        at: 1_000_000_000_000,
        timeZone: "UTC",
        from: {
          person: { id: "U1", isGuest: false, isBot: false },
          place: { team: "T1", channel: "C1", kind: "channel", isShared: false },
        },
        about: null,
        ...changes,
      };
    },
    async send(message: ChatMessage): Promise<void> {
      if (onMessage === null) throw new Error("nobody listens");
      await onMessage(message);
    },
    /** The last thing that each message of a thread shows. */
    last: (thread = "t") => posted.filter((one) => one.thread === thread).map(({ shown }) => shown.at(-1)),
  };
}
