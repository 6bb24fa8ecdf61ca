import { FollowUpAnswer } from "../../prompts/answer-schemas.ts";
import { name, sentence as plainSentence, quote } from "../describe/foreign-text.ts";
import type { Diagnosis } from "../diagnosis.ts";
import { fillPrompt } from "../fill-prompt.ts";
import type { ModelCall } from "../model-call.ts";
import type { PipelineOptions } from "../options.ts";
import type { Toolbox } from "../ports.ts";
import { redactor } from "../redact/redactor.ts";
import { withTexts } from "../redact/restore-diagnosis.ts";
import type { ThreadHistory } from "../types.ts";
import { answerBook } from "./answer-book.ts";
import type { EvidenceBook } from "./evidence-book.ts";
import { callsId } from "./evidence-book.ts";
import type { FindingSentence } from "./finding.ts";
import { judgeAnswer } from "./judge-answer.ts";
import { itemSection } from "./sections.ts";
import { historyText } from "./thread-history.ts";
import { fitted, tokensOf } from "./tokens.ts";

const budget = { facts: 1_200, candidates: 400, evidence: 1_200 } as const;
const maxAnswerTokens = 400;
/** All of the evidence, then half of it beside the facts. */
const shares = [1, 0.5] as const;

/** What a person asks about an answer, with what was looked up for it. */
export interface AskedOn {
  readonly text: string;
  readonly facts: readonly string[];
  readonly diagnosis: Diagnosis;
  readonly history: ThreadHistory;
}

/** The words that the case holds, the short answer first; or why there are none. */
export type Worded = { readonly calls: readonly ModelCall[] } & (
  | {
      readonly kind: "worded";
      readonly by: string;
      readonly sentences: readonly FindingSentence[];
      readonly dropped: number;
    }
  | { readonly kind: "failed"; readonly why: string }
);

/**
 * Words the facts that answer a follow-up, by the rules of the experts: what the facts and the saved evidence do not hold
 * is dropped, and where the short answer is, all of it. Nothing but the saved diagnosis is looked at.
 *
 * Throws: BotError "cancelled", when aborted.
 */
export async function wordFollowUp(
  asked: AskedOn,
  options: PipelineOptions,
  { model, prompts }: Pick<Toolbox, "model" | "prompts">,
  signal: AbortSignal,
): Promise<Worded> {
  const prompt = prompts.prompts.get("follow-up");
  if (model === null || prompt === undefined) {
    return { kind: "failed", why: "No language model is configured.", calls: [] };
  }
  const secrets = redactor(options.redaction);
  const hide = secrets.redact;
  // Where answers show secrets again, the saved one holds them.
  const diagnosis = withTexts(asked.diagnosis, hide);
  const facts = asked.facts.map(hide);
  const book = answerBook(diagnosis, facts);
  const calls: ModelCall[] = [];
  let why = "";
  for (const share of shares) {
    const { variables, shown } = sections(
      book,
      facts,
      hide(historyText(asked.history)),
      hide(asked.text),
      share,
    );
    const { system, user } = fillPrompt(prompt, variables);
    if (tokensOf(system) + tokensOf(user) > options.experts.promptBudget) {
      return { kind: "failed", why: "The question is longer than the language model's budget.", calls };
    }
    const { output, call } = await model.complete(
      {
        role: "expert",
        purpose: "follow-up",
        prompt: { id: prompt.id, version: prompt.version },
        system,
        user,
        answer: { name: prompt.id, schema: FollowUpAnswer },
        maxAnswerTokens,
        thinking: false,
        priority: "person",
        seed: options.seed,
      },
      signal,
    );
    calls.push(call);
    if (output === null) {
      why = call.problem?.detail ?? "The model gave no answer.";
      if (call.problem?.reason === "unavailable") break;
      continue;
    }
    const judged = judgeAnswer([["finalAnswer", output.answer]], book, shown);
    const by = model.name("expert");
    const isShortHeld = judged.sentences[0]?.text === plainSentence(output.answer[0]?.text ?? "");
    if (judged.problem === null && isShortHeld) {
      const shownWords = (text: string) => (options.redaction.restore ? secrets.restore(text) : text);
      const sentences = judged.sentences.map((one) => ({ ...one, text: shownWords(one.text) }));
      return { kind: "worded", by, sentences, dropped: judged.dropped, calls };
    }
    why = `${by} ${judged.problem ?? "gave no short answer that the facts hold"}.`;
  }
  return { kind: "failed", why, calls };
}

function sections(
  book: EvidenceBook,
  facts: readonly string[],
  history: string,
  question: string,
  share: number,
) {
  const of = (start: string) => [...book.items.keys()].filter((id) => id.startsWith(start));
  const factSection = itemSection(of("fact-"), book, budget.facts);
  const candidates = itemSection(of("candidate-"), book, budget.candidates * share);
  const named = facts.join(" ");
  // What the facts name comes first.
  const evidence = [...of("metric-"), ...of("log-"), ...of("trace-")].sort(
    (a, b) => Number(isIn(b, named)) - Number(isIn(a, named)),
  );
  const cited = itemSection([...evidence, ...of("earlier-")], book, budget.evidence * share);
  const calls = [...book.calls].map((call) => call.split(" ").map(name).join(" calls "));
  const topology = calls.length === 0 ? "(none)" : `${callsId}: ${calls.join("; ")}`;
  return {
    shown: new Set([
      ...factSection.ids,
      ...candidates.ids,
      ...cited.ids,
      ...(topology === "(none)" ? [] : [callsId]),
    ]),
    variables: {
      history: fitted(history.split("\n"), budget.facts).join("\n"),
      facts: factSection.text,
      candidates: candidates.text,
      topology,
      evidence: cited.text,
      question: quote(question),
    },
  };
}

function isIn(id: string, text: string): boolean {
  return new RegExp(`\\b${id}\\b`).test(text);
}
