import { describe, expect, it } from "vitest";
import {
  isSameIncident,
  type PastIncident,
  pastIncident,
  similarIncidents,
} from "../../../pipeline/past-incident.ts";
import { fakeDiagnosis, fakeQuestion } from "../../fakes/fake-diagnosis.ts";
import { geoDiagnosis } from "../../fakes/geo-diagnosis.ts";

const minute = 60_000;
const now = 100_000 * minute;

/** An incident of five minutes that began so many minutes before now. */
function incident(minutesAgo: number, changes: Partial<PastIncident> = {}): PastIncident {
  return {
    questionId: `q-${minutesAgo}`,
    start: now - minutesAgo * minute,
    end: now - (minutesAgo - 5) * minute,
    service: "geo",
    instance: null,
    metric: "cpu_usage",
    confidence: 0.8,
    why: "Its cpu rose.",
    signature: ["log geo new", "metric geo cpu_usage up", "trace geo timeout"],
    ...changes,
  };
}

describe("pastIncident", () => {
  it("keeps the first cause, from its first sign to its last, and its signs without numbers", () => {
    const diagnosis = geoDiagnosis();
    const cited = diagnosis.evidence.filter(({ id }) => diagnosis.causes[0]?.evidence.includes(id));

    const past = pastIncident(diagnosis);

    expect(past).toMatchObject({
      questionId: diagnosis.question.id,
      service: "geo",
      instance: "geo-1",
      metric: "cpu_usage",
      start: Math.min(...cited.map(({ start }) => start)),
      end: Math.max(...cited.map(({ end }) => end)),
    });
    expect(past?.signature).toContain("metric geo cpu_usage up");
    expect(past?.signature).toHaveLength(3);
  });

  it("is none where no cause is named", () => {
    expect(pastIncident(fakeDiagnosis(fakeQuestion("q", "fine")))).toBeNull();
  });
});

describe("isSameIncident", () => {
  it.each([
    ["overlap", incident(8), incident(5), true],
    ["follow within ten minutes", incident(20), incident(5), true],
    ["lie further apart", incident(21), incident(5), false],
    ["are of different services", incident(8), incident(8, { service: "rate" }), false],
  ])("when both %s", (_how, earlier, later, expected) => {
    expect(isSameIncident(earlier, later)).toBe(expected);
    expect(isSameIncident(later, earlier)).toBe(expected);
  });
});

describe("similarIncidents", () => {
  it("gives the likest first, of equals the latest, three at most", () => {
    const half = ["metric geo cpu_usage up", "trace geo timeout", "trace geo error"];
    const past = [500, 400, 300, 200].map((ago) => incident(ago));

    const found = similarIncidents(incident(5), [...past, incident(100, { signature: half })]);

    expect(found.map(({ incident: { questionId }, likeness }) => [questionId, likeness])).toEqual([
      ["q-200", 1],
      ["q-300", 1],
      ["q-400", 1],
    ]);
    expect(similarIncidents(incident(5), [incident(100, { signature: half })])[0]?.likeness).toBe(0.5);
  });

  it("takes another service only when nearly all signs are alike, and never what comes later", () => {
    const other = incident(200, { service: "rate" });
    const later = incident(-60);
    const unlike = incident(300, { service: "rate", signature: ["log geo new", "log rate new"] });

    expect(similarIncidents(incident(5), [other, later, unlike])).toEqual([{ incident: other, likeness: 1 }]);
  });

  it("is no earlier incident of itself", () => {
    expect(similarIncidents(incident(5), [incident(6)])).toEqual([]);
  });
});
