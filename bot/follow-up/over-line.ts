import type { Diagnosis } from "../../pipeline/diagnosis.ts";

/** Whether what an answer named is over, by another look at the time since. */
export function overLine(before: Diagnosis, now: Diagnosis): string {
  const named = before.causes[0]?.service;
  const first = now.causes[0]?.service;
  switch (now.verdict) {
    case "nothing-found":
      return "It looks over: nothing abnormal was found since.";
    case "cannot-tell":
      return "Whether it is over cannot be told: too little was seen since.";
    case "found":
      if (named === undefined || first === undefined) return "Something is abnormal now.";
      if (first === named) return `It is not over: ${named} still comes first.`;
      return now.causes.some(({ service }) => service === named)
        ? `It is not over: ${named} is still abnormal, though ${first} comes first now.`
        : `${named} no longer shows, but something else is abnormal now: ${first}.`;
  }
}
