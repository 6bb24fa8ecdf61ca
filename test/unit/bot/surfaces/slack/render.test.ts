import { describe, expect, it } from "vitest";
import type { Reply } from "../../../../../bot/reply.ts";
import { renderReply } from "../../../../../bot/reply.ts";
import { renderSummary } from "../../../../../bot/summary-reply.ts";
import { homeView } from "../../../../../bot/surfaces/slack/home-view.ts";
import { bold, code, literal, pieces } from "../../../../../bot/surfaces/slack/mrkdwn.ts";
import { type Form, renderParts } from "../../../../../bot/surfaces/slack/render.ts";
import { cannotTell, geoDiagnosis, nothingFound } from "../../../../fakes/geo-diagnosis.ts";
import { hotelSummary } from "../../../../fakes/hotel-summary.ts";

const stop = { label: "Stop", text: "stop", role: "stop" } as const;
const progress: Reply = {
  kind: "progress",
  questionId: "slack-1",
  buttons: [stop],
  stages: [
    { name: "read", state: "done", detail: "geo, the last hour" },
    { name: "collect", state: "done", detail: "1,204 log lines, 312 traces" },
    { name: "detect", state: "started", detail: "" },
  ],
};

describe("replies as Slack messages", () => {
  // Each file can be looked at in Slack's Block Kit Builder.
  it.each<[string, Reply, Form]>([
    ["answer", renderReply(geoDiagnosis()), "modern"],
    ["answer in older blocks", renderReply(geoDiagnosis()), "classic"],
    ["answer in depth", renderReply(geoDiagnosis(), "deep"), "modern"],
    ["nothing found", renderReply(nothingFound()), "modern"],
    ["cannot tell", renderReply(cannotTell()), "modern"],
    ["summary", renderSummary(hotelSummary()), "modern"],
    ["progress", progress, "modern"],
    ["progress in older blocks", progress, "classic"],
    ["first finding", { ...progress, found: "geo comes first in the ranking. *cpu* rose." }, "modern"],
    ["waiting", { ...progress, stages: [], waiting: "Waiting: 3 before you, about a minute." }, "modern"],
    [
      "time request",
      {
        kind: "time-request",
        text: "Which time shall I look at?",
        choices: [{ label: "the last hour", text: "in the last hour" }],
      },
      "modern",
    ],
    ["failure", { kind: "failure", code: null, what: "It broke:\n  twice", remedy: "Ask again." }, "modern"],
    ["words", { kind: "words", paragraphs: ["I look for causes.", "Ask."] }, "modern"],
  ])("shows: %s", async (name, reply, form) => {
    const parts = renderParts(reply, form);

    const told = parts.map(({ text, blocks }) => `${JSON.stringify({ blocks }, null, 2)}\n\n${text}\n`);
    await expect(told.join("\n---\n\n")).toMatchFileSnapshot(`rendered/${name.replaceAll(" ", "-")}.txt`);
  });

  it("shows the Home tab, empty and full", async () => {
    const empty = homeView({ diagnoses: [], schedules: [], health: [] });
    const many = homeView({
      diagnoses: Array.from({ length: 14 }, (_one, index) => ({
        questionId: `slack-${index}`,
        question: "what broke",
        when: "today 14:20",
        verdict: "geo is very likely the cause.",
      })),
      schedules: [],
      health: [{ name: "prometheus", isWell: true, detail: "answers" }],
    });

    await expect(JSON.stringify({ empty, many }, null, 2)).toMatchFileSnapshot("rendered/home.txt");
  });

  it("leaves out no button's meaning where its value would be too long", () => {
    const suspects = Array.from(
      { length: 25 },
      (_one, index) => `${"namespace-of-a-long-name".repeat(5)}-${index}`,
    );

    const [part] = renderParts({ ...renderReply(geoDiagnosis()), suspects }, "classic");

    const values = JSON.stringify(part?.blocks).match(/"value":"((?:[^"\\]|\\.)*)"/g) ?? [];
    for (const value of values) expect(value.length).toBeLessThan(2_500);
    expect(values.some((value) => value.includes("suspects") && value.includes("namespace"))).toBe(true);
  });
});

describe("text from outside", () => {
  it.each([
    ["<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"],
    ["a *b* ~c~ `d`", "a ∗b∗ ∼c∼ ˋdˋ"],
    ["_it_ but cpu_usage_total", "＿it＿ but cpu_usage_total"],
    ["from 14:20:30 to 15:20:30", "from 14:20:30 to 15:20:30"],
    [":boom: and pod:geo:8080", "∶boom: and pod∶geo:8080"],
    ["two\nlines\u202e and \u001b[31mred", "two lines and red"],
  ])("%j is only letters", (text, shown) => {
    expect(literal(text)).toBe(shown);
  });

  it("stays itself within formatting of our own", () => {
    expect(bold("a*b")).toBe("*a∗b*");
    expect(code("`rm`")).toBe("`ˋrmˋ`");
    expect([bold(" "), code("")]).toEqual(["", ""]);
  });

  it("is cut between words, never within an entity or a letter", () => {
    expect(pieces(["aaa bbb ccc"], 8)).toEqual(["aaa bbb", "ccc"]);
    expect(pieces(["&amp;".repeat(4)], 12)).toEqual(["&amp;&amp;", "&amp;&amp;"]);
    expect(pieces(["😀".repeat(4)], 5)).toEqual(["😀😀", "😀😀"]);
    expect(pieces(["one", "two", "three"], 7)).toEqual(["one\ntwo", "three"]);
    expect(pieces([], 10)).toEqual([]);
  });
});
