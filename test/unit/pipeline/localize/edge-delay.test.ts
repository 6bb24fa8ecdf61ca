import { describe, expect, it } from "vitest";
import { networkDelay, outgoingDelay, selfTime } from "../../../../pipeline/detect/call-delays.ts";
import { edgeDelay } from "../../../../pipeline/localize/edge-delay.ts";
import { metricAnomaly, slice } from "../../../fakes/telemetry.ts";

function delay(id: string, service: string, metric: string, zPeak: number, peak = 300, mean = 5.126) {
  return metricAnomaly({
    id,
    service,
    zPeak,
    peak,
    mean,
    detector: "call-delays",
    key: { service, instance: null, metric },
  });
}

describe("edgeDelay", () => {
  it("ranks by the strength of the delay, the network's in full", () => {
    const [network, own, outgoing] = edgeDelay.localize(slice({}), [
      delay("metric-1", "geo", networkDelay, 15),
      delay("metric-2", "rate", selfTime, 15),
      delay("metric-3", "web", outgoingDelay, 15),
    ]);

    expect(network).toMatchObject({ service: "geo", symptom: false, score: 4, evidence: ["metric-1"] });
    expect(own).toMatchObject({ service: "rate", symptom: true });
    expect(own!.score).toBeCloseTo(3.2, 12);
    expect(outgoing!.score).toBeCloseTo(3.2, 12);
  });

  it("says whose time it is, in milliseconds that one can read", () => {
    const [network, own] = edgeDelay.localize(slice({}), [
      delay("metric-1", "geo", networkDelay, 15, 312.4),
      delay("metric-2", "rate", selfTime, 15),
    ]);

    expect(network!.why).toBe(
      "Of all requests, calls to it spend 312 ms where 5.13 ms is usual (90th percentile).",
    );
    expect(own!.why).toContain("its own work takes 300 ms");
  });

  it("leaves other detectors' metrics alone", () => {
    expect(edgeDelay.localize(slice({}), [metricAnomaly({ id: "metric-1", service: "geo" })])).toEqual([]);
  });
});
