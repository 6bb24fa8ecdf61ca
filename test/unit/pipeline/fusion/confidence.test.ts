import { describe, expect, it } from "vitest";
import {
  confidenceFeatures,
  confidenceInFirst,
  confidences,
} from "../../../../pipeline/fusion/confidence.ts";
import { candidate, line, series, slice, span } from "../../../fakes/telemetry.ts";

const sure = { strength: 1, lead: 1, agreement: 1, seen: 1, length: 1 };

describe("confidence", () => {
  it("falls with less strength, lead, agreement, telemetry or length", () => {
    for (const name of ["strength", "lead", "agreement", "seen", "length"] as const) {
      expect(confidenceInFirst({ ...sure, [name]: 0.2 })).toBeLessThan(confidenceInFirst(sure));
    }
  });

  it("falls where a kind of telemetry is missing, methods disagree, or window or normal period are short", () => {
    const minute = 60_000;
    const services = [candidate({ service: "geo", score: 5 }), candidate({ service: "web", score: 3 })];
    const metrics = [series({ service: "geo", reference: [1], window: [2] })];
    const logs = [line({ service: "geo", body: "x" })];
    const full = slice({ metrics, logs, referenceLogs: logs });
    const lasting = (windowMinutes: number, normalMinutes: number) => {
      const window = { start: 0, end: windowMinutes * minute };
      const normal = [{ start: -100 * minute, end: (normalMinutes - 100) * minute }];
      const referencePeriods = { metric: normal, log: normal, trace: normal, from: "declared" as const };
      return { ...full, window, referencePeriods };
    };
    const sureOf = (seen: typeof full, firsts = ["geo", "geo"]) =>
      confidenceInFirst(confidenceFeatures(services, seen, firsts));
    const whole = sureOf(lasting(5, 30));

    expect(sureOf({ ...lasting(5, 30), metrics: [] })).toBeLessThan(whole);
    expect(sureOf(lasting(5, 30), ["geo", "web"])).toBeLessThan(whole);
    expect(sureOf(lasting(1, 30))).toBeLessThan(whole);
    expect(sureOf(lasting(5, 3))).toBeLessThan(whole);
    expect(sureOf(lasting(60, 90))).toBe(whole);
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
