import { isQuiet, type LabelledCase, type Truth } from "./cases.ts";
import type { Outcome } from "./methods.ts";

/**
 * The harder forms of each case as outcomes of their own; their fault type is the form's name. A longer
 * window may hold several faults, of which any is right.
 */
export function perturbedOutcomes(outcomes: readonly Outcome[]): Outcome[] {
  const cases = outcomes.map(({ labelled }) => labelled);
  return outcomes.flatMap(({ labelled, run }) =>
    run.perturbed.map(({ name, answer, error }) => ({
      labelled: {
        ...labelled,
        faultType: name,
        truth: answer === null ? labelled.truth : truthWithin(answer.window, labelled, cases),
      },
      run: { seconds: null, peakMb: null, answer, error, perturbed: [] },
    })),
  );
}

/** A fault that shows for less of the window than this is not what is asked about. */
const leastShownMs = 60_000;

function truthWithin(
  window: { readonly start: number; readonly end: number },
  labelled: LabelledCase,
  cases: readonly LabelledCase[],
): Truth {
  if (isQuiet(labelled)) return labelled.truth;
  const others = cases.filter((other) => {
    if (other.telemetry !== labelled.telemetry || other.id === labelled.id) return false;
    const end = other.question.askedAt;
    const start = end - (other.lookbackMs ?? 0);
    return Math.min(end, window.end) - Math.max(start, window.start) > leastShownMs;
  });
  const all = [labelled, ...(isLonger(window, labelled) ? others : [])].map(({ truth }) => truth);
  return {
    services: all.flatMap(({ services }) => services),
    instances: all.flatMap(({ instances }) => instances),
    metrics: all.flatMap(({ metrics }) => metrics),
  };
}

function isLonger({ start, end }: { readonly start: number; readonly end: number }, labelled: LabelledCase) {
  return labelled.lookbackMs !== null && end - start > labelled.lookbackMs;
}
