import { type Handler, strings, type Tools } from "../request.ts";

const keptSeconds = 60;

/** Names and places of hotels: from the cache, else from the store, one by one. */
const getProfiles: Handler = async ({ body }, tools) => {
  const { log } = tools.telemetry;
  log("INFO", "profiles wanted");
  const ids = strings(body.hotels);
  const cached =
    ids.length === 0 ? [] : await tools.store("profile-cache", "MGET", ...ids.map((id) => `profile:${id}`));
  const known = Array.isArray(cached) ? cached : [];
  const profiles: unknown[] = [];
  for (const [index, id] of ids.entries()) {
    const text = known[index];
    profiles.push(typeof text === "string" ? JSON.parse(text) : await loaded(id, tools));
  }
  tools.bug.breaks();
  log("INFO", "profiles found");
  return { profiles: tools.bug.wrongValue() ? profiles.map(() => null) : profiles };
};

async function loaded(id: string, { telemetry: { log }, store, bug }: Tools): Promise<unknown> {
  log("WARN", "a profile was not in the cache");
  let fields: string[] = [];
  for (let round = 0; round < bug.repeats(); round++) {
    fields = strings(await store("profile-store", "HMGET", `profile:${id}`, "name", "city"));
  }
  const profile = { id, name: fields[0], city: fields[1] };
  await store("profile-cache", "SET", `profile:${id}`, JSON.stringify(profile), "EX", keptSeconds);
  return profile;
}

export const profile = { "get-profiles": getProfiles };
