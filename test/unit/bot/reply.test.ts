import { describe, expect, it } from "vitest";
import { renderReply } from "../../../bot/reply.ts";
import type { Diagnosis } from "../../../pipeline/diagnosis.ts";
import { cannotTell, geoDiagnosis, nothingFound } from "../../fakes/geo-diagnosis.ts";

describe("renderReply", () => {
  it("gives the verdict in three lines", () => {
    for (const diagnosis of [geoDiagnosis(), nothingFound(), cannotTell()]) {
      expect(renderReply(diagnosis).verdictLines).toHaveLength(3);
    }
  });

  it("is short first and says how much it leaves out", () => {
    const short = renderReply(geoDiagnosis());
    const deep = renderReply(geoDiagnosis(), "deep");

    expect(short.causes.map(({ service }) => service)).toEqual(["geo", "search", "mongodb-geo"]);
    expect(short.left).toEqual({ causes: 1, evidence: 1 });
    expect(short.findings).toEqual([]);
    expect(deep.left).toEqual({ causes: 0, evidence: 0 });
    expect(deep.rankings).toEqual([
      "simple-rca (service): geo, search",
      "robust-scorer (metric): ranks nothing",
    ]);
  });

  it("tells no first sign where chance may be behind all that is cited", () => {
    const known = geoDiagnosis();
    const evidence = known.evidence.map((one) => ({ ...one, isSignal: true }));

    expect(renderReply(known).verdictLines[2]).toMatch(/^First sign at 15:51:30/);
    expect(renderReply({ ...known, evidence }).verdictLines[2]).toBe(
      "The metric most at fault is cpu_usage.",
    );
  });

  it("shows evidence of every shown cause before more of the first", () => {
    const many = geoDiagnosis();
    const ids = Array.from({ length: 8 }, (_, index) => `metric-${index + 10}`);
    const evidence = ids.map((id) => ({ ...many.evidence[0]!, id }));
    const causes = [
      { ...many.causes[0]!, evidence: ids },
      { ...many.causes[1]!, evidence: ["metric-2"] },
    ];

    const reply = renderReply({ ...many, causes, evidence: [...evidence, many.evidence[1]!] });

    expect(reply.evidence.map(({ id }) => id)).toContain("metric-2");
    expect(reply.evidence).toHaveLength(6);
  });

  it("says the window in the asker's zone, and where it came from", () => {
    expect(renderReply(geoDiagnosis()).looked).toBe(
      "2026-11-23 15:20:30 to 16:20:30, Europe/Berlin (UTC+01:00); geo and what it calls",
    );
    expect(renderReply(cannotTell()).looked).toContain("the default window; every service");
  });

  it("calls no cause clear when the first has little confidence", () => {
    const [first, second] = geoDiagnosis().causes;
    const weak = geoDiagnosis({
      causes: [
        { ...first!, confidence: 0.21 },
        { ...second!, confidence: 0.2 },
      ],
    });

    const reply = renderReply(weak);

    expect(reply.verdictLines[0]).toBe(
      "No cause is clear: geo (instance geo-1) comes first, with 21 % confidence, then search with 20 %.",
    );
    expect(reply.nextSteps.some((step) => step.includes("Do not rule out search"))).toBe(true);
  });

  it("shows each gap and asks again for a source that did not answer", () => {
    const reply = renderReply(cannotTell());

    expect(reply.gaps).toEqual(["files traces (unreachable): traces.csv cannot be opened."]);
    expect(reply.nextSteps).toContain("Ask again when files traces answers.");
  });

  it("tells a code region, which rests on logs alone, from a metric", () => {
    const { metrics } = geoDiagnosis();
    const region = { ...metrics[0]!, metric: "start_find start", evidence: ["log-1"] };

    const reply = renderReply(geoDiagnosis({ metrics: [region, ...metrics] }));

    expect(reply.causes[0]).toMatchObject({ metrics: ["cpu_usage"], codeRegions: ["start_find start"] });
    expect(reply.verdictLines[2]).toContain("the code region most at fault is start_find start");
    expect(reply.nextSteps[0]).toContain("Look at cpu_usage of geo");
  });

  it("holds for a cause whose evidence is not there", () => {
    const reply = renderReply(geoDiagnosis({ evidence: [], metrics: [] }));

    expect(reply.evidence).toEqual([]);
    expect(reply.verdictLines.every((line) => line !== "")).toBe(true);
  });

  it("says of an earlier incident what people said it was", () => {
    const earlier = {
      questionId: "q0",
      start: geoDiagnosis().question.askedAt - 3 * 86_400_000,
      end: geoDiagnosis().question.askedAt - 3 * 86_400_000 + 60_000,
      service: "geo",
      instance: null,
      metric: null,
      why: "Its cpu rose.",
      likeness: 0.8,
    };
    const lineOf = (more: object) =>
      renderReply({ ...geoDiagnosis(), earlier: [{ ...earlier, ...more }] }).earlier;

    expect(lineOf({})).toEqual([expect.stringMatching(/80 % of the signs alike\. Its cpu rose\.$/)]);
    expect(lineOf({ confirmed: "rate" })).toEqual([
      expect.stringMatching(/rose\. It was rate, people said then\.$/),
    ]);
    expect(lineOf({ why: "", confirmed: null })).toEqual([expect.stringMatching(/alike\.$/)]);
  });

  it("tells what an expert measured from what it inferred, part by part", () => {
    const spoken = withModel(geoDiagnosis());

    const [finding] = renderReply(spoken, "deep").findings.slice(-1);

    expect(finding?.paragraphs).toEqual([
      "Observation (measured): The cpu of geo is full.",
      "Final Answer (inferred): It is geo.",
      "What to try first (inferred): Give it more CPU.",
    ]);
  });

  it("shows of a short answer what a model concludes, and nothing of a template's words", () => {
    expect(renderReply(withModel(geoDiagnosis())).findings.map(({ paragraphs }) => paragraphs)).toEqual([
      ["Final Answer (inferred): It is geo.", "What to try first (inferred): Give it more CPU."],
    ]);
    expect(renderReply(geoDiagnosis()).findings).toEqual([]);
  });
});

function withModel(diagnosis: Diagnosis): Diagnosis {
  const [finding] = diagnosis.findings.slice(-1);
  const sentence = (part: "observation" | "finalAnswer" | "tryFirst", text: string) => ({
    part,
    text,
    evidence: [],
    basis: part === "observation" ? ("measured" as const) : ("inferred" as const),
  });
  const sentences = [
    sentence("observation", "The cpu of geo is full."),
    sentence("finalAnswer", "It is geo."),
    sentence("tryFirst", "Give it more CPU."),
  ];
  return { ...diagnosis, findings: [{ ...finding!, by: "model", sentences }] };
}
