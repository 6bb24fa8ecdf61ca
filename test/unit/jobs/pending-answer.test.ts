import { describe, expect, it } from "vitest";
import { pendingAnswer } from "../../../jobs/pending-answer.ts";
import type { Diagnosis } from "../../../pipeline/diagnosis.ts";
import type { Stage, StageName } from "../../../pipeline/types.ts";
import { fakeDiagnosis, fakeQuestion } from "../../fakes/fake-diagnosis.ts";

const started = (name: StageName): Stage => ({ name, state: "started", detail: "" });

function waiting(load: () => Promise<Diagnosis | null> = async () => null) {
  const heard: string[] = [];
  return { heard, ...pendingAnswer("job", load, ({ name }) => void heard.push(name)) };
}

describe("a pending answer", () => {
  it("tells each stage once, in order, when progress comes twice, late and out of order", () => {
    const { entry, heard } = waiting();
    const all = [started("read"), started("collect"), started("detect")];

    entry.onProgress({ attempt: 1, stages: all.slice(0, 1) });
    entry.onProgress({ attempt: 1, stages: all });
    entry.onProgress({ attempt: 1, stages: all.slice(0, 2) });

    expect(heard).toEqual(["read", "collect", "detect"]);
  });

  it("tells the stages of another attempt anew, and no more of the one before", () => {
    const { entry, heard } = waiting();

    entry.onProgress({ attempt: 1, stages: [started("read"), started("collect")] });
    entry.onProgress({ attempt: 2, stages: [started("read")] });
    entry.onProgress({ attempt: 1, stages: [started("read"), started("collect"), started("detect")] });

    expect(heard).toEqual(["read", "collect", "read"]);
  });

  it.each([0, null, "half", { attempt: 1 }])(
    "hears nothing in the progress %j, which is not ours",
    (progress) => {
      const { entry, heard } = waiting();

      entry.onProgress(progress);

      expect(heard).toEqual([]);
    },
  );

  it("says nothing any more once it is settled", async () => {
    const saved = fakeDiagnosis(fakeQuestion("question", "fine"));
    const { entry, heard, made } = waiting(async () => saved);

    expect(await entry.arrive()).toBe(true);
    entry.fail(new Error("too late"));
    entry.onProgress({ attempt: 1, stages: [started("read")] });

    expect(await made).toBe(saved);
    expect(heard).toEqual([]);
  });

  it("goes on waiting when nothing is saved", async () => {
    const { entry, made } = waiting(async () => null);

    expect(await entry.arrive()).toBe(false);
    entry.fail(new Error("lost"));

    await expect(made).rejects.toThrow("lost");
  });
});
