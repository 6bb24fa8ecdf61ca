import { expect, it } from "vitest";
import { z } from "zod";
import { diagnosisJson } from "../../../bot/diagnosis-json.ts";
import { geoDiagnosis, nothingFound } from "../../fakes/geo-diagnosis.ts";

const Iso = z.iso.datetime({ offset: false, precision: 3 });
const share = z.number().min(0).max(1);

/** The promise of docs/command-line.md: keys may be added, none renamed. */
const Promised = z.object({
  question: z.string(),
  window: z.object({ start: Iso, end: Iso, from: z.enum(["question", "default", "asked"]) }),
  scope: z.object({ services: z.array(z.string()) }),
  causes: z.array(
    z.object({
      rank: z.number().int().min(1),
      service: z.string(),
      instance: z.string().nullable(),
      confidence: share,
      why: z.string(),
      evidence: z.array(z.string()),
    }),
  ),
  metrics: z.array(
    z.object({
      rank: z.number().int().min(1),
      service: z.string(),
      instance: z.string().nullable(),
      metric: z.string(),
      score: share,
      evidence: z.array(z.string()),
    }),
  ),
  evidence: z.array(
    z.object({
      id: z.string(),
      modality: z.enum(["metric", "log", "trace"]),
      service: z.string(),
      instance: z.string().nullable(),
      start: Iso,
      end: Iso,
      text: z.string(),
    }),
  ),
  explanation: z.string(),
  gaps: z.array(z.object({ from: z.string(), reason: z.string(), detail: z.string() })),
  model: z.string().nullable(),
  timings: z.record(z.string(), z.number()),
  madeWith: z.object({ version: z.string() }),
});

it("keeps the promised shape, with ISO times in UTC", () => {
  const json = Promised.parse(JSON.parse(JSON.stringify(diagnosisJson(geoDiagnosis()))));

  expect(json.question).toBe("what broke in geo in the last hour");
  expect(json.window).toEqual({
    start: "2026-11-23T14:20:30.000Z",
    end: "2026-11-23T15:20:30.000Z",
    from: "question",
  });
  expect(json.evidence[0]).toMatchObject({ id: "metric-1", start: "2026-11-23T14:51:30.000Z" });
});

it("keeps the shape when nothing was found", () => {
  expect(Promised.parse(JSON.parse(JSON.stringify(diagnosisJson(nothingFound())))).causes).toEqual([]);
});

it("leaves no epoch milliseconds behind", () => {
  expect(JSON.stringify(diagnosisJson(geoDiagnosis()))).not.toMatch(/\b17\d{11}\b/);
});
