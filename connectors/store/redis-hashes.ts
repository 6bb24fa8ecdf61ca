/** What the memory and the feedback ask of a Redis client. */
export interface RedisHashes {
  hgetall(key: string): Promise<Record<string, string>>;
  hset(key: string, field: string, value: string): Promise<unknown>;
  hdel(key: string, ...fields: string[]): Promise<number>;
  pexpire(key: string, milliseconds: number): Promise<number>;
}

export interface RedisMemoryOptions {
  /** The hash that holds the incidents: one per telemetry, or one system's would be told of another. */
  readonly key: string;
  /** What was last asked about longer ago is forgotten. */
  readonly retentionMs: number;
  readonly now: () => number;
}
