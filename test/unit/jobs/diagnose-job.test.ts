import { describe, expect, it } from "vitest";
import { diagnoseJobId, readFailure, writeFailure } from "../../../jobs/diagnose-job.ts";
import { BotError } from "../../../pipeline/errors.ts";

describe("a job's id", () => {
  it("is the same for the same question of a surface, and another for another", () => {
    const id = diagnoseJobId("slack", "Ev1");

    expect(id).toMatch(/^slack-[0-9a-f]{32}$/);
    expect(diagnoseJobId("slack", "Ev1")).toBe(id);
    expect(diagnoseJobId("slack", "Ev2")).not.toBe(id);
    expect(diagnoseJobId("teams", "Ev1")).not.toBe(id);
  });

  it("has no colon, which BullMQ keeps for itself", () => {
    expect(diagnoseJobId("a:b", "c:d")).not.toContain(":");
  });
});

describe("a job's failure", () => {
  it("keeps code and words across the queue", () => {
    const read = readFailure(writeFailure(new BotError("service-unknown", 'no "goe"\nnear: "geo"')));

    expect(read).toBeInstanceOf(BotError);
    expect(read).toMatchObject({ code: "service-unknown", message: 'no "goe"\nnear: "geo"' });
  });

  it("keeps a bug a bug", () => {
    const read = readFailure(writeFailure(new TypeError("x is undefined")));

    expect(read).not.toBeInstanceOf(BotError);
    expect(read.message).toBe("x is undefined");
  });

  it.each(["job stalled more than allowable limit", "{}", "null", ""])(
    "takes %j, which is not ours, as it is",
    (text) => {
      expect(readFailure(text)).toMatchObject({ name: "Error", message: text });
    },
  );
});
