import type { Diagnosis } from "../pipeline/diagnosis.ts";
import { knownServices } from "./follow-up/previous-answer.ts";

/**
 * Something that a person can say by pressing instead of typing. `correct` asks which service it was, of
 * `Answer.suspects` or another one, and says "it was NAME".
 */
export interface Button {
  readonly label: string;
  /** What pressing it says, about the answer that it belongs to. */
  readonly text: string;
  readonly role: "ask" | "confirm" | "correct" | "stop";
}

const mostSuspects = 25;

/** What can be pressed under an answer, most useful first. */
export function answerButtons({ verdict, evidence }: Diagnosis): Button[] {
  const shown = (["log", "trace"] as const).filter((modality) =>
    evidence.some((one) => one.modality === modality),
  );
  const found: Button[] =
    verdict === "found"
      ? [
          { label: "Why?", text: "why", role: "ask" },
          { label: "Show evidence", text: "show the evidence", role: "ask" },
          ...shown.map(
            (modality): Button => ({
              label: `Show ${modality}s`,
              text: `show the ${modality}s`,
              role: "ask",
            }),
          ),
        ]
      : [];
  return [
    ...found,
    { label: "Wider", text: "widen", role: "ask" },
    { label: "Narrower", text: "narrow", role: "ask" },
    { label: "Ask again", text: "again", role: "ask" },
    ...(verdict === "found" ? [confirm] : []),
    { label: "Wrong …", text: "it was something else", role: "correct" },
  ];
}

const confirm: Button = { label: "Right", text: "that was right", role: "confirm" };

/** The services a person can choose from who says that another one was at fault; those ranked highest first. */
export function suspectsOf(diagnosis: Diagnosis): string[] {
  return knownServices(diagnosis).slice(0, mostSuspects);
}
