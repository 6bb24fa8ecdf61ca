import { describe, expect, it } from "vitest";
import { readQuestion } from "../../../../pipeline/question/index.ts";
import { ask, hotel, monday, options } from "./ask.ts";

describe("intent", () => {
  it.each([
    ["what broke in geo in the last hour", "diagnose"],
    ["why is the checkout failing", "diagnose"],
    ["geo 15m", "diagnose"],
    ["last hour", "diagnose"],
    ["过去一小时 geo 出了什么问题", "diagnose"],
    ["help", "help"],
    ["what can you do?", "help"],
    ["summarize last week", "summary"],
    ["sum up last night", "summary"],
    ["can you sum this week up", "summary"],
    ["which incidents did we have yesterday", "summary"],
    ["give me a summary of yesterday", "summary"],
    ["schedule weekdays 9:00 what broke overnight", "schedule"],
    ["check geo every morning", "schedule"],
    ["hi there!", "none"],
    ["thanks", "none"],
    ["good morning", "none"],
    ["🎉🎉", "none"],
    ["tell me a joke", "none"],
    ["why not rate?", "follow-up"],
    ["show the logs", "follow-up"],
    ["widen to 3 hours", "follow-up"],
    ["and yesterday at the same time?", "follow-up"],
    ["how sure are you?", "follow-up"],
    ["good morning, what broke in geo?", "diagnose"],
  ] as const)('reads "%s" as %s', (text, intent) => {
    expect(ask(text).intent).toBe(intent);
  });
});

describe("input that is no clean sentence", () => {
  it("takes off mentions, links, tags and invisible characters", () => {
    const read = ask(
      "<@U123> <b>what broke</b> in g\u200beo \u202ein the last\u0000 hour <https://x.test/2026-01-01|dash> <!channel>",
    );

    expect(read.services).toEqual(["geo"]);
    expect(read.window?.start).toBe(Date.parse(monday) - 3_600_000);
  });

  it("reads no time from a pasted log", () => {
    expect(ask("why does geo say this? ```2026-11-20 10:00:00 ERROR refused```").from).toBe("ask");
  });

  it("reads a question that stands in a fence alone", () => {
    expect(ask("```what broke in the last hour```").from).toBe("question");
  });

  it("refuses an empty text and an unknown zone with a remedy", () => {
    expect(() => ask("   ")).toThrow(
      expect.objectContaining({
        code: "question-invalid",
        message: expect.stringContaining("Ask for example"),
      }),
    );
    expect(() => ask("last hour", monday, "Mars/Base")).toThrow(
      expect.objectContaining({ code: "question-invalid" }),
    );
  });

  it("asks back for emoji only, and for mentions only", () => {
    expect(ask("😀🔥").from).toBe("ask");
    expect(ask("<@U1>").from).toBe("ask");
  });

  const long = 100_000;
  const repeat = (part: string) => part.repeat(Math.ceil(long / part.length)).slice(0, long);
  it.each([
    "a",
    "1",
    " ",
    "1 ",
    "-",
    "a-",
    "1-",
    "1:",
    "1.",
    "<",
    "<@",
    "```",
    "last ",
    "an hour and a half ",
    "between 1 and ",
    "now-",
    "P1D",
    "2026-11-",
    "一",
    "1h",
    "from 1 to ",
    "half past ",
    "the ",
    "&lt;",
    "\u200b",
    "geo-",
    "mongodb-geox ",
    "in xeo ",
    "`",
    "http://",
    "Nov 20 ",
    "20. ",
    "昨天",
    "🔥",
  ])('reads 100,000 characters of "%s" without hanging', (part) => {
    ask("what broke in the last hour");
    const text = repeat(part);
    const before = performance.now();

    try {
      const read = ask(text);
      expect(read.notes.join(" ")).toMatch(/^Only the first 4,000 characters|^$/);
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^(?:question|window)-invalid$/) });
    }

    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

describe("what is said about the window", () => {
  it("names the default window and why", () => {
    const read = ask("what broke since the deploy?");

    expect(read.from).toBe("default");
    expect(read.window).toEqual({ start: Date.parse(monday) - 6 * 3_600_000, end: Date.parse(monday) });
    expect(read.notes.join(" ")).toContain("since the deploy");
    expect(read.notes.join(" ")).toContain("6 h");
  });

  it("cuts a window that ends ahead, and says so", () => {
    const read = ask("from 15:00 to 16:00");

    expect(read.window?.end).toBe(Date.parse(monday));
    expect(read.notes.join(" ")).toContain("cut at the time of asking");
  });

  it("names both ends of a window that is backwards", () => {
    expect(() => ask("today from 15:00 to 14:00")).toThrow(/15:00:00.*14:00:00/);
  });

  it("says how 11/12 and IST were read", () => {
    const { notes } = ask("on 10/11 from 8:00 to 9:00 IST");

    expect(notes).toContain("The date was read as 10 November 2026.");
    expect(notes).toContain("IST was read as India (UTC+5:30).");
  });

  it("takes the window that was chosen when asked back", () => {
    const askedWindow = {
      start: Date.parse("2026-11-23T10:00:00Z"),
      end: Date.parse("2026-11-23T11:00:00Z"),
    };
    const read = readQuestion(
      { id: "q", text: "geo yesterday", askedAt: Date.parse(monday), timeZone: "UTC", askedWindow },
      hotel,
      options,
    );

    expect(read).toMatchObject({ from: "question", window: askedWindow, services: ["geo"] });
  });
});
