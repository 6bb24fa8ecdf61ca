import { describe, expect, it } from "vitest";
import { failureOf } from "../../../bot/failure.ts";
import { BotError, type ErrorCode, errorCodes } from "../../../pipeline/errors.ts";

describe("failureOf", () => {
  it("parts what is wrong from what to do", () => {
    const error = new BotError(
      "service-unknown",
      'No telemetry names a service "goe". Nearest: geo. Ask again.',
    );

    expect(failureOf(error)).toMatchObject({
      what: 'No telemetry names a service "goe".',
      remedy: "Nearest: geo. Ask again.",
    });
  });

  it("does not take a file's name or a version for the end of a sentence", () => {
    const error = new BotError("redis-unsuitable", "Redis 6.0 is older than 6.2. Use a newer one.");

    expect(failureOf(error).what).toBe("Redis 6.0 is older than 6.2.");
  });

  it("keeps a list of problems whole", () => {
    const error = new BotError("config-invalid", "Two problems:\n  redis: Bad. Worse.\n  sources: None.");

    expect(failureOf(error).what).toBe(error.message);
  });

  it.each(Object.keys(errorCodes) as ErrorCode[])("knows a remedy for %s", (code) => {
    expect(failureOf(new BotError(code, "It went wrong")).remedy).not.toBe("");
  });
});
