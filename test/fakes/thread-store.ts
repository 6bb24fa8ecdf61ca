import type { ThreadRecord, ThreadStore } from "../../jobs/store.ts";
import type { Diagnosis } from "../../pipeline/diagnosis.ts";

/** Threads in memory, as a store keeps them: by value, and the answer by its question's id. */
export function fakeThreadStore(
  diagnoses: readonly Diagnosis[] = [],
): ThreadStore & { readonly saved: Map<string, string>; readonly kept: readonly string[] } {
  const saved = new Map<string, string>();
  const kept: string[] = [];
  return {
    saved,
    kept,
    async saveThread(surface, thread, record) {
      saved.set(`${surface} ${thread}`, JSON.stringify(record));
    },
    async loadThread(surface, thread) {
      const text = saved.get(`${surface} ${thread}`);
      return text === undefined ? null : (JSON.parse(text) as ThreadRecord);
    },
    async keepCalls(id, calls) {
      kept.push(...calls.map(({ purpose }) => `${id} ${purpose}`));
    },
    loadDiagnosis: async (id) => diagnoses.find(({ question }) => question.id === id) ?? null,
  };
}
