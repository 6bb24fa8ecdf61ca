import { describe, expect, it } from "vitest";
import { explain } from "../../../bot/explain.ts";
import { geoDiagnosis } from "../../fakes/geo-diagnosis.ts";

const contributions = [
  { localizer: "robust-scorer", score: 5, counted: 5, why: "Its cpu rose to 98.", evidence: ["metric-1"] },
  { localizer: "edge-delay", score: 3, counted: 0.25, why: "Calls to it take long.", evidence: [] },
];

describe("explain", () => {
  it("sets the first cause beside the second: what each method adds, on what evidence, and how it spread", () => {
    const { causes } = geoDiagnosis();
    const diagnosis = geoDiagnosis({
      causes: causes.map((cause, index) =>
        index === 0
          ? { ...cause, strength: 5.25, contributions }
          : { ...cause, strength: 2, contributions: [{ ...contributions[0]!, counted: 2, score: 2 }] },
      ),
      propagation: {
        origin: "geo",
        path: ["frontend", "search", "geo"],
        victims: [{ service: "search", waitsFor: "geo", hops: 1, evidence: ["metric-2"] }],
      },
    });

    const text = explain(diagnosis).join("\n");

    expect(text).toContain("Why geo is first");
    expect(text).toContain("+5.00 robust-scorer (its own score 5.00): Its cpu rose to 98.");
    expect(text).toContain("metric-1: ");
    expect(text).toContain("frontend → search → geo");
    expect(text).toContain("search waits for geo (metric-2)");
    expect(text).toContain("Why search is not first");
    expect(text).toContain("It is 3.25 weaker than geo; robust-scorer makes most of it, 3.00 more for geo.");
  });

  it("names the weights that confirmed incidents gave the methods", () => {
    const fusedWith = { weights: { "edge-delay": 1.25, "simple-rca": 1 }, incidents: 24 };

    expect(explain(geoDiagnosis({ fusedWith })).slice(-2)).toEqual([
      "What the methods say is weighed, as fits 24 confirmed incidents",
      "  edge-delay counts 1.25 times",
    ]);
  });

  it("says so where no cause is named, and reads answers that were saved before", () => {
    expect(explain(geoDiagnosis({ causes: [] }))).toEqual([
      "No cause is named, so there is nothing to compare.",
    ]);
    expect(explain(geoDiagnosis()).join("\n")).toContain("Why geo is first");
  });
});
