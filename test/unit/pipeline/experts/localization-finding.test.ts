import { describe, expect, it } from "vitest";
import { localizationFinding } from "../../../../pipeline/experts/localization-finding.ts";
import { eventPairs } from "../../../../pipeline/localize/event-pairs.ts";
import { caseFile } from "../../../fakes/case-file.ts";
import { candidate, logAnomaly, metricAnomaly, slice } from "../../../fakes/telemetry.ts";

const geo = candidate({ service: "geo", instance: "geo-1", score: 5, evidence: ["metric-1"] });
const rate = candidate({ service: "rate", score: 4 });

describe("localizationFinding", () => {
  it("names no cause where nothing is ranked", () => {
    expect(localizationFinding(caseFile())).toMatchObject({
      finalAnswer: "No root cause was found in this window.",
      evidence: [],
    });
  });

  it("names service, instance and metric, who agrees, and who comes next", () => {
    const finding = localizationFinding(
      caseFile({
        fused: {
          services: [geo, rate],
          metrics: [
            candidate({ service: "rate", metric: "mem", score: 5 }),
            candidate({ service: "geo", metric: "cpu", score: 4 }),
          ],
        },
        rankings: [
          { localizer: "simple-rca", level: "service", candidates: [geo] },
          { localizer: "robust-scorer", level: "metric", candidates: [rate, geo] },
          { localizer: "event-pairs", level: "metric", candidates: [] },
        ],
        narrowed: { services: ["geo"], by: "trace" },
      }),
    );

    expect(finding.observation).toBe(
      "1 of 2 methods that rank anything put geo first (simple-rca). The traces narrowed the search.",
    );
    expect(finding.reasoning).toBe("geo is suspected. Next comes rate: rate is suspected.");
    expect(finding.finalAnswer).toBe(
      "The most likely root cause is geo (instance geo-1), by its metric cpu.",
    );
    expect(finding.evidence).toEqual(["metric-1"]);
  });

  it("names no cause by evidence that is too weak for the verdict to name one", () => {
    const finding = localizationFinding(
      caseFile({ fused: { services: [geo], metrics: [] }, isNamed: false }),
    );

    expect(finding.finalAnswer).toBe("No root cause was found in this window.");
    expect(finding.reasoning).toContain("geo");
    expect(finding.reasoning).toContain("too weak");
  });

  it("reads a code region as the statements that enclose it, in quotes that they cannot close", () => {
    const broken = logAnomaly({
      id: "log-1",
      service: "geo",
      kind: "broken-sequence",
      template: 'say "hi" <b>',
      expectedNext: "geo.go:34",
    });
    const [region] = eventPairs.localize(slice({}), [broken]);

    const { finalAnswer } = localizationFinding(
      caseFile({ anomalies: [broken], fused: { services: [rate, geo], metrics: [] } }),
    );
    const found = localizationFinding(
      caseFile({ anomalies: [broken], fused: { services: [geo], metrics: [region!] } }),
    );

    expect(finalAnswer).toBe("The most likely root cause is rate.");
    expect(found.finalAnswer).toBe(
      'The most likely root cause is geo (instance geo-1), in the code between "say \'hi\' ‹b›" and "geo.go:34".',
    );
  });

  it("says of a service that callers break off at just that", () => {
    const broken = logAnomaly({
      id: "log-1",
      service: "web",
      kind: "broken-sequence",
      template: "a.go:1",
      expectedNext: "a.go:2",
      calleeBefore: "geo",
    });
    const metrics = eventPairs.localize(slice({}), [broken]);

    const { finalAnswer } = localizationFinding(
      caseFile({ anomalies: [broken], fused: { services: [geo], metrics } }),
    );

    expect(finalAnswer).toBe(
      "The most likely root cause is geo (instance geo-1): its callers break off after calling it.",
    );
  });

  it("tells which abnormal callers suffer from it", () => {
    const finding = localizationFinding(
      caseFile({
        slice: slice({ edges: [{ caller: "web", callee: "geo", calls: 1 }] }),
        anomalies: [metricAnomaly({ id: "metric-2", service: "web" })],
        fused: { services: [geo], metrics: [] },
      }),
    );

    expect(finding.reasoning).toBe("geo is suspected. web calls it, directly or not, and is abnormal too.");
  });

  it("takes the names of services and metrics for data", () => {
    const evil = "<i>{x}`\u001b[31m\n";
    const finding = localizationFinding(
      caseFile({
        fused: {
          services: [candidate({ service: evil, instance: evil, score: 5, why: "It broke." })],
          metrics: [candidate({ service: evil, metric: evil, score: 5 })],
        },
      }),
    );

    expect(`${finding.observation}${finding.reasoning}${finding.finalAnswer}`).not.toMatch(/[<>`{}\p{Cc}]/u);
  });
});
