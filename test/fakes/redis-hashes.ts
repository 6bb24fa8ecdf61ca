/** Hashes of a Redis in memory. */
export function fakeRedisHashes() {
  const hashes = new Map<string, Map<string, string>>();
  const hash = (key: string) => {
    const known = hashes.get(key) ?? new Map<string, string>();
    hashes.set(key, known);
    return known;
  };
  return {
    hash,
    hgetall: async (key: string) => Object.fromEntries(hash(key)),
    hset: async (key: string, field: string, value: string) => hash(key).set(field, value),
    hdel: async (key: string, ...fields: string[]) =>
      fields.filter((field) => hash(key).delete(field)).length,
    pexpire: async () => 1,
  };
}
