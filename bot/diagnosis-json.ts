import type { Diagnosis } from "../pipeline/diagnosis.ts";
import type { EpochMs } from "../pipeline/types.ts";

interface Period {
  readonly start: EpochMs;
  readonly end: EpochMs;
}

/**
 * What `ask --json` prints: the diagnosis with ISO-8601 UTC times. A promise to people's scripts
 * (docs/command-line.md): later work adds to it and renames nothing.
 */
export function diagnosisJson(diagnosis: Diagnosis) {
  const { question, window, evidence, incidents = [], earlier, madeWith, ...rest } = diagnosis;
  const { reference } = madeWith;
  return {
    question: question.text,
    id: question.id,
    askedAt: iso(question.askedAt),
    timeZone: question.timeZone,
    window: isoPeriod(window),
    ...rest,
    incidents: incidents.map(isoPeriod),
    evidence: evidence.map(isoPeriod),
    earlier: earlier.map(isoPeriod),
    madeWith: {
      ...madeWith,
      reference: {
        from: reference.from,
        metric: reference.metric.map(isoPeriod),
        log: reference.log.map(isoPeriod),
        trace: reference.trace.map(isoPeriod),
      },
    },
  };
}

export function isoPeriod<Timed extends Period>(timed: Timed) {
  return { ...timed, start: iso(timed.start), end: iso(timed.end) };
}

export function iso(at: EpochMs): string {
  return new Date(at).toISOString();
}
