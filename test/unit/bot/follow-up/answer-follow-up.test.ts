import { describe, expect, it } from "vitest";
import { type AboutAnswer, answerFollowUp } from "../../../../bot/follow-up/answer-follow-up.ts";
import type { Diagnosis } from "../../../../pipeline/diagnosis.ts";
import { cannotTell, geoDiagnosis, nothingFound } from "../../../fakes/geo-diagnosis.ts";

function words(followUp: AboutAnswer, diagnosis: Diagnosis = geoDiagnosis()): string {
  const reply = answerFollowUp(followUp, diagnosis);
  return reply.kind === "words" ? reply.paragraphs.join("\n") : reply.kind;
}

const show = (what: Extract<AboutAnswer, { kind: "show" }>["what"], ...services: string[]): AboutAnswer => ({
  kind: "show",
  what,
  services,
});

describe("an answer to a follow-up", () => {
  it("says why another service does not come first, by what was measured of both", () => {
    const said = words({ kind: "why-not", services: ["rate"], mentioned: "" });

    expect(said).toContain("rate is number 4: <1 % against 78 % for geo.");
    expect(said).toContain(
      "Its strongest sign is metric-3, weaker than that of geo (severity 3.2 against 12).",
    );
    expect(said).toContain("geo showed its first sign at 15:51:30, rate at 16:00:30.");
  });

  it("says so where nothing of a service was abnormal", () => {
    expect(words({ kind: "why-not", services: ["consul"], mentioned: "" })).toContain("no method ranks it");
    expect(words({ kind: "about", services: [], mentioned: "the queue" })).toContain(
      '"the queue" does not occur in this answer',
    );
  });

  it("takes the second suspect where nobody was named", () => {
    expect(words({ kind: "why-not", services: [], mentioned: "" })).toContain("search is number 2");
  });

  it("shows the cited logs with their lines, and of one service where it was named", () => {
    expect(words(show("log"))).toContain("log-1, geo (instance geo-1)");
    expect(words(show("log"))).toContain("deadline exceeded after 800 ms");
    expect(words(show("log", "rate"))).toContain("No logs of rate are cited");
    expect(words(show("evidence", "rate"))).toContain("metric-3, rate: Metric memory of rate is abnormal.");
    expect(words(show("rankings"))).toContain("simple-rca (service): geo, search");
  });

  it("tells trace ids, the instance, the first sign, the confidence and what was looked at", () => {
    expect(words({ kind: "which-trace" })).toContain("4bf92f3577b34da6, 00f067aa0ba902b7");
    expect(words({ kind: "which-instance" })).toBe("geo-1 of geo.");
    expect(words({ kind: "first-change" })).toContain(
      "The first sign is at 15:51:30, in geo (instance geo-1)",
    );
    expect(words({ kind: "confidence" })).toContain("78 % for geo. Next is search with 10 %.");
    expect(words({ kind: "confidence" })).toContain("1 of 1 method that ranks services put it first.");
    expect(words({ kind: "looked-at" })).toContain("12 metric series, 1,204 log lines and 312 traces");
    expect(words({ kind: "gaps" })).toContain("3 rows of logs.csv could not be read.");
    expect(words({ kind: "rivals" })).toContain("2. search, 10 %");
    expect(words({ kind: "next-steps" })).toContain("Open trace 4bf92f3577b34da6");
  });

  it("says from the end of the window whether it was over", () => {
    const endingEarly = geoDiagnosis();
    const cut = {
      ...endingEarly,
      evidence: endingEarly.evidence.map((one) => ({ ...one, end: one.start + 60_000 })),
    };

    expect(words({ kind: "is-over", again: null })).toContain(
      "It looks over: the last sign in geo is at 16:18:30.",
    );
    expect(words({ kind: "is-over", again: null }, cut)).toContain("It looks over");
    const still = {
      ...endingEarly,
      evidence: endingEarly.evidence.map((one) => ({ ...one, end: endingEarly.window.end - 60_000 })),
    };
    expect(words({ kind: "is-over", again: null }, still)).toContain("It was not over");
  });

  const all: readonly AboutAnswer[] = [
    ...(
      [
        "more",
        "thanks",
        "confidence",
        "first-change",
        "rivals",
        "next-steps",
        "gaps",
        "looked-at",
        "which-trace",
        "which-instance",
      ] as const
    ).map((kind) => ({ kind })),
    { kind: "why", services: [], mentioned: "" },
    { kind: "why-not", services: [], mentioned: "" },
    { kind: "why-not", services: ["rate"], mentioned: "" },
    { kind: "about", services: ["rate"], mentioned: "rate" },
    { kind: "is-over", again: null },
    show("log"),
    show("metric"),
    show("trace"),
    show("evidence"),
    show("rankings"),
  ];

  it.each(all.map((one) => [JSON.stringify(one), one] as const))(
    "has words for %s where nothing was found",
    (_text, one) => {
      for (const diagnosis of [nothingFound(), cannotTell()]) {
        const reply = answerFollowUp(one, diagnosis);

        if (reply.kind === "words") expect(reply.paragraphs.length).toBeGreaterThan(0);
        expect(JSON.stringify(reply)).not.toMatch(/undefined|NaN|Infinity/);
      }
    },
  );

  it.each(all.map((one) => [JSON.stringify(one), one] as const))(
    "names no number for %s that the answer does not hold",
    (_text, one) => {
      const held = JSON.stringify(geoDiagnosis());
      const reply = answerFollowUp(one, geoDiagnosis());
      if (reply.kind !== "words") return;
      const ids = reply.paragraphs.join(" ").match(/\b(?:metric|trace|log)-\d+\b/g) ?? [];

      for (const id of ids) expect(held).toContain(`"${id}"`);
    },
  );
});
