import { type Handler, strings } from "../request.ts";

const keptSeconds = 60;

/** Prices of hotels: from the cache, else from the store, one by one. */
const getRates: Handler = async ({ body }, { telemetry: { log }, store, bug }) => {
  log("INFO", "rates wanted");
  const ids = strings(body.hotels);
  const cached = await store("rate-cache", "MGET", ...ids.map((id) => `rate:${id}`));
  const known = Array.isArray(cached) ? cached : [];
  const prices: Record<string, number> = {};
  let missed = 0;
  for (const [index, id] of ids.entries()) {
    let price: unknown = known[index];
    if (price === null || price === undefined) {
      missed++;
      for (let round = 0; round < bug.repeats(); round++) {
        price = await store("rate-store", "HGET", `rate:${id}`, "price");
      }
      await store("rate-cache", "SET", `rate:${id}`, String(price), "EX", keptSeconds);
    }
    prices[id] = bug.wrongValue() ? -1 : Number(price);
  }
  bug.breaks();
  if (missed > 0) log("WARN", "rates were not in the cache");
  log("INFO", "rates found");
  return { prices };
};

export const rate = { "get-rates": getRates };
