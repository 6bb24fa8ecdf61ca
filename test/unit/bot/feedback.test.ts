import { describe, expect, it } from "vitest";
import { hearFeedback } from "../../../bot/feedback.ts";
import type { Sender } from "../../../bot/surface.ts";
import type { AnsweredCase, Said } from "../../../pipeline/labelled-case.ts";
import { readFeedback } from "../../../pipeline/question/read-feedback.ts";
import { fakeDiagnosis, fakeQuestion } from "../../fakes/fake-diagnosis.ts";
import { geoDiagnosis } from "../../fakes/geo-diagnosis.ts";

const ann: Sender = {
  person: { id: "U1", isGuest: false, isBot: false },
  place: { team: "T1", channel: "C1", kind: "channel", isShared: false },
};

async function say(text: string, { from = ann as Sender | null, diagnosis = geoDiagnosis() } = {}) {
  const kept: { about: AnsweredCase; said: Said }[] = [];
  const message = { text, at: 1_000, from, thread: { surface: "slack", thread: "C1:1" } };
  const words = await hearFeedback(message, diagnosis, ["geo", "rate", "frontend", "vault"], {
    read: readFeedback,
    feedback: { say: async (about, said) => void kept.push({ about, said }) },
  });
  return { words: words?.paragraphs[0] ?? null, said: kept[0]?.said ?? null, about: kept[0]?.about ?? null };
}

describe("what is said of an answer", () => {
  it("is kept with who said it, and thanked for", async () => {
    const { words, said, about } = await say("that was right");

    expect(words).toBe("Noted: it was geo. Thank you.");
    expect(said).toEqual({ person: "slack:T1:U1", at: 1_000, verdict: "confirmed", service: "geo" });
    expect(about).toMatchObject({ questionId: geoDiagnosis().question.id, incident: { service: "geo" } });
  });

  it("corrects the answer with a service, wherever the answer has it", async () => {
    const { causes } = geoDiagnosis();
    const second = causes[1]?.service ?? "";

    expect(second).not.toBe("");
    expect((await say("it was vault")).words).toBe(
      "Noted: it was vault. The answer does not name it. Thank you.",
    );
    expect((await say("it was vault")).said).toMatchObject({ verdict: "wrong", service: "vault" });
    const message = {
      text: `wrong, it was ${second}`,
      at: 1,
      from: null,
      thread: { surface: "t", thread: "" },
    };
    const words = await hearFeedback(message, geoDiagnosis(), [second], {
      read: readFeedback,
      feedback: { say: async () => {} },
    });
    expect(words?.paragraphs[0]).toContain("in place 2");
  });

  it("takes the service for what was meant where somebody says wrong and names the same", async () => {
    expect((await say("no, it was geo")).said).toMatchObject({ verdict: "confirmed", service: "geo" });
  });

  it("asks for the name where only a wrong one is known", async () => {
    const { words, said } = await say("it was not geo");

    expect(words).toBe('Noted: it was not geo. Say "it was NAME" once you know which service it was.');
    expect(said).toMatchObject({ verdict: "wrong", service: null });
  });

  it("is nothing where it denies what the answer does not say, or asks", async () => {
    for (const text of ["it was not rate", "was it rate?", "it was slow at 14:00", "widen"]) {
      expect(await say(text)).toEqual({ words: null, said: null, about: null });
    }
  });

  it("may be of an answer that found nothing, and by the operator at a terminal", async () => {
    const nothing = fakeDiagnosis(fakeQuestion("q", "fine?"));

    expect(await say("that was right", { diagnosis: nothing, from: null })).toMatchObject({
      words: "Noted: that was right. Thank you.",
      said: { person: "operator", verdict: "confirmed", service: null },
    });
    expect((await say("wrong", { diagnosis: nothing })).words).toContain("that was wrong");
    expect((await say("it was geo", { diagnosis: nothing })).said).toMatchObject({ verdict: "wrong" });
  });
});
