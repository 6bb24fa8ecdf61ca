import { type Handler, strings } from "../request.ts";

/** Hotels near a place that have a rate for the dates. */
const nearby: Handler = async ({ body, deadline }, { telemetry: { log }, call, bug }) => {
  log("INFO", "nearby search started");
  const near = await call("geo", "nearby", body, deadline);
  const ids = strings(near.hotels);
  bug.breaks();
  if (ids.length === 0) {
    log("WARN", "geo knows no hotel near the place");
    return { hotels: [], prices: {} };
  }
  const { prices } = await call("rate", "get-rates", { hotels: ids }, deadline);
  log("INFO", "nearby search done");
  return { hotels: bug.wrongValue() ? [] : ids, prices };
};

export const search = { nearby };
