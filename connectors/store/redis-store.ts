import { z } from "zod";
import type { Store, ThreadRecord } from "../../jobs/store.ts";
import { Diagnosis, PermittedRecord } from "../../pipeline/diagnosis.ts";
import { BotError } from "../../pipeline/errors.ts";
import { IncidentSummary } from "../../pipeline/incident-summary.ts";
import { ModelCall } from "../../pipeline/model-call.ts";
import { allModalities, type ChatQuestion, intents } from "../../pipeline/types.ts";

/** What the store asks of a Redis client. */
export interface RedisLike {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, unit: "PX", milliseconds: number): Promise<unknown>;
  del(key: string): Promise<number>;
  hget(key: string, field: string): Promise<string | null>;
  hset(key: string, field: string, value: string): Promise<number>;
  pexpire(key: string, milliseconds: number): Promise<number>;
}

export interface RedisStoreOptions {
  /** Starts every key. */
  readonly prefix: string;
  /** All of it is forgotten after this long. */
  readonly retentionMs: number;
}

const SavedQuestion = z.object({
  id: z.string(),
  text: z.string(),
  askedAt: z.number(),
  timeZone: z.string(),
  askedWindow: z.object({ start: z.number(), end: z.number() }).nullable(),
  carried: z
    .object({
      services: z.array(z.string()).nullable(),
      modalities: z.array(z.enum(allModalities)).nullable(),
      note: z.string(),
    })
    .nullish(),
  permitted: PermittedRecord.nullish(),
  reading: z.array(ModelCall).optional(),
});

const SavedThread = z.object({
  answered: z.string().nullable(),
  waiting: z.object({ question: SavedQuestion, intent: z.enum(intents) }).nullable(),
  history: z
    .object({
      summary: z.string(),
      turns: z.array(z.object({ asked: z.string(), said: z.string() })),
    })
    .optional(),
});

const SavedCall = ModelCall.omit({ purpose: true, prompt: true, promptHash: true, promptCharacters: true });

/**
 * Questions, diagnoses, summaries and threads in Redis, each under a key of its own, until they expire.
 *
 * Throws: BotError "not-set-up" when what was saved cannot be read back, which a newer or older
 *         version of this program on the same Redis can cause; what the client throws.
 */
export function redisStore(redis: RedisLike, options: RedisStoreOptions): Store {
  const questionKey = (id: string) => `${options.prefix}:question:${id}`;
  const diagnosisKey = (id: string) => `${options.prefix}:diagnosis:${id}`;
  const summaryKey = (id: string) => `${options.prefix}:summary:${id}`;
  const callsKey = (id: string) => `${options.prefix}:calls:${id}`;

  // Both are other people's names: a separator in one must not reach into the other.
  const threadKey = (surface: string, thread: string) =>
    `${options.prefix}:thread:${encodeURIComponent(surface)}:${encodeURIComponent(thread)}`;

  async function save(key: string, value: unknown): Promise<void> {
    await redis.set(key, JSON.stringify(value), "PX", options.retentionMs);
  }

  async function load<Value>(key: string, schema: z.ZodType<Value>): Promise<Value | null> {
    return read(key, await redis.get(key), schema);
  }

  function read<Value>(key: string, text: string | null, schema: z.ZodType<Value>): Value | null {
    if (text === null) return null;
    const parsed = schema.safeParse(readJson(text));
    if (parsed.success) return parsed.data;
    throw new BotError(
      "not-set-up",
      `${key} in Redis was saved by another version of LocaleXpert and cannot be read (${parsed.error.issues[0]?.path.join(".")}). Ask again.`,
      { cause: parsed.error },
    );
  }

  return {
    saveQuestion: (question: ChatQuestion) => save(questionKey(question.id), question),
    loadQuestion: (id) => load(questionKey(id), SavedQuestion),
    saveDiagnosis: (diagnosis) => save(diagnosisKey(diagnosis.question.id), diagnosis),
    loadDiagnosis: (questionId) => load(diagnosisKey(questionId), Diagnosis),
    async keepCalls(questionId, calls) {
      const diagnosis = await load(diagnosisKey(questionId), Diagnosis);
      if (diagnosis === null || calls.length === 0) return;
      await save(diagnosisKey(questionId), {
        ...diagnosis,
        modelCalls: [...diagnosis.modelCalls, ...calls],
      });
    },
    saveSummary: (summary) => save(summaryKey(summary.question.id), summary),
    loadSummary: (questionId) => load(summaryKey(questionId), IncidentSummary),
    async saveCall(questionId, request, reply) {
      const key = callsKey(questionId);
      await redis.hset(key, request, JSON.stringify(reply));
      await redis.pexpire(key, options.retentionMs);
    },
    async loadCall(questionId, request) {
      const key = callsKey(questionId);
      return read(key, await redis.hget(key, request), SavedCall);
    },
    async forget(questionId) {
      for (const key of [questionKey, diagnosisKey, summaryKey, callsKey]) await redis.del(key(questionId));
    },
    saveThread: (surface, thread, record: ThreadRecord) => save(threadKey(surface, thread), record),
    loadThread: (surface, thread) => load(threadKey(surface, thread), SavedThread),
  };
}

/** Text that is no JSON is read as null, which no schema here accepts. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
