import { createHash } from "node:crypto";
import type { Chat } from "./chat.ts";
import type { Store } from "./store.ts";

/**
 * The language model of one question, whose answers are saved as they come: where a worker ends, the next
 * one asks nothing again that was answered. The same request gives the same answer, so a retry of the
 * program's own after a poor one is another request.
 */
export function rememberedCalls(
  chat: Chat,
  questionId: string,
  store: Pick<Store, "loadCall" | "saveCall">,
): Chat {
  return async (request, signal) => {
    const key = createHash("sha256").update(JSON.stringify(request)).digest("hex").slice(0, 32);
    const known = await store.loadCall(questionId, key);
    if (known !== null) return known;
    const reply = await chat(request, signal);
    if (reply.problem === null) await store.saveCall(questionId, key, reply);
    return reply;
  };
}
