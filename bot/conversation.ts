import type { Enqueue } from "../jobs/enqueue.ts";
import type { Diagnosis } from "../pipeline/diagnosis.ts";
import { asBotError, BotError } from "../pipeline/errors.ts";
import type { IncidentSummary } from "../pipeline/incident-summary.ts";
import type { ChatQuestion, Intent, ReadQuestion, Stage } from "../pipeline/types.ts";
import { failureOf } from "./failure.ts";
import { type Failure, type Reply, renderReply, type TimeRequest, type Words } from "./reply.ts";
import { renderSummary } from "./summary-reply.ts";
import type { ChatMessage, ChatSurface, MessageRef, ThreadRef } from "./surface.ts";
import { durationWords } from "./time-words.ts";

/** What became of a message. `failed` was said in the thread already. */
export type Outcome =
  | { readonly kind: "answered"; readonly diagnosis: Diagnosis }
  | { readonly kind: "summarized"; readonly summary: IncidentSummary }
  | { readonly kind: "asked-back" }
  | { readonly kind: "told"; readonly intent: Intent }
  | { readonly kind: "failed"; readonly error: BotError };

/** What the conversation works with; the same for every surface. */
export interface Desk {
  readonly surface: ChatSurface;
  readonly enqueue: Enqueue;
  /** Reads a question as far as the services are known here. Throws BotError. */
  readonly read: (question: ChatQuestion) => Promise<ReadQuestion>;
  readonly defaultWindowMs: number;
  /** How much of an answer is shown before somebody asks for more. */
  readonly depth: "short" | "deep";
}

export interface Conversation {
  /** Takes one message, one at a time in each thread. Throws only what is a bug, after saying so. */
  hear(message: ChatMessage, signal: AbortSignal): Promise<Outcome>;
}

/** Threads whose last question or answer is kept at hand. */
const rememberedThreads = 200;
const deeper = /^\s*(more|details|show (me )?more|more details)[.!?]?\s*$/i;

/**
 * The one conversation of all surfaces: reads a message, asks back when no time was named and somebody
 * is there to say, hands the question to the queue, shows the stages and posts the answer.
 */
export function conversation({ surface, enqueue, read, defaultWindowMs, depth }: Desk): Conversation {
  const waiting = new Map<string, { question: ChatQuestion; intent: Intent }>();
  const answered = new Map<string, Diagnosis>();

  async function hear(message: ChatMessage, signal: AbortSignal): Promise<Outcome> {
    const say = oneMessage(surface, message.thread);
    try {
      return await answer(message, say, signal);
    } catch (error) {
      const known = asBotError(error);
      await say(known === null ? brokenReply : failureOf(known));
      if (known === null) throw error;
      return { kind: "failed", error: known };
    }
  }

  async function answer(message: ChatMessage, say: Say, signal: AbortSignal): Promise<Outcome> {
    const { thread } = message.thread;
    const last = answered.get(thread);
    if (last !== undefined && deeper.test(message.text)) {
      await say(renderReply(last, "deep"));
      return { kind: "told", intent: "follow-up" };
    }
    // Said before anything is loaded or started: whoever asks sees at once that it was heard.
    await say({ kind: "progress", stages: [reading] });
    const asked = waiting.get(thread);
    if (asked !== undefined) {
      const { question, intent } = asked;
      return made(thread, await withAskedTime(question, message), intent, say, signal);
    }

    const question: ChatQuestion = {
      id: message.id,
      text: message.text,
      askedAt: message.at,
      timeZone: message.timeZone,
      askedWindow: null,
    };
    const understood = await read(question);
    const words = wordsFor(understood.intent);
    if (words !== null) {
      await say(words);
      return { kind: "told", intent: understood.intent };
    }
    refuseUnknown(understood);
    if (understood.from === "ask" && surface.canAsk) {
      remember(waiting, thread, { question, intent: understood.intent });
      await say(timeRequest(defaultWindowMs));
      return { kind: "asked-back" };
    }
    return made(thread, question, understood.intent, say, signal);
  }

  /** What a person says when asked back names the window; without a time in it, the default is taken. */
  async function withAskedTime(asked: ChatQuestion, message: ChatMessage): Promise<ChatQuestion> {
    const { window, from } = await read({ ...asked, text: message.text, askedAt: message.at });
    waiting.delete(message.thread.thread);
    return { ...asked, askedWindow: from === "question" ? window : null };
  }

  async function made(
    thread: string,
    question: ChatQuestion,
    intent: Intent,
    say: Say,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const stages = new Map<string, Stage>([[reading.name, reading]]);
    const onStage = (stage: Stage) => {
      stages.set(stage.name, stage);
      // A stage that cannot be shown is no reason to lose the answer, which replaces it anyway.
      say({ kind: "progress", stages: [...stages.values()] }).catch(() => undefined);
    };
    if (intent === "summary") {
      const pending = await enqueue.summarize(surface.name, question, onStage, signal);
      const summary = await pending.summary;
      await say(renderSummary(summary));
      return { kind: "summarized", summary };
    }
    const pending = await enqueue.ask(surface.name, question, onStage, signal);
    const diagnosis = await pending.diagnosis;
    remember(answered, thread, diagnosis);
    await say(renderReply(diagnosis, depth));
    return { kind: "answered", diagnosis };
  }

  return { hear };
}

