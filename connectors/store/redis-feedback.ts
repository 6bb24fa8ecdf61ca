import { z } from "zod";
import type { FeedbackStore } from "../../jobs/store.ts";
import { AnsweredCase, type LabelledCase, Said } from "../../pipeline/labelled-case.ts";
import { readSaved } from "./read-saved.ts";
import type { RedisHashes, RedisMemoryOptions } from "./redis-hashes.ts";

/** About a kilobyte each; the ones that were judged longest ago go first. */
const mostCases = 2_000;

/**
 * What people said of answers, beside the memory of incidents and kept as long: the judged answers in one Redis
 * hash by the id of their question, and in another what each person said of them. Two who speak at once each
 * write a field of their own.
 *
 * Throws: what the client throws. What another version saved and cannot be read is passed over.
 */
export function redisFeedback(
  redis: RedisHashes,
  { key, retentionMs, now }: RedisMemoryOptions,
): FeedbackStore {
  const casesKey = `${key}:cases`;
  const saidKey = `${key}:said`;

  async function all(): Promise<LabelledCase[]> {
    const [cases, said] = await Promise.all([redis.hgetall(casesKey), redis.hgetall(saidKey)]);
    const byCase = new Map<string, Said[]>();
    for (const [field, text] of Object.entries(said)) {
      const [questionId = ""] = partsOf(field);
      const one = readSaved(text, Said);
      if (one !== null) byCase.set(questionId, [...(byCase.get(questionId) ?? []), one]);
    }
    const labelled = Object.values(cases).flatMap((text): LabelledCase[] => {
      const answered = readSaved(text, AnsweredCase);
      const known = answered === null ? [] : (byCase.get(answered.questionId) ?? []);
      return answered === null || known.length === 0
        ? []
        : [{ ...answered, said: known.sort((a, b) => b.at - a.at) }];
    });
    return labelled.sort((a, b) => b.window.start - a.window.start || (a.questionId < b.questionId ? -1 : 1));
  }

  async function drop(cases: readonly LabelledCase[]): Promise<void> {
    for (const { questionId, said } of cases) {
      await redis.hdel(saidKey, ...said.map(({ person }) => fieldOf(questionId, person)));
      await redis.hdel(casesKey, questionId);
    }
  }

  return {
    async say(answered, said) {
      const { questionId } = answered;
      await redis.hset(casesKey, questionId, JSON.stringify(answered));
      await redis.hset(saidKey, fieldOf(questionId, said.person), JSON.stringify(said));
      for (const one of [casesKey, saidKey]) await redis.pexpire(one, retentionMs);
      const oldest = now() - retentionMs;
      const known = (await all()).sort((a, b) => lastSaid(b) - lastSaid(a));
      await drop(known.filter((one, index) => lastSaid(one) < oldest || index >= mostCases));
    },
    async list() {
      const oldest = now() - retentionMs;
      return (await all()).filter((one) => lastSaid(one) >= oldest);
    },
    async forget({ before, questionId }) {
      const gone = (await all()).filter(
        (one) =>
          (before === null || one.window.end < before) &&
          (questionId === null || one.questionId === questionId),
      );
      await drop(gone);
      return gone;
    },
  };
}

function lastSaid({ said }: LabelledCase): number {
  return said[0]?.at ?? 0;
}

/** Both are other people's names: neither may reach into the other. */
function fieldOf(questionId: string, person: string): string {
  return JSON.stringify([questionId, person]);
}

function partsOf(field: string): string[] {
  return readSaved(field, z.array(z.string())) ?? [];
}
