import { describe, expect, it } from "vitest";
import { confidenceFeatures, confidenceInFirst, confidences } from "../../../pipeline/confidence.ts";
import { candidate, line, series, slice, span } from "../../fakes/telemetry.ts";

const sure = { strength: 1, lead: 1, agreement: 1, seen: 1, length: 1 };

describe("confidence", () => {
  it("never falls with more strength, lead, agreement or telemetry", () => {
    for (const name of ["strength", "lead", "agreement", "seen"] as const) {
      expect(confidenceInFirst({ ...sure, [name]: 0.2 })).toBeLessThanOrEqual(confidenceInFirst(sure));
    }
    expect(confidenceInFirst({ ...sure, strength: 0.5, lead: 0 })).toBeLessThan(confidenceInFirst(sure));
  });

  it("leaves the others what the first one has not, and something for the unknown", () => {
    const services = [6, 4, 2].map((score, index) => candidate({ service: `s${index}`, score }));

    const found = confidences(services, 0.7);

    expect(found[0]).toBe(0.7);
    expect(found[1]).toBeGreaterThan(found[2]!);
    expect(found.reduce((sum, value) => sum + value, 0)).toBeLessThan(1);
    expect(confidences([], 0.7)).toEqual([]);
  });

  it("counts only telemetry that has something normal to be compared with", () => {
    const metrics = [series({ service: "geo", reference: [1], window: [2] })];
    const logs = [line({ service: "geo", body: "x" })];
    const spans = [span({ traceId: "t", spanId: "1", service: "geo" })];
    const services = [candidate({ service: "geo", score: 3 })];
    const seen = (part: Parameters<typeof slice>[0]) =>
      confidenceFeatures(services, slice(part), ["geo", "cart"]);

    expect(seen({ metrics, logs, spans }).seen).toBeCloseTo(1 / 3, 12);
    expect(seen({ metrics, logs, referenceLogs: logs, spans, referenceSpans: spans }).seen).toBe(1);
    expect(seen({ metrics })).toMatchObject({ strength: 0.5, lead: 1, agreement: 0.5 });
  });
});
