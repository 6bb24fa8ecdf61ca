import { describe, expect, it } from "vitest";
import { networkDelay } from "../../../../pipeline/detect/call-delays.ts";
import { consult } from "../../../../pipeline/experts/index.ts";
import { modalityFinding } from "../../../../pipeline/experts/modality-finding.ts";
import { caseFile } from "../../../fakes/case-file.ts";
import { candidate, line, logAnomaly, metricAnomaly, series, slice, span } from "../../../fakes/telemetry.ts";

const seen = {
  metrics: [series({ service: "geo", reference: [1, 2, 1], window: [1, 9] })],
  logs: [line({ service: "geo", body: "panic" })],
  referenceLogs: [line({ service: "geo", body: "found" })],
  spans: [span({ traceId: "t", spanId: "1", service: "geo" })],
  referenceSpans: [span({ traceId: "r", spanId: "1", service: "geo" })],
};

describe("modalityFinding", () => {
  it("says nothing where the window holds no such telemetry", () => {
    for (const modality of ["trace", "metric", "log"] as const) {
      expect(modalityFinding(modality, caseFile())).toEqual([]);
    }
  });

  it("says that a window like the reference period is one, and names no cause", () => {
    const [finding] = modalityFinding("log", caseFile({ slice: slice(seen) }));

    expect(finding).toMatchObject({
      expert: "log expert",
      observation: "The logs of this window look like those of the reference period.",
      finalAnswer: "The logs name no clear cause.",
      evidence: [],
    });
  });

  it("does not compare a window with a reference period that is empty", () => {
    const alone = slice({
      metrics: [series({ service: "geo", window: [1, 9] })],
      logs: seen.logs,
      spans: seen.spans,
    });

    for (const modality of ["trace", "metric", "log"] as const) {
      const [finding] = modalityFinding(modality, caseFile({ slice: alone }));

      expect(finding!.observation).not.toContain("look like");
      expect(finding!.observation).toContain("no normal period");
    }
  });

  it("mentions weak evidence without concluding from it", () => {
    const [finding] = modalityFinding(
      "metric",
      caseFile({
        slice: slice(seen),
        anomalies: [metricAnomaly({ id: "metric-1", service: "geo" })],
        descriptions: [
          { anomalyId: "metric-1", pattern: null, short: "", text: "CPU of geo rose.", full: "" },
        ],
        rankings: [
          {
            localizer: "robust-scorer",
            level: "metric",
            candidates: [candidate({ service: "geo", score: 1.9, evidence: ["metric-1"] })],
          },
        ],
      }),
    );

    expect(finding!.observation).toBe("There is 1 abnormal metric in 1 service. CPU of geo rose.");
    expect(finding!.reasoning).not.toContain("geo");
    expect(finding!.finalAnswer).toBe("The metrics name no clear cause.");
    expect(finding!.evidence).toEqual(["metric-1"]);
  });

  it("names clear suspects, strongest first and each once, with their reasons", () => {
    const candidates = [
      candidate({ service: "rate", score: 2, evidence: ["metric-2"] }),
      candidate({ service: "geo", score: 5, metric: "cpu", evidence: ["metric-1"] }),
      candidate({ service: "geo", score: 4, metric: "mem", evidence: ["metric-1"] }),
      candidate({ service: "last", score: 1.5 }),
    ];
    const [finding] = modalityFinding(
      "metric",
      caseFile({
        slice: slice(seen),
        anomalies: [
          metricAnomaly({ id: "metric-1", service: "geo" }),
          metricAnomaly({ id: "metric-2", service: "rate" }),
        ],
        rankings: [{ localizer: "robust-scorer", level: "metric", candidates }],
      }),
    );

    expect(finding!.observation).toBe("There are 2 abnormal metrics in 2 services.");
    expect(finding!.finalAnswer).toBe("By the metrics, look at geo, rate first.");
    expect(finding!.reasoning).toContain("geo: geo is suspected.");
    expect(finding!.evidence).toEqual(["metric-1", "metric-2"]);
  });

  it("counts delays that were read from spans among the traces, not the metrics", () => {
    const delay = metricAnomaly({
      id: "metric-1",
      service: "geo",
      detector: "call-delays",
      key: { service: "geo", instance: null, metric: networkDelay },
    });
    const file = caseFile({
      slice: slice(seen),
      anomalies: [delay],
      descriptions: [
        { anomalyId: "metric-1", pattern: null, short: "", text: "Calls to geo are late.", full: "" },
      ],
      rankings: [
        {
          localizer: "edge-delay",
          level: "metric",
          candidates: [candidate({ service: "geo", score: 5, evidence: ["metric-1"] })],
        },
      ],
    });

    const [traces] = modalityFinding("trace", file);
    const [metrics] = modalityFinding("metric", file);

    expect(traces!.observation).toBe("There is 1 trace anomaly in 1 service. Calls to geo are late.");
    expect(traces!.finalAnswer).toBe("By the traces, look at geo first.");
    expect(metrics!.observation).toBe("The metrics of this window look like those of the reference period.");
  });

  it("lets the logs themselves name suspects, beside the ranking of code regions", () => {
    const [finding] = modalityFinding(
      "log",
      caseFile({ slice: slice(seen), anomalies: [logAnomaly({ id: "log-1", service: "geo", severity: 6 })] }),
    );

    expect(finding!.finalAnswer).toBe("By the logs, look at geo first.");
    expect(finding!.evidence).toEqual(["log-1"]);
  });

  it("takes a service's name for data", () => {
    const [finding] = modalityFinding(
      "log",
      caseFile({
        slice: slice(seen),
        anomalies: [logAnomaly({ id: "log-1", service: "<b>geo\u001b[31m", severity: 6 })],
      }),
    );

    expect(finding!.finalAnswer).toBe("By the logs, look at ‹b›geo first.");
    expect(finding!.reasoning).not.toMatch(/[<\p{Cc}]/u);
  });
});

describe("consult", () => {
  it("asks the experts of what was seen, traces first, and the localization expert always and last", async () => {
    const { findings: none } = await consult(caseFile(), null);
    const { findings: all } = await consult(caseFile({ slice: slice(seen) }), null);

    expect(none.map(({ expert }) => expert)).toEqual(["failure localization expert"]);
    expect(all.map(({ expert }) => expert)).toEqual([
      "trace expert",
      "metric expert",
      "log expert",
      "failure localization expert",
    ]);
  });
});
