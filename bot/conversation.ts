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
import { type Allowed, allowed, mayShow, type Permission } from "./access.ts";
import { failureOf } from "./failure.ts";
import type { AboutAnswer } from "./follow-up/answer-follow-up.ts";
import { previousAnswer } from "./follow-up/previous-answer.ts";
import { tellFollowUp } from "./follow-up/tell-follow-up.ts";
import type { ThreadState, Threads } from "./follow-up/threads.ts";
import type { Wording } from "./follow-up/wording.ts";
import type { Failure, Reply, TimeRequest, Words } from "./reply.ts";
import type { ChatMessage } from "./surface.ts";
import { durationWords } from "./time-words.ts";

/** What became of a message. `failed` was said in the thread already. */
export type Outcome =
  | { readonly kind: "answered"; readonly diagnosis: Diagnosis }
  | { readonly kind: "summarized"; readonly summary: IncidentSummary }
  /** Its answer comes into the thread when it is made. */
  | { readonly kind: "queued" }
  | { readonly kind: "asked-back" }
  | { readonly kind: "told"; readonly intent: Intent }
  /** Of a program that may not ask: an answer might be answered. */
  | { readonly kind: "ignored" }
  | { readonly kind: "failed"; readonly error: BotError };

/** A question that was understood, to be answered. */
export interface Making {
  readonly question: ChatQuestion;
  readonly task: "diagnose" | "summarize";
  /** The answer before, where this one looks whether what it found is over. */
  readonly since: Diagnosis | null;
}

/** How one message is answered: all that is said to it stands in one message of its thread. */
export interface Voice {
  /** Replaces what was said to the message before. */
  say(reply: Reply): Promise<void>;
  /** Has the answer made and said. Throws: BotError, where whoever asked waits for it. */
  make(making: Making, signal: AbortSignal): Promise<Outcome>;
}

/** What the conversation works with; the same for every surface. */
export interface Desk {
  /** Whether a person is there to answer a question of the bot's. */
  readonly canAsk: boolean;
  readonly voiceOf: (message: ChatMessage) => Voice;
  /** Reads a text as far as the services are known here; after an answer, against it. Throws BotError. */
  readonly read: (question: ChatQuestion, previous: PreviousAnswer | null) => Promise<ReadQuestion>;
  readonly threads: Threads;
  readonly defaultWindowMs: number;
  /** Words what is looked up for follow-ups, where a language model is configured. */
  readonly wording?: Wording;
  /** What may be seen where a message was written; everything, where there is no such thing. */
  readonly permissionOf?: (message: ChatMessage) => Permission;
  /** Counts a question; gives null where it may be asked, else why not. */
  readonly takeQuestion?: (message: ChatMessage) => Promise<string | null>;
  /** Commands of a chat, which are no questions; "nothing" is said to some, null is for a text that is none. */
  readonly commands?: (command: Command) => Promise<Reply | "nothing" | null>;
  /** `again`: what may be better in a moment is thrown for the caller to try again, and so is a bug. */
  readonly onError?: "say" | "again";
}

/** A message that may be a command. */
export interface Command {
  readonly message: ChatMessage;
  readonly permission: Allowed;
  /** The answer that it is said to. */
  readonly answered: Diagnosis | null;
}

export interface Conversation {
  /** Takes one message, one at a time in each thread. Throws only what is a bug, after saying so. */
  hear(message: ChatMessage, signal: AbortSignal): Promise<Outcome>;
}

const silence: Voice = {
  say: async () => undefined,
  make: async () => ({ kind: "ignored" }),
};

/**
 * The one conversation of all surfaces: reads a message, asks back when no time was named and somebody
 * is there to say, and has the question answered. What is asked about an answer is answered from it where
 * it can be.
 */
