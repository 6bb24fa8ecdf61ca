import type { Diagnosis } from "../../pipeline/diagnosis.ts";
import type { ThreadHistory } from "../../pipeline/types.ts";
import { counted } from "../time-words.ts";
import type { AboutAnswer } from "./answer-follow-up.ts";

type Calls = readonly Diagnosis["modelCalls"][number][];

/** What of a language model's words the saved answer holds, the short answer first; or why none is used. */
export type Worded = { readonly calls: Calls } & (
  | {
      readonly kind: "worded";
      readonly by: string;
      readonly sentences: readonly { readonly text: string; readonly evidence: readonly string[] }[];
      readonly dropped: number;
    }
  | { readonly kind: "failed"; readonly why: string }
);

/** A language model that words what was looked up. */
export interface Wording {
  word(
    asked: {
      readonly text: string;
      readonly facts: readonly string[];
      readonly diagnosis: Diagnosis;
      readonly history: ThreadHistory;
    },
    signal: AbortSignal,
  ): Promise<Worded>;
  /** The history in as many words as its budget has. */
  condense(
    history: ThreadHistory,
    signal: AbortSignal,
  ): Promise<{ readonly history: ThreadHistory; readonly calls: Calls }>;
}

/** Whether a follow-up is worded, and whether what was looked up stands below: who asks to see lines wants the lines. */
export function wordingOf({ kind }: AboutAnswer): "whole" | "head" | "none" {
  switch (kind) {
    case "why":
    case "why-not":
    case "about":
    case "confidence":
    case "first-change":
    case "rivals":
    case "next-steps":
    case "gaps":
    case "which-instance":
    case "is-over":
      return "whole";
    case "show":
    case "which-trace":
      return "head";
    case "more":
    case "thanks":
    case "looked-at":
      return "none";
  }
}

/** The reply in the model's words; where it has none, what was looked up, and why. */
export function wordedParagraphs(
  worded: Worded,
  facts: readonly string[],
  how: "whole" | "head",
): readonly string[] {
  if (worded.kind === "failed") {
    return [...facts, `Not worded by the language model: ${worded.why}`];
  }
  const [short, ...others] = worded.sentences.map(({ text }) => text);
  const ids = [...new Set(worded.sentences.flatMap(({ evidence }) => evidence))].filter(isEvidence);
  const rests = ids.length === 0 ? "the answer above" : `the answer above and ${ids.join(", ")}`;
  const left =
    worded.dropped === 0 ? "" : ` ${counted(worded.dropped, "sentence")} left out that it does not hold.`;
  return [
    short ?? "",
    ...(others.length === 0 ? [] : [others.join(" ")]),
    ...(how === "head" ? facts : []),
    `Worded by ${worded.by}; rests on ${rests}.${left}`,
  ];
}

function isEvidence(id: string): boolean {
  return /^(?:metric|log|trace)-\d+$/.test(id);
}
