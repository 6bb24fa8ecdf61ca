import type { Content, Delivery, Notifier } from "../jobs/notifier.ts";
import type { Store } from "../jobs/store.ts";
import type { Diagnosis } from "../pipeline/diagnosis.ts";
import { asBotError, BotError } from "../pipeline/errors.ts";
import { failureOf } from "./failure.ts";
import { overLine } from "./follow-up/over-line.ts";
import { progressSoFar } from "./progress-so-far.ts";
import { type Failure, type Reply, renderReply } from "./reply.ts";
import { renderSummary } from "./summary-reply.ts";
import type { ChatSurface } from "./surface.ts";

export interface MessengerOptions {
  readonly surfaces: readonly ChatSurface[];
  readonly store: Pick<Store, "loadDiagnosis" | "loadSummary">;
}

/** Gives what threads are to show its form, and sends it through the surface that it is for. */
export function messenger({ surfaces, store }: MessengerOptions): Notifier {
  async function send({ thread, key, content, message, mayHaveLanded }: Delivery): Promise<string> {
    const surface = surfaces.find(({ name }) => name === thread.surface);
    if (surface === undefined) {
      throw new BotError(
        "chat-refused",
        `There is an answer for ${thread.surface}, which is not configured here. Configure it again, or forget the answer.`,
      );
    }
    const reply = await replyOf(content, store);
    const sending = { key, mayHaveLanded };
    const sent =
      message === null
        ? await surface.post(thread, reply, sending)
        : await surface.update({ thread, id: message }, reply, sending);
    return sent.id;
  }
  return {
    send,
    async takeBack({ thread, message, standing }) {
      const surface = surfaces.find(({ name }) => name === thread.surface);
      await surface?.takeBack?.({ thread, id: message }, { thread, id: standing });
    },
  };
}

const stop = { label: "Stop", text: "stop", role: "stop" } as const;

async function replyOf(content: Content, store: MessengerOptions["store"]): Promise<Reply> {
  switch (content.kind) {
    case "reply":
      // The conversation made it, here or in a program of the version before or after.
      return content.reply as unknown as Reply;
    case "progress": {
      const { stages, questionId, waiting } = content;
      const waits = waiting === undefined ? {} : { waiting };
      return { ...progressSoFar(stages), questionId, buttons: [stop], ...waits };
    }
    case "made":
      return madeReply(content, store);
    case "failed": {
      const known = asBotError({ code: content.code, message: content.message });
      return known === null ? brokenReply : failureOf(known);
    }
  }
}

async function madeReply(
  { questionId, task, since }: Extract<Content, { kind: "made" }>,
  store: MessengerOptions["store"],
): Promise<Reply> {
  if (task === "summarize") {
    const summary = await store.loadSummary(questionId);
    return summary === null ? forgottenReply : renderSummary(summary);
  }
  const diagnosis = await store.loadDiagnosis(questionId);
  if (diagnosis === null) return forgottenReply;
  const reply = renderReply(diagnosis);
  const before: Diagnosis | null = since === null ? null : await store.loadDiagnosis(since);
  const lead = before === null ? [] : [overLine(before, diagnosis)];
  return { ...reply, verdictLines: [...lead, ...reply.verdictLines] };
}

/** Said in a chat where a bug ended a question; the program's log has the rest. */
export const brokenReply: Failure = {
  kind: "failure",
  code: null,
  what: "Something broke in LocaleXpert itself, and this question could not be answered.",
  remedy: "Ask again, perhaps about a shorter time; if it happens again, show your operator this message.",
};

const forgottenReply: Failure = {
  kind: "failure",
  code: "question-invalid",
  what: "The answer to this question is no longer saved.",
  remedy: "Ask it again.",
};
