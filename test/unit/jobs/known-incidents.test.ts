import { describe, expect, it } from "vitest";
import { incidentPeriods } from "../../../jobs/known-incidents.ts";
import type { LabelledCase } from "../../../pipeline/labelled-case.ts";
import type { PastIncident } from "../../../pipeline/past-incident.ts";

const incident: PastIncident = {
  questionId: "q1",
  start: 100,
  end: 200,
  service: "geo",
  instance: null,
  metric: null,
  confidence: 0.9,
  why: "",
  signature: [],
};

const answered = (questionId: string, service: string | null): LabelledCase => ({
  questionId,
  askedAt: 400,
  window: { start: 300, end: 400 },
  services: [],
  causes: [],
  incident: null,
  reference: { from: "declared", metric: [], log: [], trace: [] },
  said: [{ person: "U1", at: 500, verdict: "wrong", service }],
});

describe("incidentPeriods", () => {
  it("has what was diagnosed, and what people named a service for, each once", async () => {
    const memory = { list: async () => [incident] };
    const feedback = {
      list: async () => [answered("q2", "rate"), answered("q3", null), answered("q1", "geo")],
    };

    expect(await incidentPeriods(memory, feedback)).toEqual([
      { start: 100, end: 200, why: "an incident in geo was diagnosed (q1)" },
      { start: 300, end: 400, why: "people said that rate broke (q2)" },
    ]);
  });
});
