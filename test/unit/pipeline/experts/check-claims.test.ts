import { describe, expect, it } from "vitest";
import { claimProblem } from "../../../../pipeline/experts/check-claims.ts";
import { checkSentence } from "../../../../pipeline/experts/check-sentence.ts";
import { evidenceBook } from "../../../../pipeline/experts/evidence-book.ts";
import { claimCase } from "../../../fakes/claim-case.ts";
import { claims, otherClaims, plainSentences, unseenClaims } from "./claim-sentences.ts";

const book = evidenceBook(claimCase());
const shown = new Set(book.items.keys());
const kinds = [...Object.entries(claims), ["anything", otherClaims] as const];

describe("claims about how things hang together", () => {
  it.each(kinds.flatMap(([kind, { so }]) => so.map((text) => [kind, text] as const)))(
    "keeps what is so of %s: %s",
    (_kind, text) => {
      expect(claimProblem(text, book, shown)).toBeNull();
    },
  );

  it.each(kinds.flatMap(([kind, { notSo }]) => notSo.map((text) => [kind, text] as const)))(
    "drops what is not so of %s: %s",
    (_kind, text) => {
      expect(checkSentence({ text, evidence: [...shown] }, false, book, shown).kind).toBe("dropped");
    },
  );

  it.each(plainSentences)("finds nothing wrong with: %s", (text) => {
    expect(claimProblem(text, book, shown)).toBeNull();
  });

  it.each(unseenClaims)("does not read, as docs/models.md says: %s", (text) => {
    expect(claimProblem(text, book, shown)).toBeNull();
  });

  it("is no claim where it is quoted", () => {
    expect(claimProblem('geo logged "search caused geo to fail".', book, shown)).toBeNull();
  });
});
