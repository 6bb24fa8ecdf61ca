import { describe, expect, it } from "vitest";
import { answeredCase, confirmedIn, rightService, type Said } from "../../../pipeline/labelled-case.ts";
import { pastIncident } from "../../../pipeline/past-incident.ts";
import { geoDiagnosis } from "../../fakes/geo-diagnosis.ts";

const by = (person: string, at: number, service: string | null): Said => ({
  person,
  at,
  service,
  verdict: service === "geo" ? "confirmed" : "wrong",
});

describe("the service that it was", () => {
  it("is what most people say, of equals what was said last", () => {
    expect(rightService({ said: [by("a", 1, "geo"), by("b", 2, "rate"), by("c", 3, "rate")] })).toBe("rate");
    expect(rightService({ said: [by("a", 5, "geo"), by("b", 2, "rate")] })).toBe("geo");
    expect(rightService({ said: [by("a", 5, null), by("b", 2, "rate")] })).toBe("rate");
  });

  it("is unknown where nobody names one", () => {
    expect(rightService({ said: [by("a", 1, null)] })).toBeNull();
    expect(rightService({ said: [] })).toBeNull();
  });
});

describe("what was said of an incident", () => {
  it("is found by its question, and by another question about the same incident", () => {
    const incident = pastIncident(geoDiagnosis());
    if (incident === null) throw new Error("the diagnosis names a cause");
    const answered = { ...answeredCase(geoDiagnosis()), said: [by("a", 1, "rate")] };
    const askedAgain = { ...incident, questionId: "later" };
    const dayLater = { ...askedAgain, start: incident.start + 86_400_000, end: incident.end + 86_400_000 };

    expect(confirmedIn(incident, [answered])).toBe("rate");
    expect(confirmedIn(askedAgain, [answered])).toBe("rate");
    expect(confirmedIn(dayLater, [answered])).toBeNull();
    expect(confirmedIn(askedAgain, [{ ...answered, incident: null }])).toBeNull();
  });
});
