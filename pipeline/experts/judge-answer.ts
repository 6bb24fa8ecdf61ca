import type { Sentence } from "../../prompts/answer-schemas.ts";
import { sentence as plainSentence } from "../describe/foreign-text.ts";
import { checkSentence } from "./check-sentence.ts";
import type { EvidenceBook } from "./evidence-book.ts";
import type { FindingSentence, SentencePart } from "./finding.ts";

/** What is kept of a model's answer, and why it cannot be used where that is so. */
export interface Judged {
  readonly sentences: readonly FindingSentence[];
  readonly dropped: number;
  readonly repaired: number;
  readonly problem: string | null;
}

/** Sentences by part, in the order they are read. */
export type Said = readonly (readonly [SentencePart, readonly Sentence[]])[];

const mainParts: ReadonlySet<SentencePart> = new Set(["observation", "reasoning", "finalAnswer"]);
/** So many of the same sentences and it runs in circles. */
const mostRepeated = 0.34;

/**
 * Keeps the sentences that their evidence holds. An answer of which more is dropped than kept is made up, and
 * none of it is used: what is left of it would be what nobody could check.
 */
export function judgeAnswer(said: Said, book: EvidenceBook, shown: ReadonlySet<string>): Judged {
  const all = said.flatMap(([part, sentences]) => sentences.map((one) => ({ part, ...one })));
  const unusable = (problem: string): Judged => ({
    sentences: [],
    dropped: all.length,
    repaired: 0,
    problem,
  });
  if (all.length === 0) return { ...unusable("said nothing"), dropped: 0 };
  const texts = all.map(({ text }) => text.trim().toLowerCase());
  if (1 - new Set(texts).size / texts.length > mostRepeated) return unusable("ran in circles");
  const told = all.filter(({ part }) => mainParts.has(part)).map(({ text }) => text);
  if (!isEnglish(told.join(" "))) return unusable("did not answer in English");

  const sentences: FindingSentence[] = [];
  const once = new Set<string>();
  let dropped = 0;
  let repaired = 0;
  for (const { part, text, evidence } of all) {
    const words = plainSentence(text);
    if (words === "" || once.has(words)) continue;
    once.add(words);
    const checked = checkSentence({ text: words, evidence }, part === "observation", book, shown);
    if (checked.kind === "dropped") {
      dropped += 1;
      continue;
    }
    if (checked.isRepaired) repaired += 1;
    const basis = part === "observation" ? "measured" : "inferred";
    sentences.push({ part, text: words, evidence: [...checked.evidence], basis });
  }
  const problem =
    dropped > sentences.length
      ? `said ${dropped} things of ${all.length} that the evidence does not hold`
      : null;
  return { sentences, dropped, repaired, problem };
}

const common = new Set(
  "the a an of and to in is are was were that this which it its with for by from on at as be has have no not than more".split(
    " ",
  ),
);
/** English prose has 25 to 45 % of these; German, French and Spanish below 6 %. */
const fewestCommon = 0.1;
const fewestWords = 12;

/** Short answers are not judged: three words are no language. */
function isEnglish(text: string): boolean {
  const spoken = text.replace(/"[^"]*"|“[^”]*”|`[^`]*`/g, " ");
  const letters = spoken.match(/\p{L}/gu) ?? [];
  const latin = spoken.match(/\p{Script=Latin}/gu) ?? [];
  if (letters.length > 0 && latin.length < 0.8 * letters.length) return false;
  const words = spoken.toLowerCase().match(/(?<![\p{L}\p{N}_-])[a-z]+(?![\p{L}\p{N}_-])/gu) ?? [];
  if (words.length < fewestWords) return true;
  return words.filter((word) => common.has(word)).length >= fewestCommon * words.length;
}
