import { type Handler, strings } from "../request.ts";

const mostHotels = 4;

/** The hotels that rank best by price, rate or distance. */
const getRecommendations: Handler = async ({ body }, { telemetry: { log }, store, bug }) => {
  log("INFO", "recommendations wanted");
  let found: string[] = [];
  for (let round = 0; round < bug.repeats(); round++) {
    found = strings(
      await store("recommendation-store", "ZREVRANGE", `by:${String(body.by)}`, 0, mostHotels - 1),
    );
  }
  bug.breaks();
  log("INFO", "recommendations found");
  return { hotels: bug.wrongValue() ? [] : found };
};

export const recommendation = { "get-recommendations": getRecommendations };
