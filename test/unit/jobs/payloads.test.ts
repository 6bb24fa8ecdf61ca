import { describe, expect, it } from "vitest";
import { DiagnoseJob } from "../../../jobs/diagnose-job.ts";
import { Content } from "../../../jobs/notifier.ts";
import { SavedOrder } from "../../../jobs/open-questions.ts";

/** As the version before and the one after leave it in Redis, while programs are restarted one by one. */
describe("what other versions have left", () => {
  const thread = { surface: "slack", thread: "T1/C1/1.0" };
  const order = { questionId: "q", thread, slot: "m" };

  it("is read where it lacks newer keys", () => {
    expect(DiagnoseJob.parse({ questionId: "q" }).task).toBe("diagnose");
    expect(SavedOrder.parse(order)).toEqual({
      ...order,
      task: "diagnose",
      channel: "",
      person: "",
      isScheduled: false,
      since: null,
    });
    expect(Content.parse({ kind: "made", questionId: "q" })).toEqual({
      kind: "made",
      questionId: "q",
      task: "diagnose",
      since: null,
    });
    expect(Content.parse({ kind: "failed" })).toEqual({ kind: "failed", code: null, message: "" });
    expect(Content.parse({ kind: "progress", questionId: "q" })).toEqual({
      kind: "progress",
      questionId: "q",
      stages: [],
    });
  });

  it("is read where it has more keys", () => {
    expect(DiagnoseJob.parse({ questionId: "q", task: "summarize", tenant: "t" })).toEqual({
      questionId: "q",
      task: "summarize",
    });
    expect(SavedOrder.parse({ ...order, urgency: 3 })).not.toHaveProperty("urgency");
    expect(Content.parse({ kind: "made", questionId: "q", depth: "deep" })).not.toHaveProperty("depth");
  });

  it("shows the stages that are known here, and passes over others", () => {
    const known = { name: "collect", state: "done", detail: "3 sources" };

    const read = Content.parse({
      kind: "progress",
      questionId: "q",
      stages: [known, { name: "forecast", state: "started", detail: "" }, { ...known, state: "skipped" }],
    });

    expect(read).toMatchObject({ stages: [known] });
  });
});
