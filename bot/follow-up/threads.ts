import type { ThreadRecord, ThreadStore } from "../../jobs/store.ts";
import type { Diagnosis } from "../../pipeline/diagnosis.ts";
import type { ThreadRef } from "../surface.ts";

/** What a thread is at, with the answer itself. */
export interface ThreadState {
  readonly answered: Diagnosis | null;
  readonly waiting: ThreadRecord["waiting"];
  /** What was asked about the answer since. */
  readonly history?: ThreadRecord["history"];
}

export interface Threads {
  /** Throws: BotError where the store holds what cannot be read. */
  recall(thread: ThreadRef): Promise<ThreadState>;
  remember(thread: ThreadRef, state: ThreadState): Promise<void>;
  /** An answer by its question's id; null where it is no longer saved. */
  answer(questionId: string): Promise<Diagnosis | null>;
  /** Keeps what the language model was asked about an answer with it. */
  keepCalls(answered: Diagnosis, calls: readonly Diagnosis["modelCalls"][number][]): Promise<void>;
}

/** Threads at hand, where one program hears them; the others are in the store. */
const mostAtHand = 200;
const nothing: ThreadState = { answered: null, waiting: null };

/**
 * What threads are at, in the store, so that a restart forgets no thread. Kept at hand as well, where no other
 * program hears them: `isShared` false.
 */
export function threads(store: ThreadStore, isShared: boolean): Threads {
  const atHand = isShared ? 0 : mostAtHand;
  const kept = new Map<string, ThreadState>();
  const keyOf = ({ surface, thread }: ThreadRef) => JSON.stringify([surface, thread]);

  function keep(key: string, state: ThreadState): void {
    kept.delete(key);
    kept.set(key, state);
    const [oldest] = kept.keys();
    if (kept.size > atHand && oldest !== undefined) kept.delete(oldest);
  }

  return {
    async recall(thread) {
      const key = keyOf(thread);
      const known = kept.get(key);
      if (known !== undefined) return known;
      const record = await store.loadThread(thread.surface, thread.thread);
      if (record === null) return nothing;
      const answered = record.answered === null ? null : await store.loadDiagnosis(record.answered);
      const state = { answered, waiting: record.waiting, history: record.history };
      keep(key, state);
      return state;
    },
    async remember(thread, state) {
      keep(keyOf(thread), state);
      const { answered, waiting, history } = state;
      const record = { answered: answered?.question.id ?? null, waiting, history };
      if (isShared) return store.saveThread(thread.surface, thread.thread, record);
      // The answer is there: that it could not be noted costs follow-ups after a restart, and no more.
      await store.saveThread(thread.surface, thread.thread, record).catch(() => undefined);
    },
    answer: (questionId) => store.loadDiagnosis(questionId),
    keepCalls: ({ question }, calls) => store.keepCalls(question.id, calls),
  };
}
