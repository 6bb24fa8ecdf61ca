import { describe, expect, it } from "vitest";
import { readQuestion } from "../../../../pipeline/question/index.ts";
import type { FollowUp, PreviousAnswer } from "../../../../pipeline/types.ts";
import { hotel, monday, options } from "./ask.ts";

/** 14:20:30 to 15:20:30, asked at its end, about geo. */
const previous: PreviousAnswer = {
  askedAt: Date.parse(monday),
  window: { start: Date.parse(monday) - 3_600_000, end: Date.parse(monday) },
  services: ["geo"],
  modalities: null,
  known: hotel,
};

function followUp(text: string, before = previous, now = monday, timeZone = "UTC"): FollowUp | null {
  const question = { id: "q", text, askedAt: Date.parse(now), timeZone, askedWindow: null };
  return readQuestion(question, hotel, options, before).followUp;
}

/** "11-23 13:20:30 / 11-23 15:20:30 [geo] log,trace": what is looked at again. */
function again(text: string, before = previous, now = monday, timeZone = "UTC"): string {
  const read = followUp(text, before, now, timeZone);
  const look = read?.kind === "is-over" ? read.again : read;
  if (look?.kind !== "look-again") return String(look?.kind ?? null);
  const say = (at: number) => new Date(at).toISOString().slice(5, 19).replace("T", " ");
  const { services, modalities } = look.carried;
  return `${say(look.window.start)} / ${say(look.window.end)} [${services === null ? "as read" : services.join()}] ${modalities?.join() ?? "all"}`;
}

describe("what is asked about an answer", () => {
  it.each([
    ["more", "more"],
    ["More!", "more"],
    ["show me more details please", "more"],
    ["thanks", "thanks"],
    ["ok thanks!", "thanks"],
    ["thank you so much", "thanks"],
    ["merci", "thanks"],
    ["how sure are you?", "confidence"],
    ["and how confident is that?", "confidence"],
    ["wie sicher bist du?", "confidence"],
    ["what changed first?", "first-change"],
    ["when did it start?", "first-change"],
    ["where did this begin", "first-change"],
    ["what else could it be?", "rivals"],
    ["any other suspects?", "rivals"],
    ["what should we do now?", "next-steps"],
    ["what next?", "next-steps"],
    ["what couldn't you see?", "gaps"],
    ["what is missing?", "gaps"],
    ["which window did you look at?", "looked-at"],
    ["which trace?", "which-trace"],
    ["which traces?", "which-trace"],
    ["which pod?", "which-instance"],
  ] as const)('reads "%s" as %s', (text, kind) => {
    expect(followUp(text)).toEqual({ kind });
  });

  it.each([
    ["why not rate?", "why-not", ["rate"]],
    ["why not the rate service?", "why-not", ["rate"]],
    ["why isn't it mongodb-geo?", "why-not", ["mongodb-geo"]],
    ["could it be search?", "why-not", ["search"]],
    ["was it search?", "why-not", ["search"]],
    ["why not?", "why-not", []],
    ["warum nicht rate?", "why-not", ["rate"]],
    ["why geo?", "why", ["geo"]],
    ["why?", "why", []],
    ["explain", "why", []],
    ["how do you know that?", "why", []],
    ["what about rate?", "about", ["rate"]],
    ["and mongodb geo?", "about", ["mongodb-geo"]],
    ["rate?", "about", ["rate"]],
    ["how about search and profile", "about", ["search", "profile"]],
    ["was ist mit rate?", "about", ["rate"]],
    ["why not foo?", "why-not", []],
    ["what about foo-bar?", "about", []],
  ] as const)('reads "%s" as %s of %j', (text, kind, services) => {
    expect(followUp(text)).toMatchObject({ kind, services });
  });

  it.each([
    [
      "what about the database?",
      [
        "mongodb-geo",
        "mongodb-rate",
        "mongodb-profile",
        "mongodb-recommendation",
        "mongodb-reservation",
        "mongodb-user",
      ],
    ],
    ["and the cache?", []],
    ["what about the cache?", ["memcached-rate", "memcached-profile", "memcached-reserve"]],
    ["what about the queue?", []],
  ] as const)('finds the services of a kind for "%s"', (text, services) => {
    const read = followUp(text);

    expect(read?.kind === "about" ? read.services : []).toEqual(services);
  });

  it.each([
    ["show the logs", "log", []],
    ["logs?", "log", []],
    ["show me the logs of rate", "log", ["rate"]],
    ["can you show the traces for geo please", "trace", ["geo"]],
    ["show the evidence for rate", "evidence", ["rate"]],
    ["evidence", "evidence", []],
    ["show rankings", "rankings", []],
    ["which metrics?", "metric", []],
    ["zeig mir die logs", "log", []],
  ] as const)('reads "%s" as %s of %j', (text, what, services) => {
    expect(followUp(text)).toEqual({ kind: "show", what, services });
  });
});

