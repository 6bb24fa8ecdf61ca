import type { ThreadRecord, ThreadStore } from "../../jobs/store.ts";
import type { Diagnosis } from "../../pipeline/diagnosis.ts";
import type { ThreadRef } from "../surface.ts";

/** What a thread is at, with the answer itself. */
export interface ThreadState {
  readonly answered: Diagnosis | null;
  readonly waiting: ThreadRecord["waiting"];
}

export interface Threads {
  /** Throws: BotError where the store holds what cannot be read. */
  recall(thread: ThreadRef): Promise<ThreadState>;
  remember(thread: ThreadRef, state: ThreadState): Promise<void>;
}

/** Threads at hand; the others are in the store. */
const atHand = 200;
const nothing: ThreadState = { answered: null, waiting: null };

/** What threads are at, kept at hand and in the store, so that a restart forgets no thread. */
export function threads(store: ThreadStore): Threads {
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
      const state = { answered, waiting: record.waiting };
      keep(key, state);
      return state;
    },
    async remember(thread, state) {
      keep(keyOf(thread), state);
      const record = { answered: state.answered?.question.id ?? null, waiting: state.waiting };
      // The answer is there: that it could not be noted costs follow-ups after a restart, and no more.
      await store.saveThread(thread.surface, thread.thread, record).catch(() => undefined);
    },
  };
}
