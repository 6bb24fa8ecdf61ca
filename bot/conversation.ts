import type { Enqueue } from "../jobs/enqueue.ts";
import type { StageListener, ThreadStore } from "../jobs/store.ts";
import type { Diagnosis } from "../pipeline/diagnosis.ts";
import { asBotError, BotError } from "../pipeline/errors.ts";
import type { IncidentSummary } from "../pipeline/incident-summary.ts";
import type {
  ChatQuestion,
  FollowUp,
  Intent,
  LookAgain,
  PreviousAnswer,
  ReadQuestion,
  Stage,
} from "../pipeline/types.ts";
import { failureOf } from "./failure.ts";
import { answerFollowUp } from "./follow-up/answer-follow-up.ts";
import { overLine } from "./follow-up/over-line.ts";
import { previousAnswer } from "./follow-up/previous-answer.ts";
import { type ThreadState, threads } from "./follow-up/threads.ts";
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
  /** Reads a text as far as the services are known here; after an answer, against it. Throws BotError. */
  readonly read: (question: ChatQuestion, previous: PreviousAnswer | null) => Promise<ReadQuestion>;
  /** Where threads and answers are kept over a restart. */
  readonly store: ThreadStore;
  readonly defaultWindowMs: number;
  /** How much of an answer is shown before somebody asks for more. */
  readonly depth: "short" | "deep";
}

export interface Conversation {
  /** Takes one message, one at a time in each thread. Throws only what is a bug, after saying so. */
  hear(message: ChatMessage, signal: AbortSignal): Promise<Outcome>;
}

/**
 * The one conversation of all surfaces: reads a message, asks back when no time was named and somebody
 * is there to say, hands the question to the queue, shows the stages and posts the answer. What is asked
 * about an answer is answered from it where it can be.
 */
export function conversation({ surface, enqueue, read, store, defaultWindowMs, depth }: Desk): Conversation {
  const remembered = threads(store);

  async function hear(message: ChatMessage, signal: AbortSignal): Promise<Outcome> {
    const say = oneMessage(surface, message.thread, message.id);
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
    const state = await remembered.recall(message.thread);
    const { answered, waiting } = state;
    // Said before anything is loaded or started: whoever asks sees at once that it was heard. What follows
    // an answer is mostly answered from it at once.
    if (answered === null || waiting !== null) await say({ kind: "progress", stages: [reading] });
    if (waiting !== null) {
      const question = await withAskedTime(waiting.question, message, state);
      return made(message.thread, question, waiting.intent, say, signal);
    }
    const question: ChatQuestion = {
      id: message.id,
      text: message.text,
      askedAt: message.at,
      timeZone: message.timeZone,
      askedWindow: null,
    };
    const understood = await read(question, answered === null ? null : previousAnswer(answered));
    if (answered !== null && understood.followUp !== null) {
      return followedUp(understood.followUp, answered, question, message.thread, say, signal);
    }
    const words = wordsFor(understood, answered !== null);
    if (words !== null) {
      await say(words);
      return { kind: "told", intent: understood.intent };
    }
    refuseUnknown(understood);
    if (understood.from === "ask" && surface.canAsk) {
      await remembered.remember(message.thread, {
        answered,
        waiting: { question, intent: understood.intent },
      });
      await say(timeRequest(defaultWindowMs));
      return { kind: "asked-back" };
    }
    return made(message.thread, question, understood.intent, say, signal);
  }

  /** What a person says when asked back names the window; without a time in it, the default is taken. */
  async function withAskedTime(
    asked: ChatQuestion,
    message: ChatMessage,
    { answered }: ThreadState,
  ): Promise<ChatQuestion> {
    const { window, from } = await read({ ...asked, text: message.text, askedAt: message.at }, null);
    await remembered.remember(message.thread, { answered, waiting: null });
    return { ...asked, askedWindow: from === "question" ? window : null };
  }

  async function followedUp(
    followUp: FollowUp,
    answered: Diagnosis,
    question: ChatQuestion,
    thread: ThreadRef,
    say: Say,
    signal: AbortSignal,
  ): Promise<Outcome> {
    if (followUp.kind === "look-again") {
      return diagnosed(thread, changedBy(followUp, question), say, signal);
    }
    if (followUp.kind === "is-over" && followUp.again !== null) {
      return diagnosed(thread, changedBy(followUp.again, question), say, signal, (now) => [
        overLine(answered, now),
      ]);
    }
    await say(answerFollowUp(followUp, answered));
    return { kind: "told", intent: "follow-up" };
  }

  async function made(
    thread: ThreadRef,
    question: ChatQuestion,
    intent: Intent,
    say: Say,
    signal: AbortSignal,
  ): Promise<Outcome> {
    if (intent !== "summary") return diagnosed(thread, question, say, signal);
    const pending = await enqueue.summarize(surface.name, question, stagesTo(say), signal);
    const summary = await pending.summary;
    await say(renderSummary(summary));
    return { kind: "summarized", summary };
  }

  /** `lead`: what is said before the answer's own verdict. */
  async function diagnosed(
    thread: ThreadRef,
    question: ChatQuestion,
    say: Say,
    signal: AbortSignal,
    lead: (diagnosis: Diagnosis) => readonly string[] = () => [],
  ): Promise<Outcome> {
    const pending = await enqueue.ask(surface.name, question, stagesTo(say), signal);
    const diagnosis = await pending.diagnosis;
    await remembered.remember(thread, { answered: diagnosis, waiting: null });
    const reply = renderReply(diagnosis, depth);
    await say({ ...reply, verdictLines: [...lead(diagnosis), ...reply.verdictLines] });
    return { kind: "answered", diagnosis };
  }

  return { hear };
}

