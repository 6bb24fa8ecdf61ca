import { describe, expect, it } from "vitest";
import { simpleRca } from "../../../../pipeline/localize/simple-rca.ts";
import { fullStrength } from "../../../../pipeline/localize/strength.ts";
import type { LogLine, Span } from "../../../../pipeline/types.ts";
import { line, logAnomaly, metricAnomaly, slice, span } from "../../../fakes/telemetry.ts";

function traces(count: number, prefix: string, more: Partial<Span> = {}): Span[] {
  return Array.from({ length: count }, (_, index) =>
    span({ traceId: `${prefix}${index}`, spanId: "1", service: "geo", ...more }),
  );
}

function errors(count: number, service = "geo"): LogLine[] {
  return Array.from({ length: count }, () => line({ service, level: "ERROR", body: "no reachable servers" }));
}

const call = (caller: string, callee: string) => ({ caller, callee, calls: 1 });

describe("simpleRca", () => {
  it("gives one vote each for a metric, slow spans, error lines and failed spans", () => {
    const data = slice({
      referenceSpans: traces(20, "r"),
      spans: traces(20, "w", { durationMs: 40, status: "error" }),
      logs: errors(5),
    });

    const [geo, ...others] = simpleRca.localize(data, [metricAnomaly({ id: "metric-1", service: "geo" })]);

    expect(others).toEqual([]);
    expect(geo).toMatchObject({ service: "geo", evidence: ["metric-1"] });
    // Four votes of at most six, and a hundredth of a vote for the worst metric.
    expect(geo!.score).toBeCloseTo((fullStrength * 4.01) / 6, 10);
    expect(geo!.why).toBe(
      "Its CpuUsageRate(%) is abnormal; its slowest spans take 4.0 times as long; 5 error lines; 20 failed spans.",
    );
  });

  it("votes for no service where three times as long or twice as many is not passed", () => {
    const data = slice({
      referenceSpans: traces(20, "r", { status: "error" }),
      spans: traces(20, "w", { durationMs: 30, status: "error" }),
      referenceLogs: errors(5),
      logs: errors(10),
    });

    expect(simpleRca.localize(data, [])).toEqual([]);
    expect(simpleRca.localize(slice({}), [])).toEqual([]);
  });

  it("needs three error lines, and reads their words where no level is given", () => {
    const said = (count: number) =>
      Array.from({ length: count }, () => line({ service: "geo", level: null, body: "connection refused" }));

    expect(simpleRca.localize(slice({ logs: said(2) }), [])).toEqual([]);
    expect(simpleRca.localize(slice({ logs: said(3) }), [])).toHaveLength(1);
  });

  it("expects as many errors as the load does", () => {
    const data = slice({
      referenceSpans: traces(10, "r"),
      spans: traces(40, "w"),
      referenceLogs: errors(5),
      logs: errors(30),
    });

    expect(simpleRca.localize(data, [])).toEqual([]);
  });

  it("does not take errors for risen because the window has no traces", () => {
    const data = slice({ referenceSpans: traces(20, "r"), referenceLogs: errors(50), logs: errors(50) });

    expect(simpleRca.localize(data, [])).toEqual([]);
  });

  it("puts the deepest of equals first, and a cycle without a root at no depth", () => {
    const metrics = ["web", "geo", "store", "x", "y"].map((service, index) =>
      metricAnomaly({ id: `metric-${index}`, service }),
    );
    const edges = [call("web", "geo"), call("geo", "store"), call("x", "y"), call("y", "x")];

    const scores = new Map(
      simpleRca.localize(slice({ edges }), metrics).map(({ service, score }) => [service, score]),
    );

    expect(scores.get("store")! / scores.get("web")!).toBeCloseTo(1.51 / 1.01, 10);
    expect(scores.get("geo")! / scores.get("web")!).toBeCloseTo(1.26 / 1.01, 10);
    expect(scores.get("x")).toBe(scores.get("web"));
  });

  it("quotes the error so that it cannot close its quotes", () => {
    const evil = 'said "stop" <b>\u001b[31m';
    const [geo] = simpleRca.localize(slice({ logs: errors(5) }), [
      logAnomaly({ id: "log-1", service: "geo", template: evil }),
    ]);

    expect(geo!.why).toContain("such as \"said 'stop' ‹b›\"");
  });

  it("takes a metric's name for data", () => {
    const key = { service: "geo", instance: null, metric: "cpu\n<script>\u001b[31m" };
    const [geo] = simpleRca.localize(slice({}), [metricAnomaly({ id: "metric-1", service: "geo", key })]);

    expect(geo!.why).toBe("Its cpu ‹script› is abnormal.");
  });

  it("takes 300,000 anomalies", () => {
    const many = Array.from({ length: 300_000 }, (_, index) =>
      metricAnomaly({ id: `metric-${index}`, service: "geo", severity: index }),
    );

    expect(simpleRca.localize(slice({}), many)[0]!.evidence).toEqual(["metric-299999"]);
  });

  it("takes a service with 50,000 callees", { timeout: 2000 }, () => {
    const edges = Array.from({ length: 50_000 }, (_, index) => call("hub", `s${index}`));

    expect(simpleRca.localize(slice({ edges }), [metricAnomaly({ id: "m", service: "hub" })])).toHaveLength(
      1,
    );
  });
});
