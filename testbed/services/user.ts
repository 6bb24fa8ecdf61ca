import { createHash } from "node:crypto";
import type { Handler } from "../request.ts";

/** Whether name and password belong together. */
const checkUser: Handler = async ({ body }, { telemetry: { log }, store, bug }) => {
  log("INFO", "credentials to check");
  let kept: unknown = null;
  for (let round = 0; round < bug.repeats(); round++) {
    kept = await store("user-store", "HGET", `user:${String(body.name)}`, "password");
  }
  bug.breaks();
  const given = createHash("sha256").update(String(body.password)).digest("hex");
  log("INFO", "credentials checked");
  return { correct: bug.wrongValue() ? false : kept === given };
};

export const user = { "check-user": checkUser };
