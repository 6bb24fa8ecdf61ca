import { type Handler, strings } from "../request.ts";

/** A search for hotels near a place. */
const hotels: Handler = async ({ body, deadline }, { telemetry: { log }, call, bug }) => {
  log("INFO", "hotel search started");
  const found = await call("search", "nearby", body, deadline);
  const ids = strings(found.hotels);
  bug.breaks();
  if (ids.length === 0) log("WARN", "the search found no hotels");
  const { profiles } = await call("profile", "get-profiles", { hotels: ids }, deadline);
  log("INFO", "hotel search answered");
  return { page: bug.wrongValue() ? [] : profiles, prices: found.prices };
};

const recommendations: Handler = async ({ body, deadline }, { telemetry: { log }, call, bug }) => {
  log("INFO", "recommendations started");
  const { hotels: recommended } = await call("recommendation", "get-recommendations", body, deadline);
  bug.breaks();
  const { profiles } = await call("profile", "get-profiles", { hotels: strings(recommended) }, deadline);
  log("INFO", "recommendations answered");
  return { page: bug.wrongValue() ? [] : profiles };
};

const login: Handler = async ({ body, deadline }, { telemetry: { log }, call, bug }) => {
  log("INFO", "login started");
  const { correct } = await call("user", "check-user", body, deadline);
  bug.breaks();
  if (correct !== true) log("WARN", "login refused");
  log("INFO", "login answered");
  return { loggedIn: bug.wrongValue() ? false : correct };
};

const reserve: Handler = async ({ body, deadline }, { telemetry: { log }, call, bug }) => {
  log("INFO", "reservation started");
  const { correct } = await call("user", "check-user", body, deadline);
  bug.breaks();
  if (correct !== true) {
    log("WARN", "reservation without login");
    return { reserved: false };
  }
  const { reserved } = await call("reservation", "make-reservation", body, deadline);
  log("INFO", "reservation answered");
  return { reserved: bug.wrongValue() ? false : reserved };
};

export const frontend = { hotels, recommendations, login, reserve };