/** The first stage begins here, where the question is read for its time; the job reads its services. */
const reading: Stage = { name: "read", state: "started", detail: "" };

type Say = (reply: Reply) => Promise<void>;

/** Says things in one message of the thread: posted first, then updated, in the order said. */
function oneMessage(surface: ChatSurface, thread: ThreadRef): Say {
  let posted: Promise<MessageRef | null> = Promise.resolve(null);
  return async (reply) => {
    const before = posted;
    const next = before.then(async (message) => {
      if (message === null) return surface.post(thread, reply);
      await surface.update(message, reply);
      return message;
    });
    posted = next.catch(() => before);
    await next;
  };
}

function remember<Value>(kept: Map<string, Value>, thread: string, value: Value): void {
  kept.delete(thread);
  kept.set(thread, value);
  const [oldest] = kept.keys();
  if (kept.size > rememberedThreads && oldest !== undefined) kept.delete(oldest);
}

/** Throws: BotError "service-unknown" with the nearest names. */
function refuseUnknown({ unknownServices }: ReadQuestion): void {
  if (unknownServices.length === 0) return;
  const names = unknownServices.map(({ mentioned }) => `"${mentioned}"`).join(" or ");
  const nearest = [...new Set(unknownServices.flatMap((unknown) => unknown.nearest))];
  const offer = nearest.length === 0 ? "" : ` Nearest: ${nearest.join(", ")}.`;
  throw new BotError(
    "service-unknown",
    `No telemetry names a service ${names}.${offer} Ask again with one of these, or leave the name out to look at every service.`,
  );
}

function timeRequest(defaultWindowMs: number): TimeRequest {
  return {
    kind: "time-request",
    text: `Which time shall I look at? Without one I take the last ${durationWords(defaultWindowMs)}.`,
    choices: ["the last 15 minutes", "the last hour", "the last 6 hours"].map((label) => ({
      label,
      text: `in ${label}`,
    })),
  };
}

/** What is said to a message that is no question for a diagnosis; null for one that is. */
function wordsFor(intent: Intent): Words | null {
  switch (intent) {
    case "diagnose":
    case "follow-up":
    case "summary":
      return null;
    case "schedule":
      return {
        kind: "words",
        paragraphs: ["I cannot ask by myself at set times yet. Ask me when you want to know, and I look."],
      };
    case "help":
    case "none":
      return {
        kind: "words",
        paragraphs: [
          "I look for the root cause of a failure in metrics, logs and traces. Ask what broke, where, and when:",
          '"what broke in geo in the last hour"',
          '"why is checkout slow since 14:30"',
          '"which service failed between 14:00 and 14:30 yesterday"',
        ],
      };
  }
}

const brokenReply: Failure = {
  kind: "failure",
  code: null,
  what: "Something broke in LocaleXpert itself; this is a bug.",
  remedy: "Please report it with what LOCALEXPERT_DEBUG=1 prints.",
};
