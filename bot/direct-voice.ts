import type { Enqueue } from "../jobs/enqueue.ts";
import type { StageListener } from "../jobs/store.ts";
import type { Stage } from "../pipeline/types.ts";
import { type Making, type Outcome, reading, type Voice } from "./conversation.ts";
import { overLine } from "./follow-up/over-line.ts";
import type { Threads } from "./follow-up/threads.ts";
import { progressSoFar } from "./progress-so-far.ts";
import { renderReply } from "./reply.ts";
import { renderSummary } from "./summary-reply.ts";
import type { ChatMessage, ChatSurface, MessageRef, ThreadRef } from "./surface.ts";

export interface DirectOptions {
  readonly surface: ChatSurface;
  readonly enqueue: Enqueue;
  readonly threads: Pick<Threads, "remember">;
  /** How much of an answer is shown before somebody asks for more. */
  readonly depth: "short" | "deep";
}

/**
 * Answers where whoever asked waits at this very program: shows the stages and then the answer, and hands
 * what was made back.
 */
export function directVoice({ surface, enqueue, threads, depth }: DirectOptions) {
  return (message: ChatMessage): Voice => {
    const say = oneMessage(surface, message.thread, message.id);
    async function make({ question, task, since }: Making, signal: AbortSignal): Promise<Outcome> {
      if (task === "summarize") {
        const pending = await enqueue.summarize(surface.name, question, stagesTo(say), signal);
        const summary = await pending.summary;
        await say(renderSummary(summary));
        return { kind: "summarized", summary };
      }
      const pending = await enqueue.ask(surface.name, question, stagesTo(say), signal);
      const diagnosis = await pending.diagnosis;
      await threads.remember(message.thread, { answered: diagnosis, waiting: null });
      const reply = renderReply(diagnosis, depth);
      const lead = since === null ? [] : [overLine(since, diagnosis)];
      await say({ ...reply, verdictLines: [...lead, ...reply.verdictLines] });
      return { kind: "answered", diagnosis };
    }
    return { say, make };
  };
}

/** Shows the stages so far, each time one starts or ends. */
function stagesTo(say: Voice["say"]): StageListener {
  const told: Stage[] = [reading];
  return (stage) => {
    told.push(stage);
    // A stage that cannot be shown is no reason to lose the answer, which replaces it anyway.
    say(progressSoFar(told)).catch(() => undefined);
  };
}

/** Says things in one message of the thread: posted first, then updated, in the order said. */
function oneMessage(surface: ChatSurface, thread: ThreadRef, key: string): Voice["say"] {
  let posted: Promise<MessageRef | null> = Promise.resolve(null);
  return async (reply) => {
    const before = posted;
    const next = before.then(async (message) =>
      message === null
        ? surface.post(thread, reply, { key, mayHaveLanded: false })
        : surface.update(message, reply, { key, mayHaveLanded: false }),
    );
    posted = next.catch(() => before);
    await next;
  };
}
