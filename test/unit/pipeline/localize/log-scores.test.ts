import { describe, expect, it } from "vitest";
import { logScores } from "../../../../pipeline/localize/log-scores.ts";
import { logAnomaly, metricAnomaly } from "../../../fakes/telemetry.ts";

describe("logScores", () => {
  it("adds up a service's severities on the common scale and cites every template", () => {
    const [geo] = logScores([
      logAnomaly({ id: "log-1", service: "geo", severity: 5 }),
      logAnomaly({ id: "log-2", service: "geo", severity: 2 }),
    ]);

    expect(geo).toMatchObject({ service: "geo", evidence: ["log-1", "log-2"], metric: null });
    expect(geo!.score).toBe(3); // log2(1 + 5 + 2)
  });

  it("says it with the worst template's numbers", () => {
    const [geo] = logScores([
      logAnomaly({ id: "log-1", service: "geo", severity: 1, count: 7, expected: 1 }),
      logAnomaly({ id: "log-2", service: "geo", severity: 5, count: 80, expected: 3.6 }),
    ]);

    expect(geo!.why).toBe("Its logs changed: 80 lines where about 4 are normal.");
  });

  it("counts requests, not lines, where code stopped half way", () => {
    const [geo] = logScores([
      logAnomaly({ id: "log-1", service: "geo", kind: "broken-sequence", count: 30, expected: 0.4 }),
    ]);

    expect(geo!.why).not.toContain("30 lines");
    expect(geo!.why).toContain("30 requests");
  });

  it("ranks no service by what is no log", () => {
    expect(logScores([metricAnomaly({ id: "metric-1", service: "geo" })])).toEqual([]);
    expect(logScores([])).toEqual([]);
  });
});
