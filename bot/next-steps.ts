import type { Cause, Diagnosis, Evidence } from "../pipeline/diagnosis.ts";
import { timeWords } from "./time-words.ts";
import { placeWords } from "./verdict.ts";

const mostSteps = 4;
/** A rival with at least this share of the first cause's confidence is worth a look of its own. */
const rivalShare = 0.5;

/** What to do now, most useful first. Each step names only what stands in the diagnosis. */
export function nextSteps(diagnosis: Diagnosis): string[] {
  const [first, second] = diagnosis.causes;
  if (first === undefined)
    return [...stepsWithoutCause(diagnosis), ...askAgain(diagnosis)].slice(0, mostSteps);
  const rival =
    second !== undefined && second.confidence >= rivalShare * first.confidence
      ? [`Do not rule out ${second.service} yet: ${inside(second.why)}`]
      : [];
  const [look, ...others] = stepsFor(first, diagnosis);
  return [look ?? "", ...rival, ...others, ...askAgain(diagnosis)]
    .filter((step) => step !== "")
    .slice(0, mostSteps);
}

function stepsFor(cause: Cause, diagnosis: Diagnosis): string[] {
  const time = (at: number) => timeWords(at, diagnosis.question.timeZone, diagnosis.window);
  const cited = diagnosis.evidence.filter(({ id }) => cause.evidence.includes(id));
  const of = (modality: Evidence["modality"]) => cited.find((one) => one.modality === modality);
  const worst = diagnosis.metrics.find(({ service }) => service === cause.service);
  const measured = diagnosis.evidence.find(
    ({ id, modality }) => modality === "metric" && worst?.evidence.includes(id) === true,
  );
  const metric = measured ?? of("metric");
  const trace = of("trace");
  const log = of("log");
  const steps: string[] = [];
  if (metric !== undefined) {
    steps.push(
      `Look at ${metric.metric ?? "the metric"} of ${placeWords(metric.service, metric.instance)} from ${time(metric.start)} on (${metric.id}).`,
    );
  }
  const example = trace?.examples[0];
  if (trace !== undefined && example !== undefined) {
    steps.push(`Open trace ${example}, which shows it (${trace.id}).`);
  }
  if (log !== undefined) {
    steps.push(
      `Read the log of ${placeWords(log.service, log.instance)} between ${time(log.start)} and ${time(log.end)} (${log.id}).`,
    );
  }
  steps.push(`Check what changed in ${cause.service} shortly before: a deployment, its settings, its load.`);
  return steps;
}

function stepsWithoutCause({ verdict, scope }: Diagnosis): string[] {
  const wider = scope.services.length > 0 ? ["Ask without naming a service, to look at all of them."] : [];
  if (verdict === "cannot-tell") {
    return ["Ask about a time for which there is telemetry.", ...wider];
  }
  return ["Ask about a longer or an earlier time.", ...wider];
}

function askAgain({ gaps }: Diagnosis): string[] {
  const silent = [...new Set(gaps.filter(({ reason }) => reason === "unreachable").map(({ from }) => from))];
  return silent.length === 0 ? [] : [`Ask again when ${silent.join(", ")} answers.`];
}

/** A sentence's end, for use after a colon. */
function inside(sentence: string): string {
  return sentence === "" ? "it is nearly as likely." : sentence;
}
