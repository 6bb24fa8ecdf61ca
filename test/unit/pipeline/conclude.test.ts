import { describe, expect, it } from "vitest";
import { conclude, isNamed } from "../../../pipeline/conclude.ts";
import { Diagnosis } from "../../../pipeline/diagnosis.ts";
import type { CaseFile } from "../../../pipeline/experts/case-file.ts";
import { templateFinding } from "../../../pipeline/experts/finding.ts";
import type { Weighing } from "../../../pipeline/fusion/fusion-weights.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";
import type { ExpertFinding, Gap } from "../../../pipeline/types.ts";
import { caseFile } from "../../fakes/case-file.ts";
import {
  candidate,
  line,
  logAnomaly,
  metricAnomaly,
  series,
  slice,
  span,
  traceAnomaly,
} from "../../fakes/telemetry.ts";
import { fakeToolbox } from "../../fakes/toolbox.ts";

const options = PipelineOptions.parse({});
const ranks = PipelineOptions.parse({ fusion: { method: "reciprocal-rank" } });
const metrics = [series({ service: "geo", reference: [1, 2, 1], window: [1, 9] })];
const logs = [line({ service: "geo", body: "panic" })];
const spans = [span({ traceId: "t", spanId: "1", service: "geo" })];

type Parts = Partial<CaseFile> & {
  weighing?: Weighing;
  findings?: readonly ExpertFinding[];
  notes?: readonly string[];
};

function concluded({ findings = [], notes = [], ...parts }: Parts = {}, chosen = options) {
  const file = caseFile({ slice: slice({ metrics, logs, spans }), ...parts });
  const named = isNamed(file.fused.services, chosen.fusion);
  const consultation = { findings: findings.map(templateFinding), gaps: [], notes: [] };
  return conclude(
    { ...file, isNamed: named, consultation, calls: [], reading: [], notes },
    fakeToolbox({}),
    chosen,
  );
}

function suspects(...scores: number[]): CaseFile["fused"] {
  const services = scores.map((score, index) => candidate({ service: `s${index + 1}`, score }));
  return { services, metrics: [] };
}

