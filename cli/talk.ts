import { randomUUID } from "node:crypto";
import { type Command, type Conversation, conversation } from "../bot/conversation.ts";
import { directVoice } from "../bot/direct-voice.ts";
import { type FeedbackDesk, hearFeedback } from "../bot/feedback.ts";
import { knownServices } from "../bot/follow-up/previous-answer.ts";
import { threads } from "../bot/follow-up/threads.ts";
import { plainText } from "../bot/plain-text.ts";
import type { Reply } from "../bot/reply.ts";
import type { ChatMessage, ChatSurface } from "../bot/surface.ts";
import { terminal } from "../bot/surfaces/terminal/terminal.ts";
import { type Application, startApplication } from "../compose.ts";
import type { Config } from "../config.ts";
import { followUpWriter } from "../follow-up-writer.ts";
import type { Enqueue } from "../jobs/enqueue.ts";
import type { ThreadStore } from "../jobs/store.ts";
import { ownReader, readFirst } from "../question-reader.ts";
import type { Shell } from "./shell.ts";

export interface TalkOptions {
  readonly config: Config;
  readonly answers: "print" | "quiet";
  readonly depth: "short" | "deep";
  readonly hint: string;
  /** The instant of each question. */
  readonly now: () => number;
}

/** The conversation at the terminal. */
export interface Talk {
  readonly surface: ChatSurface & { message(text: string): ChatMessage };
  readonly hear: Conversation["hear"];
}

/**
 * Runs `work` with the conversation at the terminal. Redis and the workers start at once, while the
 * question is read, since somebody waits for the first stage; they are ended with it, however it ends.
 */
export async function talking<Result>(
  { config, answers, depth, hint, now }: TalkOptions,
  shell: Shell,
  work: (talk: Talk) => Promise<Result>,
): Promise<Result> {
  const surface = terminal({
    input: shell.input,
    output: shell.output,
    errors: shell.errors,
    timeZone: config.timeZone,
    now,
    stopwatch: shell.stopwatch,
    newId: () => `terminal-${randomUUID()}`,
    answers,
    hint,
    onInterrupt: shell.interrupt,
  });
  const stop = () => void surface.stop();
  shell.signal.addEventListener("abort", stop, { once: true });
  const started = startedWith(config, shell);
  // Heard when the question is handed over; until then nobody waits for it.
  started.catch(() => undefined);
  const enqueue: Enqueue = {
    async ask(...question) {
      return (await started).enqueue.ask(...question);
    },
    async summarize(...question) {
      return (await started).enqueue.summarize(...question);
    },
  };
  // One line for the model with the experts, and with every other program on this Redis: the GPU is one.
  const reader = ownReader(config, async (request, signal) => {
    const { chat } = await started;
    if (chat === null) throw new Error("Without a model nothing is asked of one.");
    return chat(request, signal);
  });
  const ownThreads = threads(
    { ...ownThread, keepCalls: async (...kept) => (await started).store.keepCalls(...kept) },
    false,
  );
  const talk = conversation({
    canAsk: surface.canAsk,
    voiceOf: directVoice({ surface, enqueue, threads: ownThreads, depth }),
    read: (question, previous) => readFirst(question, previous, config, reader, shell.signal),
    threads: ownThreads,
    defaultWindowMs: config.pipeline.defaultWindowMs,
    ...(config.model === undefined ? {} : { wording: followUpWriter(config, reader) }),
    commands: judging({ say: async (...said) => (await started).feedback.say(...said) }),
  });
  try {
    return await work({ surface, hear: talk.hear });
  } finally {
    shell.signal.removeEventListener("abort", stop);
    await surface.stop();
    await ended(started);
  }
}

/** Hears what is said of the answer before: that it was right, or which of the services it names it was. */
function judging(feedback: FeedbackDesk["feedback"]): (command: Command) => Promise<Reply | null> {
  return async ({ message, answered }) => {
    if (answered === null) return null;
    const { readFeedback } = await import("../pipeline/question/read-feedback.ts");
    return hearFeedback(message, answered, knownServices(answered), { read: readFeedback, feedback });
  };
}

async function startedWith(config: Config, shell: Shell): Promise<Application> {
  const application = await startApplication(config);
  for (const warning of application.warnings) shell.errors.write(`warning: ${plainText(warning)}\n`);
  return application;
}

/** Ends what was started; a start that failed was said already, and left nothing to end. */
async function ended(starting: Promise<Application>): Promise<void> {
  const application = await starting.catch(() => null);
  await application?.close();
}

/** The terminal's thread begins and ends with this process, and is at hand all the while. */
const ownThread: Omit<ThreadStore, "keepCalls"> = {
  saveThread: async () => undefined,
  loadThread: async () => null,
  loadDiagnosis: async () => null,
};
