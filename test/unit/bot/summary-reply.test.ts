import { describe, expect, it } from "vitest";
import { summaryJson } from "../../../bot/summary-json.ts";
import { renderSummary } from "../../../bot/summary-reply.ts";
import { printed } from "../../../bot/surfaces/terminal/layout.ts";
import { summaryLines } from "../../../bot/surfaces/terminal/summary.ts";
import { hotelSummary } from "../../fakes/hotel-summary.ts";

const plain = (_format: unknown, text: string) => text;
const rendered = (summary: ReturnType<typeof hotelSummary>) =>
  printed(summaryLines(renderSummary(summary), 100), plain);

describe("a summary", () => {
  it("tells each incident, what recurs, and what could not be seen", async () => {
    await expect(rendered(hotelSummary())).toMatchFileSnapshot("surfaces/terminal/rendered/summary.txt");
  });

  it("is one quiet line where nothing broke", () => {
    const seen = { count: 54, stepMs: 600_000, unseen: [] };
    const quiet = renderSummary(hotelSummary({ incidents: [], steps: seen, recurrences: [] }));

    expect(quiet.headline).toBe("Quiet: nothing broke in these 9 hours.");
    expect(quiet.incidents).toEqual([]);
  });

  it("tells what people said of an incident like one of these", () => {
    const summary = hotelSummary();
    const [first, ...others] = summary.incidents;
    if (first === undefined) throw new Error("no incident");
    const earlier = {
      questionId: "q0",
      start: 1_000_000_000_000,
      end: 1_000_000_060_000,
      service: "geo",
      instance: null,
      metric: null,
      why: "Its cpu rose.",
      likeness: 0.8,
    };

    const judged = renderSummary({
      ...summary,
      incidents: [
        {
          ...first,
          earlier: [
            { ...earlier, confirmed: null },
            { ...earlier, confirmed: "rate" },
          ],
        },
        ...others,
      ],
    });

    expect(judged.incidents[0]?.history).toBe(
      "again: 2 times in the period before; like that of 2001-09-09 03:46:40, which people said was rate",
    );
    expect(judged.incidents[1]?.history).not.toContain("people said");
  });

  it("speaks of the hour before an hour", () => {
    const { period } = hotelSummary();
    const hour = hotelSummary({ period: { ...period, start: period.end - 3_600_000 } });

    expect(renderSummary(hour).headline).toBe(
      "3 incidents in 1 hour; 1 not over at 18:00:00. The hour before had 3.",
    );
  });

  it("does not call quiet what it could not see", () => {
    expect(renderSummary(hotelSummary({ incidents: [] })).headline).toBe(
      "Quiet: nothing broke in these 9 hours. Not all of it could be seen.",
    );
  });

  it("claims nothing about a period before that it knows nothing of", () => {
    const alone = renderSummary(hotelSummary({ comparedWith: null }));

    expect(alone.headline).toBe("3 incidents in 9 hours; 1 not over at 18:00:00.");
    expect(alone.incidents.map(({ history }) => history)).toEqual(["", "", ""]);
    expect(alone.recurrences[0]).toBe("geo: 2 incidents.");
  });

  it("keeps control characters of telemetry off the terminal", () => {
    const summary = hotelSummary();
    const hostile = summary.incidents.map((one) => ({
      ...one,
      causes: one.causes.map((cause) => ({ ...cause, why: "\u001b[2Jgone for good\u0007" })),
    }));

    const text = rendered({ ...summary, incidents: hostile });
    expect(text).toContain("gone for good");
    expect(text).not.toContain("\u001b");
    expect(text).not.toContain("\u0007");
  });

  it("is printed as JSON with ISO times", () => {
    const json = summaryJson(hotelSummary());

    expect(json).toMatchObject({
      question: "sum up today",
      period: { start: "2026-11-23T08:00:00.000Z", end: "2026-11-23T17:00:00.000Z", from: "question" },
      comparedWith: { start: "2026-11-22T23:00:00.000Z", incidents: 3 },
      steps: { unseen: [{ start: "2026-11-23T13:00:00.000Z", end: "2026-11-23T13:20:00.000Z" }] },
    });
    expect(json.incidents[0]).toMatchObject({ id: "incident-1", start: "2026-11-23T09:40:00.000Z" });
  });
});
