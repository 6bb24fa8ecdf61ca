/** What the store asks of a Redis client. */
interface RedisKeys {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, unit: "PX", milliseconds: number): Promise<unknown>;
}

export interface RedisAnsweredOptions {
  /** Starts every key. */
  readonly prefix: string;
  readonly retentionMs: number;
}

/** Which question a posted message answers, by the surface's own name of the message. */
export function redisAnswered(redis: RedisKeys, { prefix, retentionMs }: RedisAnsweredOptions) {
  const keyOf = (message: string) => `${prefix}:answered:${encodeURIComponent(message)}`;
  return {
    async save(message: string, questionId: string): Promise<void> {
      await redis.set(keyOf(message), questionId, "PX", retentionMs);
    },
    find: (message: string) => redis.get(keyOf(message)),
  };
}
