import { describe, expect, it } from "vitest";
import { explainSentences } from "../../../bot/explain-sentences.ts";
import { geoDiagnosis } from "../../fakes/geo-diagnosis.ts";

describe("explainSentences", () => {
  it("says of each sentence who worded it, whether it was measured, and what it rests on", () => {
    const diagnosis = geoDiagnosis();
    const [finding] = diagnosis.findings;

    const lines = explainSentences({
      ...diagnosis,
      model: "qwen3",
      findings: [
        {
          ...finding!,
          by: "model",
          dropped: 2,
          repaired: 1,
          sentences: [
            {
              part: "observation",
              text: "The cpu of geo is full.",
              evidence: ["metric-1"],
              basis: "measured",
            },
            {
              part: "finalAnswer",
              text: "It is geo.",
              evidence: ["candidate-1", "calls"],
              basis: "inferred",
            },
            { part: "tryFirst", text: "Give it more CPU.", evidence: [], basis: "inferred" },
          ],
        },
      ],
    });

    expect(lines).toContain(
      "failure localization expert (worded by qwen3, 2 left out, 1 given other evidence)",
    );
    expect(lines).toContain("  [measured] The cpu of geo is full.");
    expect(lines).toContain(
      `      metric-1: ${diagnosis.evidence.find(({ id }) => id === "metric-1")?.text}`,
    );
    expect(lines.find((one) => one.startsWith("      candidate-1: geo is ranked 1."))).toBeDefined();
    expect(lines).toContain("      general knowledge, resting on nothing that was measured");
  });

  it("words each piece of evidence once, and calls no template's sentence general knowledge", () => {
    const diagnosis = geoDiagnosis();
    const sentence = { part: "reasoning", text: "So it is.", basis: "inferred" } as const;
    const lines = explainSentences({
      ...diagnosis,
      findings: [
        {
          ...diagnosis.findings[0]!,
          by: "template",
          sentences: [
            { ...sentence, evidence: ["metric-1"] },
            { ...sentence, evidence: ["metric-1"] },
            { ...sentence, evidence: [] },
          ],
        },
      ],
    });

    expect(lines.filter((line) => line.startsWith("      metric-1: "))).toHaveLength(1);
    expect(lines).toContain("      metric-1, as above");
    expect(lines.at(-1)).toBe("      no piece of evidence: the template's words where nothing stands out");
  });
});