describe("what needs another look", () => {
  const window = "11-23 14:20:30 / 11-23 15:20:30";

  it.each([
    ["ignore traces", `${window} [geo] metric,log`],
    ["only look at the logs", `${window} [geo] log`],
    ["without logs and metrics please", `${window} [geo] trace`],
    ["nur die Logs", `${window} [geo] log`],
    ["widen to 3 hours", "11-23 12:20:30 / 11-23 15:20:30 [geo] all"],
    ["widen by 30 minutes", "11-23 13:50:30 / 11-23 15:20:30 [geo] all"],
    ["widen", "11-23 13:20:30 / 11-23 15:20:30 [geo] all"],
    ["go back another hour", "11-23 13:20:30 / 11-23 15:20:30 [geo] all"],
    ["widen to 10 minutes", `${window} [geo] all`],
    ["narrow to 10 minutes", "11-23 15:10:30 / 11-23 15:20:30 [geo] all"],
    ["and yesterday at the same time?", "11-22 14:20:30 / 11-22 15:20:30 [geo] all"],
    ["same time last week", "11-16 14:20:30 / 11-16 15:20:30 [geo] all"],
    ["what about two days ago at the same time?", "11-21 14:20:30 / 11-21 15:20:30 [geo] all"],
    ["and an hour earlier?", "11-23 13:20:30 / 11-23 14:20:30 [geo] all"],
    ["and before that?", "11-23 13:20:30 / 11-23 14:20:30 [geo] all"],
    ["and yesterday?", "11-22 00:00:00 / 11-23 00:00:00 [geo] all"],
    ["and between 13:00 and 13:30?", "11-23 13:00:00 / 11-23 13:30:00 [geo] all"],
    ["what about rate in the last 3 hours", "11-23 12:20:30 / 11-23 15:20:30 [as read] all"],
    ["only the logs of the last 2 hours", "11-23 13:20:30 / 11-23 15:20:30 [geo] log"],
    ["look at all services", `${window} [] all`],
    ["why is rate slow?", `${window} [as read] all`],
    ["again", `${window} [geo] all`],
  ])('reads "%s" as %s', (text, expected) => {
    expect(again(text)).toBe(expected);
  });

  it("moves by days on the calendar, also over a change of the clocks", () => {
    // 09:00 to 10:00 in Berlin on the long Sunday, the day after in winter time.
    const sunday = { start: Date.parse("2026-10-25T08:00:00Z"), end: Date.parse("2026-10-25T09:00:00Z") };

    expect(
      again("and the day before at the same time?", { ...previous, window: sunday }, monday, "Europe/Berlin"),
    ).toBe("10-24 07:00:00 / 10-24 08:00:00 [geo] all");
  });

  it("goes on from wishes made before", () => {
    const wished = { ...previous, modalities: ["metric" as const, "log" as const] };

    expect(again("ignore metrics", wished)).toBe(`${window} [geo] log`);
    expect(again("with traces again", wished)).toBe(`${window} [geo] all`);
    expect(again("widen to 2 hours", wished)).toBe("11-23 13:20:30 / 11-23 15:20:30 [geo] metric,log");
  });

  it("looks once more whether it is over only where time has passed", () => {
    expect(followUp("is it over?")).toEqual({ kind: "is-over", again: null });
    expect(again("is it over?", previous, "2026-11-23T15:50:30Z")).toBe(
      "11-23 15:20:30 / 11-23 15:50:30 [geo] all",
    );
    expect(again("is it fixed now?", previous, "2026-11-24T08:00:00Z")).toBe(
      "11-24 07:00:00 / 11-24 08:00:00 [geo] all",
    );
  });

  it("refuses a window that is too long, with its remedy", () => {
    expect(() => followUp("widen to 40 days")).toThrow(expect.objectContaining({ code: "window-invalid" }));
  });
});

describe("a question of its own after an answer", () => {
  it.each([
    "what broke in rate in the last 2 hours",
    "help",
    "schedule weekdays 9:00",
    "summarize last week",
    "between 13:00 and 13:30 what failed?",
  ])('reads "%s" as none', (text) => {
    expect(followUp(text)).toBeNull();
  });

  it("is read the same where no answer was given", () => {
    const question = {
      id: "q",
      text: "why not rate?",
      askedAt: Date.parse(monday),
      timeZone: "UTC",
      askedWindow: null,
    };

    expect(readQuestion(question, hotel, options)).toMatchObject({ intent: "follow-up", followUp: null });
  });
});
