import { z } from "zod";
import type { Diagnosis } from "./diagnosis.ts";
import { isSameIncident, PastIncident, pastIncident } from "./past-incident.ts";
import type { Feedback } from "./types.ts";

/** What one person said of an answer, last. */
export const Said = z.object({
  /** The surface's own id of them, behind its name. */
  person: z.string(),
  at: z.number(),
  /** Whether the first cause was right. */
  verdict: z.enum(["confirmed", "wrong"]),
  /** Where it was; null where they only know that it was not there. */
  service: z.string().nullable(),
});
export type Said = z.infer<typeof Said>;

const Window = z.object({ start: z.number(), end: z.number() });

/** An answer that people judge, as much of it as learning from it takes. Times are epoch milliseconds. */
export const AnsweredCase = z.object({
  questionId: z.string(),
  askedAt: z.number(),
  window: Window,
  /** What was asked about; empty: every service. */
  services: z.array(z.string()),
  /** Most likely first. */
  causes: z.array(z.object({ service: z.string(), instance: z.string().nullable(), confidence: z.number() })),
  /** Null where the answer names no cause. */
  incident: PastIncident.nullable(),
  /** What the window was compared with. */
  reference: z.object({
    from: z.enum(["declared", "preceding"]),
    metric: z.array(Window),
    log: z.array(Window),
    trace: z.array(Window),
  }),
});
export type AnsweredCase = z.infer<typeof AnsweredCase>;

export interface LabelledCase extends AnsweredCase {
  /** Each person once, the latest first. */
  readonly said: readonly Said[];
}

export function answeredCase(diagnosis: Diagnosis): AnsweredCase {
  const { question, window, scope, causes, madeWith } = diagnosis;
  return {
    questionId: question.id,
    askedAt: question.askedAt,
    window: { start: window.start, end: window.end },
    services: scope.services,
    causes: causes.map(({ service, instance, confidence }) => ({ service, instance, confidence })),
    incident: pastIncident(diagnosis),
    reference: madeWith.reference,
  };
}

/**
 * What feedback comes to for this answer: "it was rate" confirms one that has rate first, and corrects any
 * other. Null where it says nothing of the answer: that it was not geo, where geo was not first.
 */
export function saidOf(
  { verdict, service, denied }: Feedback,
  { causes }: AnsweredCase,
  person: string,
  at: number,
): Said | null {
  const first = causes[0]?.service ?? null;
  if (service !== null) {
    return { person, at, verdict: service === first ? "confirmed" : "wrong", service };
  }
  if (denied !== null && denied !== first) return null;
  if (verdict === "wrong") return { person, at, verdict, service: null };
  // That nothing broke can be right as well, but names no service to learn from.
  return { person, at, verdict, service: first };
}

/** The service that most people say it was; of equals, what was said last. Null where nobody names one. */
export function rightService({ said }: Pick<LabelledCase, "said">): string | null {
  const votes = new Map<string, { count: number; at: number }>();
  for (const { service, at } of said) {
    if (service === null) continue;
    const known = votes.get(service) ?? { count: 0, at: 0 };
    votes.set(service, { count: known.count + 1, at: Math.max(known.at, at) });
  }
  const [first] = [...votes].sort(([, a], [, b]) => b.count - a.count || b.at - a.at);
  return first?.[0] ?? null;
}

/** The service that people say it was in this incident, whichever question about it they answered; null: none. */
export function confirmedIn(incident: PastIncident, cases: readonly LabelledCase[]): string | null {
  const about = cases.filter(
    (one) =>
      one.questionId === incident.questionId ||
      (one.incident !== null && isSameIncident(one.incident, incident)),
  );
  return rightService({ said: about.flatMap(({ said }) => said) });
}