/** Shows the stages so far, each time one starts or ends. */
function stagesTo(say: Say): StageListener {
  const stages = new Map<string, Stage>([[reading.name, reading]]);
  return (stage) => {
    stages.set(stage.name, stage);
    // A stage that cannot be shown is no reason to lose the answer, which replaces it anyway.
    say({ kind: "progress", stages: [...stages.values()] }).catch(() => undefined);
  };
}

/** The question of a follow-up that needs another look at the data. */
function changedBy({ window, carried }: LookAgain, question: ChatQuestion): ChatQuestion {
  return { ...question, askedWindow: window, carried };
}

/** The first stage begins here, where the question is read for its time; the job reads its services. */
const reading: Stage = { name: "read", state: "started", detail: "" };

type Say = (reply: Reply) => Promise<void>;

/** Says things in one message of the thread: posted first, then updated, in the order said. */
function oneMessage(surface: ChatSurface, thread: ThreadRef, key: string): Say {
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
function wordsFor({ intent, from }: ReadQuestion, hasAnswer: boolean): Words | null {
  switch (intent) {
    case "diagnose":
    case "summary":
      return null;
    case "follow-up":
      // With a time it is a question of its own: "what about geo in the last hour".
      if (from !== "ask") return null;
      return hasAnswer ? askedWhat : nothingToFollow;
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
          ...examples,
          'Then ask on: "why not rate?", "show the logs", "ignore traces", "widen to 3 hours".',
        ],
      };
  }
}

const examples = [
  '"what broke in geo in the last hour"',
  '"why is checkout slow since 14:30"',
  '"which service failed between 14:00 and 14:30 yesterday"',
];

const askedWhat: Words = {
  kind: "words",
  paragraphs: [
    "I cannot tell what you would like to know about the answer above. Ask, for example:",
    '"why not rate?", "show the logs", "what changed first?", "ignore traces", "widen to 3 hours"',
  ],
};

const nothingToFollow: Words = {
  kind: "words",
  paragraphs: [
    "There is no answer here yet to say more about. Ask what broke, where, and when:",
    ...examples,
  ],
};

const brokenReply: Failure = {
  kind: "failure",
  code: null,
  what: "Something broke in LocaleXpert itself; this is a bug.",
  remedy: "Please report it with what LOCALEXPERT_DEBUG=1 prints.",
};