export function conversation(desk: Desk): Conversation {
  const { canAsk, read, threads, defaultWindowMs } = desk;

  async function hear(message: ChatMessage, signal: AbortSignal): Promise<Outcome> {
    const voice = message.isQuiet === true ? silence : desk.voiceOf(message);
    try {
      return await answer(message, voice, signal);
    } catch (error) {
      const known = asBotError(error);
      if (desk.onError === "again" && (known === null || known.retryable)) throw error;
      await voice.say(known === null ? brokenReply : failureOf(known));
      if (known === null) throw error;
      return { kind: "failed", error: known };
    }
  }

  async function answer(message: ChatMessage, voice: Voice, signal: AbortSignal): Promise<Outcome> {
    const permission = desk.permissionOf?.(message) ?? everything;
    if (permission.verdict === "refused" && permission.isSilent) return { kind: "ignored" };
    const { permitted } = allowed(permission);
    const state = await stateOf(message, permission);
    const { answered, waiting } = state;
    const own = message.about === null ? state : null;
    const commanded = await desk.commands?.({ message, permission: allowed(permission), answered });
    if (commanded != null) {
      if (commanded !== "nothing") await voice.say(commanded);
      return { kind: "told", intent: "none" };
    }
    // Said before anything is loaded or started: whoever asks sees at once that it was heard. What follows
    // an answer is mostly answered from it at once.
    if (answered === null || waiting !== null) await voice.say({ kind: "progress", stages: [reading] });
    if (waiting !== null) {
      const question = await withAskedTime({ ...waiting.question, permitted }, message, state);
      return make({ question, task: taskOf(waiting.intent), since: null }, message, voice, signal);
    }
    const question: ChatQuestion = {
      id: message.id,
      text: message.text,
      askedAt: message.at,
      timeZone: message.timeZone,
      askedWindow: null,
      ...(permitted === null ? {} : { permitted }),
    };
    const understood = await read(question, answered === null ? null : previousAnswer(answered));
    const asked = withReading(question, understood);
    if (answered !== null && understood.followUp !== null) {
      return followedUp(understood.followUp, answered, asked, message, voice, signal, own);
    }
    const isFree = understood.intent === "follow-up" && understood.from === "ask";
    if (answered !== null && isFree && (await tell(null, answered, message, voice, signal, own))) {
      return { kind: "told", intent: "follow-up" };
    }
    const words = understood.isUnread ? null : wordsFor(understood, answered !== null);
    if (words !== null) {
      await voice.say(words);
      return { kind: "told", intent: understood.intent };
    }
    refuseUnknown(understood, permitted !== null);
    if (understood.from === "ask" && canAsk) {
      await threads.remember(message.thread, {
        answered,
        waiting: { question: asked, intent: understood.intent },
      });
      await voice.say(timeRequest(defaultWindowMs, understood.isUnread));
      return { kind: "asked-back" };
    }
    return make({ question: asked, task: taskOf(understood.intent), since: null }, message, voice, signal);
  }

  async function make(
    making: Making,
    message: ChatMessage,
    voice: Voice,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const why = (await desk.takeQuestion?.(message)) ?? null;
    if (why === null) return voice.make(making, signal);
    await voice.say({ kind: "words", paragraphs: [why] });
    return { kind: "told", intent: "none" };
  }

  /** What the thread is at; a button is pressed about its own answer, which need not be the last. */
  async function stateOf({ thread, about }: ChatMessage, permission: Permission): Promise<ThreadState> {
    const state = await threads.recall(thread);
    const pressed =
      about === null || about === state.answered?.question.id ? null : await threads.answer(about);
    const answered = pressed ?? state.answered;
    // What may be seen can have changed since, and a button can be pressed from elsewhere.
    return { ...state, answered: answered !== null && mayShow(answered, permission) ? answered : null };
  }

  /** What a person says when asked back names the window; without a time in it, the default is taken. */
  async function withAskedTime(
    asked: ChatQuestion,
    message: ChatMessage,
    { answered }: ThreadState,
  ): Promise<ChatQuestion> {
    const understood = await read({ ...asked, text: message.text, askedAt: message.at }, null);
    const { window, from } = understood;
    await threads.remember(message.thread, { answered, waiting: null });
    return { ...withReading(asked, understood), askedWindow: from === "question" ? window : null };
  }

  async function followedUp(
    followUp: FollowUp,
    answered: Diagnosis,
    question: ChatQuestion,
    message: ChatMessage,
    voice: Voice,
    signal: AbortSignal,
    own: ThreadState | null,
  ): Promise<Outcome> {
    const again =
      followUp.kind === "look-again" ? followUp : followUp.kind === "is-over" ? followUp.again : null;
    if (again !== null) {
      const since = followUp.kind === "is-over" ? answered : null;
      const making: Making = { question: changedBy(again, question), task: "diagnose", since };
      return make(making, message, voice, signal);
    }
    if (followUp.kind === "look-again") throw new Error("another look is made, not told");
    await tell(followUp, answered, message, voice, signal, own);
    return { kind: "told", intent: "follow-up" };
  }

  /** False where nothing can be said from the answer. */
  function tell(
    followUp: AboutAnswer | null,
    answered: Diagnosis,
    { text, thread }: ChatMessage,
    voice: Voice,
    signal: AbortSignal,
    own: ThreadState | null,
  ): Promise<boolean> {
    const asked = { text, thread, followUp, answered, state: own };
    return tellFollowUp(asked, voice.say, threads, desk.wording ?? null, signal);
  }

  return { hear };
}

const everything: Permission = { verdict: "allowed", permitted: null, mayOperate: true };

/** What the model was asked to read a question goes with it, so that it is kept and not asked again. */
function withReading(question: ChatQuestion, { calls }: ReadQuestion): ChatQuestion {
  return calls.length === 0 ? question : { ...question, reading: [...(question.reading ?? []), ...calls] };
}

function taskOf(intent: Intent): Making["task"] {
  return intent === "summary" ? "summarize" : "diagnose";
}

/** The question of a follow-up that needs another look at the data. */
function changedBy({ window, carried }: LookAgain, question: ChatQuestion): ChatQuestion {
  return { ...question, askedWindow: window, carried };
}

/** The first stage begins here, where the question is read for its time; the job reads its services. */
export const reading: Stage = { name: "read", state: "started", detail: "" };

/** Throws: BotError "service-unknown" with the nearest names. */
function refuseUnknown({ unknownServices }: ReadQuestion, isRestricted: boolean): void {
  if (unknownServices.length === 0) return;
  const names = unknownServices.map(({ mentioned }) => `"${mentioned}"`).join(" or ");
  const nearest = [...new Set(unknownServices.flatMap((unknown) => unknown.nearest))];
  const offer = nearest.length === 0 ? "" : ` Nearest: ${nearest.join(", ")}.`;
  throw new BotError(
    "service-unknown",
    `No telemetry${isRestricted ? " that may be seen here" : ""} names a service ${names}.${offer} Ask again with one of these, or leave the name out to look at every service.`,
  );
}

function timeRequest(defaultWindowMs: number, isUnread: boolean): TimeRequest {
  const lead = isUnread
    ? "I cannot read this language: I read times in English, German, French, Spanish and Portuguese. "
    : "";
  return {
    kind: "time-request",
    text: `${lead}Which time shall I look at? Without one I take the last ${durationWords(defaultWindowMs)}.`,
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
        paragraphs: [
          "Summaries at set times come into channels of a chat; this is none.",
          'Say "sum up the last day" to see what such a summary tells. In a chat it is scheduled with "schedule weekdays 9:00".',
        ],
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
