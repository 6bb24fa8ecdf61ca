import { describe, expect, it } from "vitest";
import type { Reply } from "../../../../../bot/reply.ts";
import { renderReply } from "../../../../../bot/reply.ts";
import { renderSummary } from "../../../../../bot/summary-reply.ts";
import { renderForTeams } from "../../../../../bot/surfaces/teams/render.ts";
import { cannotTell, geoDiagnosis, nothingFound } from "../../../../fakes/geo-diagnosis.ts";
import { hotelSummary } from "../../../../fakes/hotel-summary.ts";
import { messageText } from "../../../../support/card-text.ts";

const replies: Record<string, Reply> = {
  found: renderReply(geoDiagnosis()),
  deep: renderReply(geoDiagnosis(), "deep"),
  "nothing-found": renderReply(nothingFound()),
  "cannot-tell": renderReply(cannotTell()),
  summary: renderSummary(hotelSummary()),
  progress: {
    kind: "progress",
    questionId: "q1",
    stages: [
      { name: "read", state: "done", detail: "the last hour; geo" },
      { name: "collect", state: "started", detail: "" },
    ],
    buttons: [{ label: "Stop", text: "stop", role: "stop" }],
  },
  "first-finding": {
    kind: "progress",
    stages: [{ name: "consult", state: "started", detail: "" }],
    found: "geo comes first in the ranking. Its cpu rose.",
  },
  waiting: { kind: "progress", stages: [], waiting: "3 before you, about a minute" },
  "time-request": {
    kind: "time-request",
    text: "Which time shall I look at? Without one I take the last 15 minutes.",
    choices: [{ label: "the last hour", text: "in the last hour" }],
  },
  failure: {
    kind: "failure",
    code: "service-unknown",
    what: 'No telemetry names a service "goe".',
    remedy: "Nearest: geo.",
  },
  words: { kind: "words", paragraphs: ["The logs of geo:", "- deadline *exceeded* after 800 ms"] },
};

describe("what people see", () => {
  it.each(Object.keys(replies))("%s", async (name) => {
    const messages = renderForTeams(replies[name]!);

    await expect(`${messages.map(messageText).join("\n\n")}\n`).toMatchFileSnapshot(`rendered/${name}.txt`);
  });

  it.each(["failure", "words"])("is a card where it replaces a message: %s", (name) => {
    const [message] = renderForTeams(replies[name]!, "update");

    expect(message?.text).toBe("");
    expect(messageText(message)).toContain(name === "words" ? "- deadline *exceeded*" : "Nearest: geo.");
  });

  it("puts the verdict into notifications", () => {
    const [message] = renderForTeams(replies.found!);

    expect(message?.summary).toBe("geo (instance geo-1) is very likely the cause (78 % confidence).");
  });

  it("says about which answer a button is pressed", () => {
    const actions = JSON.stringify(renderForTeams(replies.found!)).match(/"about":"[^"]*"/g);

    expect(new Set(actions)).toEqual(new Set(['"about":"terminal-1"']));
  });
});

const attack =
  "[click](https://evil.example) <at>everyone</at> **bold** `code` <b>x</b> ![i](http://evil.example/i.png) {{DATE(2026-01-01,SHORT)}} www.evil.example \u202egnp.exe";

function attacked(): Reply[] {
  const diagnosis = geoDiagnosis();
  const causes = diagnosis.causes.map((cause) => ({ ...cause, service: `geo ${attack}`, why: attack }));
  const evidence = diagnosis.evidence.map((one) => ({ ...one, text: attack, examples: [attack] }));
  const summary = hotelSummary();
  return [
    renderReply(geoDiagnosis({ causes, evidence, uncertainty: [attack] }), "deep"),
    renderSummary({ ...summary, uncertainty: [attack] }),
    { kind: "words", paragraphs: [attack, `# ${attack}`, `- ${attack}`, `1. ${attack}`, `> ${attack}`] },
    { kind: "failure", code: "service-unknown", what: attack, remedy: attack },
    { kind: "time-request", text: attack, choices: [{ label: attack, text: attack }] },
    { kind: "progress", stages: [{ name: "collect", state: "done", detail: attack }], waiting: attack },
  ];
}

describe("what comes from telemetry", () => {
  it("is never in an element that reads Markdown", () => {
    for (const reply of attacked()) {
      for (const { attachments } of [...renderForTeams(reply), ...renderForTeams(reply, "update")]) {
        expect(JSON.stringify(attachments)).not.toMatch(/"type":"TextBlock"|"type":"Image"|Action\.OpenUrl/);
        // What a choice says is sent back, and not shown.
        const shown = JSON.stringify(attachments, (key, value) =>
          key === "value" || key === "data" ? undefined : value,
        );
        expect(shown).not.toContain("{{");
      }
    }
  });

  it("presses nothing, mentions nobody and formats nothing in the text", () => {
    for (const reply of attacked()) {
      for (const { text } of renderForTeams(reply)) {
        const dead = text.replace(/\\./g, "");
        expect(dead).not.toMatch(/\]\(|<|>|`|:\/\/|www\.|\u202e|^#|^- |^\d+\. /m);
        expect(dead.replace(/^\*\*(.*?)\*\*/s, "$1")).not.toContain("*");
      }
    }
  });
});

describe("long replies", () => {
  const megabyte = "😀 log line ".repeat(100_000);

  it("are split under the limit, and lose nothing but the ends of endless lines", () => {
    const diagnosis = geoDiagnosis();
    const evidence = Array.from({ length: 300 }, (_, i) => ({
      ...diagnosis.evidence[0]!,
      id: `metric-${i + 1}`,
      text: `${i} ${"long ".repeat(50)}`,
    }));
    const deep = renderReply(geoDiagnosis({ evidence }), "deep");

    const messages = renderForTeams(deep);

    for (const message of messages) expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(28_000);
    const all = messages.map(messageText).join("\n");
    for (let i = 1; i <= 300; i++) expect(all).toContain(`metric-${i}  `);
    expect(messages[0]?.attachments[0]?.content.body.length).toBeGreaterThan(0);
  });

  it.each([
    ["words", { kind: "words", paragraphs: [megabyte, megabyte] }],
    ["failure", { kind: "failure", code: null, what: megabyte, remedy: megabyte }],
    ["progress", { kind: "progress", stages: [{ name: "read", state: "done", detail: megabyte }] }],
  ] as const)("stay under the limit: %s", (_kind, reply) => {
    const messages = renderForTeams(reply);

    for (const message of messages) expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(28_000);
    expect(messages.length).toBeLessThan(4);
  });

  it("always say something", () => {
    expect(renderForTeams({ kind: "words", paragraphs: [] })).toHaveLength(1);
  });
});
