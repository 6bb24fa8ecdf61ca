import { allowed, mayShow, permissionFor } from "./bot/access.ts";
import { chatCommands } from "./bot/commands.ts";
import { type Conversation, conversation } from "./bot/conversation.ts";
import { durableVoice, placeOf } from "./bot/durable-voice.ts";
import { threads } from "./bot/follow-up/threads.ts";
import { SavedSender } from "./bot/hear-chat.ts";
import type { Home, HomeDiagnosis, HomeHealth, ReadHome } from "./bot/home.ts";
import { takeQuestion } from "./bot/quota.ts";
import { scheduleLine } from "./bot/schedule-commands.ts";
import type { ChatMessage, ChatSurface, Sender, ThreadRef } from "./bot/surface.ts";
import { counted, dateTimeWords } from "./bot/time-words.ts";
import { verdictLines } from "./bot/verdict.ts";
import { openQuestionReader } from "./compose.ts";
import type { Config } from "./config.ts";
import { followUpWriter } from "./follow-up-writer.ts";
import type { Chat } from "./jobs/chat.ts";
import type { Questions, Schedule } from "./jobs/enqueue.ts";
import { keepFixed } from "./jobs/fixed-schedules.ts";
import type { Outbox } from "./jobs/notifier.ts";
import type { OpenSchedules } from "./jobs/schedules.ts";
import type { FeedbackStore, IncidentMemory, Quota, Store } from "./jobs/store.ts";
import { asBotError } from "./pipeline/errors.ts";
import { permittedNames } from "./pipeline/permitted.ts";
import { readQuestion } from "./pipeline/question/index.ts";
import { readFeedback } from "./pipeline/question/read-feedback.ts";
import { readSchedule, readScheduleTime } from "./pipeline/question/read-schedule.ts";
import { readFirst, serviceNames } from "./question-reader.ts";

/** What the conversation in the chats of a deployment works with. */
export interface ChatDeskOptions {
  readonly config: Config;
  readonly surfaces: readonly ChatSurface[];
  readonly store: Store;
  readonly memory: IncidentMemory;
  readonly feedback: FeedbackStore;
  readonly quota: Quota;
  readonly outbox: Outbox;
  readonly questions: Questions;
  readonly schedules: OpenSchedules;
  /** The language model, with its places shared by all programs; null where none is configured. */
  readonly chat: Chat | null;
}

export interface ChatDesk {
  readonly conversation: Conversation;
  readonly readHome: ReadHome;
  /** Makes the schedules of the configuration what is scheduled, as far as their channels are known. */
  keepFixed(): Promise<void>;
  /** Notes where a message was written, so that schedules find the way there. */
  saw(message: ChatMessage): Promise<void>;
  /** What a schedule's maker may see there now. Throws: BotError "access-denied". */
  permit(schedule: Schedule): ReturnType<typeof allowed>["permitted"];
}

const namesKeepMs = 60_000;
const shownDiagnoses = 8;

