import type { Reply } from "../../bot/reply.ts";
import type { ChatMessage, ChatSurface } from "../../bot/surface.ts";

/** A surface that keeps what is said: each message with the replies it showed, newest last. */
export function recordingSurface(canAsk: boolean): ChatSurface & {
  readonly messages: Reply[][];
  say(text: string, at?: number): ChatMessage;
} {
  const messages: Reply[][] = [];
  let said = 0;
  return {
    name: "recording",
    canAsk,
    messages,
    say(text, at = 1_000_000_000_000) {
      said += 1;
      return {
        id: `recording-${said}`,
        thread: { surface: "recording", thread: "t" },
        text,
        at,
        timeZone: "UTC",
        from: null,
        about: null,
      };
    },
    start: async () => undefined,
    async post(thread, reply) {
      messages.push([reply]);
      return { thread, id: String(messages.length - 1) };
    },
    async update(message, reply) {
      messages[Number(message.id)]?.push(reply);
      return message;
    },
    stop: async () => undefined,
  };
}
