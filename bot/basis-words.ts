import type { Diagnosis } from "../pipeline/diagnosis.ts";

type Finding = Diagnosis["findings"][number];
type Sentence = Finding["sentences"][number];

/** Titles that tell what is measured from what is concluded from it. */
export const causesTitle = "Causes (inferred)";
export const causeTitle = "Cause (inferred)";
export const evidenceTitle = "Evidence (measured)";

const partWords: Readonly<Record<Sentence["part"], string>> = {
  observation: "Observation",
  reasoning: "Reasoning",
  finalAnswer: "Final Answer",
  propagation: "How it spread",
  wouldConfirm: "What would confirm it",
  tryFirst: "What to try first",
  uncertainty: "What is uncertain",
};
const allParts = Object.keys(partWords).filter(isPart);

function isPart(text: string): text is Sentence["part"] {
  return text in partWords;
}

/** An expert's words, a paragraph for each part, with whether the data says it or somebody concluded it. */
export function findingParagraphs(
  { sentences, observation, reasoning, finalAnswer }: Finding,
  parts: readonly Sentence["part"][] = allParts,
): string[] {
  // Answers that were saved before sentences were have their parts alone.
  const said =
    sentences.length > 0
      ? sentences
      : [
          { part: "observation", text: observation, basis: "measured" } as const,
          { part: "reasoning", text: reasoning, basis: "inferred" } as const,
          { part: "finalAnswer", text: finalAnswer, basis: "inferred" } as const,
        ];
  return parts.flatMap((part) => {
    const own = said.filter((one) => one.part === part && one.text !== "");
    if (own.length === 0) return [];
    const bases = [...new Set(own.map(({ basis }) => basis))].sort().reverse().join(" and ");
    return [`${partWords[part]} (${bases}): ${own.map(({ text }) => text).join(" ")}`];
  });
}
