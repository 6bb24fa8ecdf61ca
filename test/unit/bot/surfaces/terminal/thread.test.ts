import { describe, expect, it } from "vitest";
import { renderReply } from "../../../../../bot/reply.ts";
import { type Paint, printed, textWidth } from "../../../../../bot/surfaces/terminal/layout.ts";
import { answerLines, failureLines } from "../../../../../bot/surfaces/terminal/thread.ts";
import type { Diagnosis } from "../../../../../pipeline/diagnosis.ts";
import { cannotTell, geoDiagnosis, nothingFound } from "../../../../fakes/geo-diagnosis.ts";

const plain: Paint = (_format, text) => text;
const hint = 'say "more" to see all of it.';

function rendered(diagnosis: Diagnosis, width = 100, depth: "short" | "deep" = "short"): string {
  return printed(answerLines(renderReply(diagnosis, depth), width, hint), plain);
}

describe("an answer in the terminal", () => {
  it("shows question, verdict, causes, evidence, gaps and next steps", async () => {
    await expect(rendered(geoDiagnosis())).toMatchFileSnapshot("./rendered/found.txt");
  });

  it("shows everything when asked for depth", async () => {
    await expect(rendered(geoDiagnosis(), 100, "deep")).toMatchFileSnapshot("./rendered/found-deep.txt");
  });

  it("says that nothing was found, and what was looked at", async () => {
    await expect(rendered(nothingFound())).toMatchFileSnapshot("./rendered/nothing-found.txt");
  });

  it("names no cause when too little was seen", async () => {
    await expect(rendered(cannotTell())).toMatchFileSnapshot("./rendered/cannot-tell.txt");
  });

  it.each([40, 61, 110])("keeps every line within %i columns", (width) => {
    const wideNames = geoDiagnosis({
      question: { id: "q", text: "何が壊れた？🔥".repeat(60), askedAt: 0, timeZone: "Asia/Kolkata" },
      gaps: [{ from: "x".repeat(200), reason: "missing", detail: "地理サービス".repeat(40) }],
    });

    const lines = rendered(wideNames, width, "deep").split("\n");

    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(width);
    expect(lines.length).toBeGreaterThan(30);
  });

  it("lets no control character of any text through", () => {
    const evil = "\u001b[31mred\u001b]0;title\u0007\r\u0008\u009b2J\u202eabc\u0000";
    const poisoned = JSON.parse(
      JSON.stringify(geoDiagnosis(), (key, value) =>
        typeof value === "string" && !["timeZone", "modality", "verdict", "from", "id"].includes(key)
          ? `${value}${evil}`
          : value,
      ),
    ) as Diagnosis;

    const text = rendered(poisoned, 100, "deep");

    expect(text).toContain("red");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  it("shows the head of a question of 100,000 characters", () => {
    const long = geoDiagnosis({
      question: { id: "q", text: "why is geo slow ".repeat(6_250), askedAt: 0, timeZone: "UTC" },
    });

    const text = rendered(long);

    expect(text.length).toBeLessThan(6_000);
    expect(text).toContain("…");
  });

  it("paints only what is marked, and keeps the words as they are", () => {
    const marked: Paint = (format, text) => `<${[format].flat().join("-")}>${text}</>`;

    const text = printed(answerLines(renderReply(geoDiagnosis()), 100, hint), marked);

    expect(text).toContain("<bold-red>geo (instance geo-1) is very likely the cause (78 % confidence).</>");
    expect(text.replace(/<\/?[a-z-]*>/g, "")).toContain(" 78 %");
  });
});

describe("a failure in the terminal", () => {
  it("is one line what and one line remedy, however long", () => {
    const lines = failureLines({ kind: "failure", code: null, what: "x".repeat(300), remedy: "Do y." });

    expect(printed(lines, plain)).toBe(`error: ${"x".repeat(300)}\n  Do y.\n`);
  });
});
