import type { Ahead, Questions } from "../jobs/enqueue.ts";
import type { Outbox } from "../jobs/notifier.ts";
import type { Making, Outcome, Voice } from "./conversation.ts";
import type { ChatMessage } from "./surface.ts";
import { counted, durationWords, roundedDuration } from "./time-words.ts";

export interface DurableOptions {
  readonly outbox: Outbox;
  readonly questions: Questions;
}

/**
 * Answers in a chat, where nobody waits at this program: what is said is left with the outbox, and what has
 * to be made with the queue, so that it is said whatever ends in between.
 */
export function durableVoice({ outbox, questions }: DurableOptions) {
  return (message: ChatMessage): Voice => {
    const { thread, id: slot } = message;
    async function make({ question, task, since }: Making): Promise<Outcome> {
      const ahead = await questions.submit({
        question,
        task,
        thread,
        slot,
        ...placeOf(message),
        isScheduled: false,
        since: since?.question.id ?? null,
      });
      const waiting = waitingWords(ahead);
      if (waiting !== null) {
        await outbox.put(
          thread,
          slot,
          { kind: "progress", questionId: question.id, stages: [], waiting },
          false,
        );
      }
      return { kind: "queued" };
    }
    return {
      say: (reply) => outbox.put(thread, slot, { kind: "reply", reply }, reply.kind !== "progress"),
      make,
    };
  };
}

/** Whose share of the workers a message takes, and whose schedules are meant in it. */
export function placeOf({ thread: { surface }, from }: Pick<ChatMessage, "thread" | "from">): {
  readonly channel: string;
  readonly person: string;
} {
  if (from === null) return { channel: surface, person: surface };
  const { person, place } = from;
  return {
    channel: [surface, place.team ?? "", place.channel].join(" "),
    person: [surface, place.team ?? "", person.id].join(" "),
  };
}

/** "Waiting: 3 before you, about a minute."; null where it begins at once. */
function waitingWords({ inThread, inQueue, aboutMs }: Ahead): string | null {
  if (inThread > 0) {
    return `Waiting for the ${inThread === 1 ? "question" : counted(inThread, "question")} before it in this thread.`;
  }
  if (inQueue === 0) return null;
  const about = aboutMs === null ? "" : `, about ${durationWords(roundedDuration(aboutMs))}`;
  return `Waiting: ${inQueue} before you${about}.`;
}