/** Puts together the conversation that every chat has, by the rules of the configuration. */
export function chatDesk(options: ChatDeskOptions): ChatDesk {
  const { config, surfaces, store, memory, feedback, quota, outbox, questions, schedules, chat } = options;
  const { signal } = new AbortController();
  const reader = {
    names: remembered(namesKeepMs, () => serviceNames(config, signal)),
    helpers: remembered(Number.POSITIVE_INFINITY, () => openQuestionReader(config, chat)),
  };
  const permissionIn = (sender: Sender | null, surface: string) =>
    permissionFor(sender, surface, config.access);

  async function readHealth(): Promise<HomeHealth[]> {
    const [names, load] = await Promise.allSettled([reader.names(), questions.load()]);
    const telemetry = { name: "Telemetry" };
    const queue = { name: "Questions" };
    return [
      names.status === "fulfilled"
        ? { ...telemetry, isWell: true, detail: `${counted(names.value.length, "service")} seen.` }
        : { ...telemetry, isWell: false, detail: words(names.reason) },
      load.status === "fulfilled"
        ? {
            ...queue,
            isWell: true,
            detail: `${load.value.running || "none"} running, ${load.value.waiting || "none"} waiting.`,
          }
        : { ...queue, isWell: false, detail: words(load.reason) },
    ];
  }

  async function readHome(sender: Sender, surface: string, timeZone: string): Promise<Home> {
    const permission = permissionIn(sender, surface);
    if (permission.verdict === "refused") {
      const detail = permission.reason;
      return { diagnoses: [], schedules: [], health: [{ name: "Access", isWell: false, detail }] };
    }
    const { person } = placeOf({ thread: { surface, thread: "" }, from: sender });
    const [past, own] = await Promise.all([
      memory.list({ service: null, limit: shownDiagnoses * 3 }),
      schedules.madeBy(person),
    ]);
    const diagnoses: HomeDiagnosis[] = [];
    for (const { questionId } of past) {
      const diagnosis = diagnoses.length < shownDiagnoses ? await store.loadDiagnosis(questionId) : null;
      if (diagnosis === null || !mayShow(diagnosis, permission)) continue;
      const { text, askedAt } = diagnosis.question;
      const when = dateTimeWords(askedAt, timeZone);
      diagnoses.push({ questionId, question: text, when, verdict: verdictLines(diagnosis)[0] ?? "" });
    }
    return {
      diagnoses,
      schedules: await Promise.all(
        own.map(async (schedule) => ({
          question: schedule.services.length === 0 ? "Every service" : schedule.services.join(", "),
          when: scheduleLine(schedule, await schedules.nextOf(schedule.id), timeZone),
          where: surface,
        })),
      ),
      health: permission.mayOperate ? await readHealth() : [],
    };
  }

  const rootOf = (thread: ThreadRef) =>
    surfaces.find(({ name }) => name === thread.surface)?.rootOf?.(thread) ?? thread;

  async function keepConfigured(): Promise<void> {
    const wanted = config.schedules.map(({ at, channel, services }) => ({
      channel,
      time: readScheduleTime(at, config.timeZone),
      services,
    }));
    await keepFixed(wanted, schedules);
  }

  return {
    keepFixed: keepConfigured,
    async saw(message) {
      const { thread, from } = message;
      if (from === null) return;
      const isNew = await schedules.sawChannel({
        channel: placeOf(message).channel,
        thread: rootOf(thread),
        from,
      });
      if (isNew) await keepConfigured();
    },
    conversation: conversation({
      canAsk: true,
      voiceOf: durableVoice({ outbox, questions }),
      read: (question, previous) => readFirst(question, previous, config, reader, signal),
      threads: threads(store, true),
      defaultWindowMs: config.pipeline.defaultWindowMs,
      ...(config.model === undefined ? {} : { wording: followUpWriter(config, reader) }),
      onError: "again",
      permissionOf: ({ from, thread }) => permissionIn(from, thread.surface),
      takeQuestion: (message) => takeQuestion(message, quota, config.quotas, Date.now),
      commands: chatCommands({
        questions,
        schedules,
        feedback: { read: readFeedback, feedback },
        namesFor: async ({ permitted }) => permittedNames(await reader.names(), permitted),
        readHealth,
        readWish: readSchedule,
        readServices: async (text, { at, timeZone }, permitted) =>
          readQuestion(
            { id: "", text: `sum up ${text}`, askedAt: at, timeZone, askedWindow: null },
            permittedNames(await reader.names(), permitted),
            config.pipeline,
          ),
        rootOf,
        placeOf,
      }),
    }),
    readHome: (sender, timeZone) => readHome(sender, "slack", timeZone),
    permit: ({ from, thread }) => allowed(permissionIn(SavedSender.parse(from), thread.surface)).permitted,
  };
}

function words(error: unknown): string {
  return asBotError(error)?.message ?? "It could not be looked at; the program's log has more.";
}

/** What was found out, for a while; a failure is not kept. */
function remembered<Found>(forMs: number, find: () => Promise<Found>): () => Promise<Found> {
  let found: { readonly at: number; readonly value: Promise<Found> } | null = null;
  return () => {
    if (found !== null && performance.now() - found.at < forMs) return found.value;
    const value = find();
    found = { at: performance.now(), value };
    value.catch(() => {
      found = null;
    });
    return value;
  };
}
