import { randomUUID } from "node:crypto";
import { type Conversation, conversation } from "../bot/conversation.ts";
import { plainText } from "../bot/plain-text.ts";
import type { ChatMessage, ChatSurface } from "../bot/surface.ts";
import { terminal } from "../bot/surfaces/terminal/terminal.ts";
import { type Application, openQuestionReader, startApplication } from "../compose.ts";
import type { Config } from "../config.ts";
import type { ThreadStore } from "../jobs/store.ts";
import type { ChatQuestion, PreviousAnswer, ReadQuestion } from "../pipeline/types.ts";
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
  const talk = conversation({
    surface,
    enqueue: {
      async ask(...question) {
        return (await started).enqueue.ask(...question);
      },
      async summarize(...question) {
        return (await started).enqueue.summarize(...question);
      },
    },
    read: (question, previous) => readFirst(question, previous, config, shell.signal),
    store: ownThread,
    defaultWindowMs: config.pipeline.defaultWindowMs,
    depth,
  });
  try {
    return await work({ surface, hear: talk.hear });
  } finally {
    shell.signal.removeEventListener("abort", stop);
    await surface.stop();
    await ended(started);
  }
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

/**
 * Reads what can be told without opening the telemetry, which takes longer than the time to the first
 * stage allows: the pipeline knows the services, and refuses unknown ones before it reads any data. Only
 * a text that looks like no question is read again with the services' names: it may be one of them. Where a
 * model is configured, it reads what the grammar finds no time in.
 */
async function readFirst(
  question: ChatQuestion,
  previous: PreviousAnswer | null,
  config: Config,
  signal: AbortSignal,
): Promise<ReadQuestion> {
  const { readQuestion, readWithModel } = await import("../pipeline/question/index.ts");
  const read = readQuestion(question, previous?.known ?? [], config.pipeline, previous);
  const mayBeTold = config.model !== undefined && read.from === "ask" && read.followUp === null;
  if (read.intent !== "none" && !mayBeTold) return { ...read, unknownServices: [] };
  const { serviceNames } = await import("./service-names.ts");
  const names = await serviceNames(config, signal);
  const reader = await openQuestionReader(config);
  return readWithModel(question, names, config.pipeline, reader, signal, previous);
}

/** The terminal's thread begins and ends with this process, and is at hand all the while. */
const ownThread: ThreadStore = {
  saveThread: async () => undefined,
  loadThread: async () => null,
  loadDiagnosis: async () => null,
};
