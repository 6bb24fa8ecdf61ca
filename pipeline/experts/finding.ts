import type { ExpertFinding } from "../types.ts";

export const sentenceParts = [
  "observation",
  "reasoning",
  "finalAnswer",
  "propagation",
  "wouldConfirm",
  "tryFirst",
  "uncertainty",
] as const;
export type SentencePart = (typeof sentenceParts)[number];

/** A sentence with what it rests on: ids of evidence, of ranked services ("candidate-1") and metrics, or "calls". */
export interface FindingSentence {
  readonly part: SentencePart;
  readonly text: string;
  readonly evidence: readonly string[];
  /** Said by the data, or concluded from it. */
  readonly basis: "measured" | "inferred";
}

/** A finding with who worded it and what each sentence rests on. */
export interface Finding extends ExpertFinding {
  readonly by: "model" | "template";
  readonly sentences: readonly FindingSentence[];
  /** Sentences of the model that its evidence does not hold. */
  readonly dropped: number;
  /** Sentences that were kept with other evidence than the model named. */
  readonly repaired: number;
}

/** A template's finding: made from the evidence, so that every sentence of a part rests on all of it. */
export function templateFinding(finding: ExpertFinding): Finding {
  const { observation, reasoning, finalAnswer, evidence } = finding;
  const parts = { observation, reasoning, finalAnswer };
  const sentences = Object.entries(parts).flatMap(([part, text]): FindingSentence[] =>
    text === "" || !isPart(part)
      ? []
      : [{ part, text, evidence, basis: part === "observation" ? "measured" : "inferred" }],
  );
  return { ...finding, by: "template", sentences, dropped: 0, repaired: 0 };
}

function isPart(text: string): text is SentencePart {
  return (sentenceParts as readonly string[]).includes(text);
}

/** A finding in the model's words, as far as they are held. */
export function modelFinding(
  expert: string,
  sentences: readonly FindingSentence[],
  counts: Pick<Finding, "dropped" | "repaired">,
): Finding {
  const of = (part: SentencePart) =>
    sentences
      .filter((one) => one.part === part)
      .map(({ text }) => text)
      .join(" ");
  return {
    expert,
    observation: of("observation"),
    reasoning: [of("reasoning"), of("propagation")].filter((text) => text !== "").join(" "),
    finalAnswer: of("finalAnswer"),
    evidence: [...new Set(sentences.flatMap(({ evidence }) => evidence))],
    by: "model",
    sentences,
    ...counts,
  };
}
