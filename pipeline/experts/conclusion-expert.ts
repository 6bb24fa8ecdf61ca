import {
  type LocalizationAnswer,
  LocalizationAnswer as LocalizationAnswerSchema,
} from "../../prompts/answer-schemas.ts";
import { askExpert } from "./ask-expert.ts";
import type { CaseFile } from "./case-file.ts";
import type { Desk } from "./desk.ts";
import type { EvidenceBook } from "./evidence-book.ts";
import { type Finding, modelFinding } from "./finding.ts";
import { judgeAnswer } from "./judge-answer.ts";
import { knowledgeText, promptOf } from "./prompt-parts.ts";
import { callSection, itemSection, questionSection, servicesOf, tellingAnomalies } from "./sections.ts";
import { fitted } from "./tokens.ts";

const budget = {
  knowledge: 350,
  calls: 350,
  ranked: 900,
  findings: 1_300,
  evidence: 1_000,
  earlier: 250,
} as const;
const maxAnswerTokens = 700;

/** The conclusion, with the ranked services that the model holds for causes, likeliest first. */
export type Conclusion = Finding & { readonly chosen: readonly string[]; readonly isInconclusive: boolean };

/**
 * The failure localization expert in the model's words, or why there are none (paper, III-C): weighs the
 * experts' findings. It may choose among the ranked services, and a service that no method ranked is no
 * conclusion; the ranking itself stays the methods'.
 */
export async function conclusionExpert(
  expert: string,
  findings: readonly Finding[],
  file: CaseFile,
  focus: readonly string[],
  book: EvidenceBook,
  desk: Desk,
): Promise<Conclusion | { readonly why: string }> {
  const ranked = [...book.items.keys()].filter(
    (id) => id.startsWith("candidate-") || id.startsWith("suspect-"),
  );
  const asked = await askExpert<LocalizationAnswer>(
    {
      expert,
      prompt: promptOf(desk, "failure-localization-expert"),
      schema: LocalizationAnswerSchema,
      maxAnswerTokens,
      fill(share) {
        const candidates = itemSection(ranked, book, budget.ranked);
        const calls = callSection(file, servicesOf(file, focus), budget.calls * share);
        const evidence = itemSection(tellingAnomalies(file, focus, null), book, budget.evidence * share);
        const earlier = itemSection(
          file.earlier.map((_, index) => `earlier-${index + 1}`),
          book,
          budget.earlier * share,
        );
        const said = findings.flatMap((finding) => findingLines(finding));
        const cited = findings.flatMap((finding) => finding.evidence);
        return {
          // What the experts were held to may be said again by who read them.
          shown: new Set([...candidates.ids, ...calls.ids, ...evidence.ids, ...earlier.ids, ...cited]),
          variables: {
            ...knowledgeText(file, desk, budget.knowledge * share),
            topology: calls.text,
            candidates: candidates.text,
            findings: fitted(said, budget.findings * share).join("\n") || "(none)",
            evidence: evidence.text,
            earlier: earlier.text,
            question: questionSection(file),
          },
        };
      },
      judge: (answer, shown) => judged(answer, book, shown),
    },
    desk,
  );
  if (asked.output === null) return asked;
  const { causes, inconclusive } = asked.output;
  const { sentences, ...counts } = asked.judged;
  const services = causes.flatMap((id) => book.candidates.get(id)?.service ?? []);
  return {
    ...modelFinding(expert, sentences, counts),
    chosen: [...new Set(services)],
    isInconclusive: inconclusive,
  };
}

function judged(answer: LocalizationAnswer, book: EvidenceBook, shown: ReadonlySet<string>) {
  const judgement = judgeAnswer(
    [
      ["observation", answer.observation],
      ["reasoning", answer.reasoning],
      ["finalAnswer", answer.finalAnswer],
      ["propagation", answer.propagation],
      ["wouldConfirm", answer.wouldConfirm],
      ["tryFirst", answer.tryFirst],
      ["uncertainty", answer.uncertainty],
    ],
    book,
    shown,
  );
  if (judgement.problem !== null) return judgement;
  const final = judgement.sentences.filter(({ part }) => part === "finalAnswer").map(({ text }) => text);
  if (final.length === 0) return { ...judgement, problem: "gave no conclusion that the evidence holds" };
  const ranked = [...book.candidates.values()].map(({ service }) => service.toLowerCase());
  const words = final.join(" ").toLowerCase();
  return ranked.some((service) => words.includes(service))
    ? judgement
    : { ...judgement, problem: "concluded without a service that any method ranks" };
}

function findingLines({ expert, sentences }: Finding): string[] {
  return sentences.map(({ text, evidence }) => `${expert}: ${text} [${evidence.slice(0, 4).join(", ")}]`);
}
