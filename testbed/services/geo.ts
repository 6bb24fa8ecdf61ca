import { type Handler, strings } from "../request.ts";

const radiusKm = 10;
const mostHotels = 5;

/** The hotels nearest to a point. */
const nearby: Handler = async ({ body }, { telemetry: { log }, store, bug }) => {
  log("INFO", "looking for points near the place");
  const words = ["hotels", "FROMLONLAT", Number(body.longitude), Number(body.latitude)];
  let found: string[] = [];
  for (let round = 0; round < bug.repeats(); round++) {
    found = strings(
      await store("geo-store", "GEOSEARCH", ...words, "BYRADIUS", radiusKm, "km", "ASC", "COUNT", mostHotels),
    );
  }
  bug.breaks();
  log("INFO", "points near the place found");
  return { hotels: bug.wrongValue() ? [] : found };
};

export const geo = { nearby };
