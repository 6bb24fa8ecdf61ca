import { type ExpertAnswer, ExpertAnswer as ExpertAnswerSchema } from "../../prompts/answer-schemas.ts";
import type { Modality } from "../types.ts";
import { askExpert } from "./ask-expert.ts";
import type { CaseFile } from "./case-file.ts";
import type { Desk } from "./desk.ts";
import type { EvidenceBook } from "./evidence-book.ts";
import { type Finding, modelFinding } from "./finding.ts";
import { judgeAnswer } from "./judge-answer.ts";
import { knowledgeText, promptOf } from "./prompt-parts.ts";
import { callSection, itemSection, questionSection, servicesOf, tellingAnomalies } from "./sections.ts";

/** Tokens of each section (docs/models.md has what they come to). */
const budget = { knowledge: 350, calls: 350, ranked: 500, evidence: 1_700 } as const;
const maxAnswerTokens = 500;

const inconclusive: Readonly<Record<Modality, string>> = {
  trace: "The traces name no clear cause.",
  metric: "The metrics name no clear cause.",
  log: "The logs name no clear cause.",
};

/**
 * One modality in the model's words, or why there are none (paper, III-C). `focus` are the services that
 * Filter 2 kept.
 */
export async function modalityExpert(
  modality: Modality,
  expert: string,
  file: CaseFile,
  focus: readonly string[],
  book: EvidenceBook,
  desk: Desk,
): Promise<Finding | { readonly why: string }> {
  const ranked = [...book.items.keys()].filter((id) =>
    id.startsWith(modality === "metric" ? "suspect-" : "candidate-"),
  );
  const asked = await askExpert<ExpertAnswer>(
    {
      expert,
      prompt: promptOf(desk, `${modality}-expert`),
      schema: ExpertAnswerSchema,
      maxAnswerTokens,
      fill(share) {
        const candidates = itemSection(ranked, book, budget.ranked);
        const calls = callSection(file, servicesOf(file, focus), budget.calls * share);
        const evidence = itemSection(tellingAnomalies(file, focus, modality), book, budget.evidence * share);
        return {
          shown: new Set([...candidates.ids, ...calls.ids, ...evidence.ids]),
          variables: {
            ...knowledgeText(file, desk, budget.knowledge * share),
            topology: calls.text,
            candidates: candidates.text,
            evidence: evidence.text,
            question: questionSection(file),
          },
        };
      },
      judge(answer, shown) {
        const { observation, reasoning, finalAnswer } = answer;
        const judged = judgeAnswer(
          [
            ["observation", observation],
            ["reasoning", reasoning],
            ["finalAnswer", finalAnswer],
          ],
          book,
          shown,
        );
        const concludes = judged.sentences.some(({ part }) => part === "finalAnswer");
        if (judged.problem !== null || concludes || answer.inconclusive) return judged;
        return { ...judged, problem: "gave no conclusion that the evidence holds" };
      },
    },
    desk,
  );
  if (asked.output === null) return asked;
  const { sentences, ...counts } = asked.judged;
  const concludes = sentences.some(({ part }) => part === "finalAnswer");
  const finding = modelFinding(expert, sentences, counts);
  return concludes ? finding : { ...finding, finalAnswer: inconclusive[modality] };
}
