import { describe, expect, it } from "vitest";
import type { FusedService } from "../../../../pipeline/fusion/fuse.ts";
import { incidentsOf } from "../../../../pipeline/summary/incidents.ts";
import { candidate, metricAnomaly, minute, window } from "../../../fakes/telemetry.ts";

const early = { start: window.start, end: window.start + minute };
const late = { start: window.start + 8 * minute, end: window.start + 9 * minute };
const anomalies = [
  metricAnomaly({ id: "a", service: "cart", ...early }),
  metricAnomaly({ id: "b", service: "mail", ...late }),
];
const suspect = (service: string, score: number, ...evidence: string[]): FusedService =>
  candidate({ service, score, evidence });
const both = [suspect("cart", 6, "a"), suspect("mail", 5, "b")];

describe("incidentsOf", () => {
  it("tells faults apart that lie at different times in services that do not call each other", () => {
    expect(incidentsOf(both, anomalies, [], 3)).toEqual([
      { ...early, services: ["cart"] },
      { ...late, services: ["mail"] },
    ]);
  });

  it("keeps together what one calls of the other, what happens at once, and what is weak", () => {
    const calls = [{ caller: "mail", callee: "cart", calls: 1 }];
    const atOnce = anomalies.map((anomaly) => ({ ...anomaly, ...early }));
    const weak = [suspect("cart", 6, "a"), suspect("mail", 2, "b")];

    for (const found of [
      incidentsOf(both, anomalies, calls, 3),
      incidentsOf(both, atOnce, [], 3),
      incidentsOf(weak, anomalies, [], 3),
    ]) {
      expect(found.map(({ services }) => services)).toEqual([["cart", "mail"]]);
    }
  });

  it("knows of none without a suspect", () => {
    expect(incidentsOf([], anomalies, [], 3)).toEqual([]);
  });
});