describe("conclude", () => {
  it("names causes only where the first is stronger than fault-free windows are", () => {
    expect(concluded({ fused: suspects(4, 1) })).toMatchObject({
      verdict: "found",
      causes: [
        { rank: 1, service: "s1" },
        { rank: 2, service: "s2" },
      ],
    });
    expect(concluded({ fused: suspects(1.5) })).toMatchObject({ verdict: "nothing-found", causes: [] });
    expect(concluded()).toMatchObject({ verdict: "nothing-found", causes: [] });
  });

  it("counts no method among those that agree which only tells who waits", () => {
    const ranked = (localizer: string, service: string, score: number) => ({
      localizer,
      level: "service" as const,
      candidates: [candidate({ service, score })],
    });
    const rankings = [ranked("simple-rca", "s1", 4), ranked("failure-origin", "s2", 0)];

    expect(concluded({ fused: suspects(4, 1), rankings }).confidenceFrom?.agreement).toBe(1);
  });

  it("says with which weights the methods count, and why fitted ones do not", () => {
    const gap: Gap = { from: "fusion", reason: "missing", detail: "Fitted on other services." };

    expect(concluded({ weighing: { weights: { baro: 0.5 }, incidents: 24, gap: null } }).fusedWith).toEqual({
      weights: { baro: 0.5 },
      incidents: 24,
    });
    const unweighed = concluded({ weighing: { weights: {}, incidents: 0, gap } });
    expect(unweighed.fusedWith).toBeUndefined();
    expect(unweighed.gaps).toContainEqual(gap);
  });

  it("names causes by place where strength is not what counts", () => {
    expect(concluded({ fused: suspects(0.2) }, ranks).verdict).toBe("found");
    expect(concluded({}, ranks).verdict).toBe("nothing-found");
  });

  it("cannot tell where nothing was seen, or nothing normal to compare it with", () => {
    expect(concluded({ slice: slice({}) }).verdict).toBe("cannot-tell");
    expect(concluded({ slice: slice({ logs, spans }) }).verdict).toBe("cannot-tell");
    expect(concluded({ slice: slice({ logs, referenceLogs: logs }) }).verdict).toBe("nothing-found");
  });

  it("is less sure with every kind of telemetry that is missing", () => {
    const confidence = (seen: Parameters<typeof slice>[0]) =>
      concluded({ slice: slice(seen), fused: suspects(6, 1) }).causes[0]!.confidence;

    const all = confidence({ metrics, logs, referenceLogs: logs, spans, referenceSpans: spans });
    const two = confidence({ metrics, logs, referenceLogs: logs });
    const one = confidence({ metrics });
    expect(all).toBeGreaterThan(two);
    expect(two).toBeGreaterThan(one);
    expect(one).toBeGreaterThan(0);
    expect(all).toBeLessThan(1);
  });

  it("is less sure where evidence is weak, and where others are as likely", () => {
    const first = (...scores: number[]) => concluded({ fused: suspects(...scores) }).causes[0]!.confidence;

    expect(first(6)).toBeGreaterThan(first(4));
    expect(first(6, 1)).toBeGreaterThan(first(6, 5));
    expect(first(6, 6)).toBeLessThan(first(6, 5));
  });

  it("says when the second is nearly as likely as the first, and only then", () => {
    expect(concluded({ fused: suspects(5, 4.95) }).uncertainty).toContain("s2 is nearly as likely as s1.");
    expect(concluded({ fused: suspects(5, 3) }).uncertainty.join(" ")).not.toContain("nearly");
    expect(concluded({ fused: suspects(5) }).uncertainty.join(" ")).not.toContain("nearly");
  });

  it("shows ten causes, however many are suspected", () => {
    expect(concluded({ fused: suspects(...Array.from({ length: 30 }, () => 5)) }).causes).toHaveLength(10);
  });

  it("shows the evidence of causes, metrics and findings, and drops what no anomaly stands behind", () => {
    const anomalies = [
      metricAnomaly({ id: "metric-1", service: "geo", segment: [1, Number.NaN, 3] }),
      traceAnomaly({ id: "trace-1", service: "geo" }),
      logAnomaly({ id: "log-1", service: "geo", examples: ["a", "b", "c", "d", "e", "f"] }),
      logAnomaly({ id: "log-2", service: "rate" }),
    ];
    const made = concluded({
      anomalies,
      descriptions: anomalies.map(({ id }) => ({
        anomalyId: id,
        pattern: null,
        short: "",
        text: `About ${id}.`,
        full: "",
      })),
      fused: {
        services: [candidate({ service: "geo", score: 5, evidence: ["metric-1", "metric-9"] })],
        metrics: [candidate({ service: "geo", metric: "cpu", score: 5, evidence: ["trace-1"] })],
      },
      findings: [
        { expert: "e", observation: "", reasoning: "", finalAnswer: "", evidence: ["log-1", "log-9"] },
      ],
    });

    expect(made.evidence.map(({ id, text }) => [id, text])).toEqual([
      ["metric-1", "About metric-1."],
      ["trace-1", "About trace-1."],
      ["log-1", "About log-1."],
    ]);
    expect(made.causes[0]!.evidence).toEqual(["metric-1"]);
    expect(made.findings[0]!.evidence).toEqual(["log-1"]);
    expect(made.evidence[0]!.values).toEqual([1, null, 3]);
    expect(made.evidence[2]!.examples).toEqual(["a", "b", "c", "d", "e"]);
    expect(Diagnosis.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
  });

  it("cites a number of anomalies that one can read, in findings as well", () => {
    const anomalies = Array.from({ length: 500 }, (_, index) =>
      metricAnomaly({ id: `metric-${index + 1}`, service: "geo", severity: 1000 - index }),
    );
    const evidence = anomalies.map(({ id }) => id);
    const made = concluded({
      anomalies,
      fused: { services: [candidate({ service: "geo", score: 5, evidence })], metrics: [] },
      findings: [{ expert: "e", observation: "", reasoning: "", finalAnswer: "", evidence }],
    });

    expect(made.causes[0]!.evidence.length).toBeLessThanOrEqual(8);
    expect(made.findings[0]!.evidence.length).toBeLessThanOrEqual(8);
    expect(made.evidence.length).toBeLessThanOrEqual(16);
  });

  it("scores metrics from 0 to 1, the highest with 1", () => {
    const fused = {
      services: [candidate({ service: "geo", score: 5 })],
      metrics: [
        candidate({ service: "geo", metric: "cpu", score: 4 }),
        candidate({ service: "geo", metric: "mem", score: 1 }),
      ],
    };

    expect(concluded({ fused }).metrics.map(({ rank, metric, score }) => [rank, metric, score])).toEqual([
      [1, "cpu", 1],
      [2, "mem", 0.25],
    ]);
  });

  it("says which window was taken, in words for one hour and for several", () => {
    const window = { start: 0, end: 3_600_000, from: "default" } as const;
    const hour = PipelineOptions.parse({ defaultWindowMs: 3_600_000 });

    expect(concluded({ window }).uncertainty.join(" ")).toContain("the last 6 hours were");
    expect(concluded({ window }, hour).uncertainty.join(" ")).toContain("the last hour was");
    expect(concluded().uncertainty.join(" ")).not.toContain("the last");
  });

  it("says what was taken for normal, that a source did not answer, and each note once", () => {
    const gap: Gap = { from: "Loki", reason: "unreachable", detail: "No answer in 10 s." };
    const base = slice({ metrics, logs, spans });
    const made = concluded({
      slice: {
        ...base,
        referencePeriods: { ...base.referencePeriods, from: "preceding" },
        gaps: [gap, { ...gap }],
      },
      notes: ["Take note.", "Take note."],
    });

    expect(made.gaps).toEqual([gap]);
    expect(made.uncertainty.filter((text) => text === "Take note.")).toHaveLength(1);
    expect(made.uncertainty.join(" ")).toContain("the time before the window was taken as normal");
    expect(made.uncertainty.join(" ")).toContain("Not every source answered");
    expect(concluded().uncertainty.join(" ")).not.toMatch(/fault-free|answered/);
  });

  it("takes a service's name for data", () => {
    const services = [
      candidate({ service: "<b>\u001b[31ma", score: 5 }),
      candidate({ service: "b", score: 5 }),
    ];

    expect(concluded({ fused: { services, metrics: [] } }).uncertainty.join(" ")).toContain("as ‹b›a.");
  });
});
