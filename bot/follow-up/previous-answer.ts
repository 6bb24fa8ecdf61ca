import type { Diagnosis } from "../../pipeline/diagnosis.ts";
import type { PreviousAnswer } from "../../pipeline/types.ts";

/** What the words that follow an answer are read against. */
export function previousAnswer(diagnosis: Diagnosis): PreviousAnswer {
  const { window, scope } = diagnosis;
  return {
    askedAt: diagnosis.question.askedAt,
    window: { start: window.start, end: window.end },
    services: scope.services,
    modalities: scope.modalities ?? null,
    known: knownServices(diagnosis),
  };
}

/** Every service that the answer names or ranks, those it suspects most first. */
export function knownServices({ causes, metrics, evidence, rankings, scope }: Diagnosis): string[] {
  const ranked = rankings.flatMap(({ candidates }) => candidates);
  const named = [...causes, ...metrics, ...evidence, ...ranked].map(({ service }) => service);
  return [...new Set([...named, ...scope.services])];
}
