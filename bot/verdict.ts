import { type Diagnosis, firstSigns, type MetricCause } from "../pipeline/diagnosis.ts";
import { counted, timeWords } from "./time-words.ts";

/** From this confidence on a cause is called likely; below the lower one, no cause is clear. */
const likely = 0.6;
const unclear = 0.3;

/** The answer in three lines: what, why, and since when. Made from the diagnosis alone. */
export function verdictLines(diagnosis: Diagnosis): string[] {
  switch (diagnosis.verdict) {
    case "found":
      return foundLines(diagnosis);
    case "nothing-found":
      return [
        `Nothing abnormal was found${inScope(diagnosis)}.`,
        `Looked at ${seenWords(diagnosis)}, compared with ${referenceWords(diagnosis)}.`,
        diagnosis.gaps.length > 0
          ? "Not everything could be seen: a cause may hide in what is listed below."
          : "A fault outside this window, or in something that is not measured, would not show.",
      ];
    case "cannot-tell":
      return [
        `Too little could be seen to tell what broke${inScope(diagnosis)}.`,
        `Seen: ${seenWords(diagnosis)}.`,
        "No cause is named, because any name would be a guess.",
      ];
  }
}

function foundLines(diagnosis: Diagnosis): string[] {
  const [first, second] = diagnosis.causes;
  if (first === undefined) return ["Something is abnormal, but no service stands out as its cause."];
  const where = placeWords(first.service, first.instance);
  const confidence = percentWords(first.confidence);
  return [
    first.confidence < unclear
      ? `No cause is clear: ${where} comes first, with ${confidence} confidence${second === undefined ? "" : `, then ${second.service} with ${percentWords(second.confidence)}`}.`
      : `${where} is ${first.confidence >= likely ? "very likely" : "most likely"} the cause (${confidence} confidence).`,
    first.why,
    sinceWords(diagnosis, first.evidence),
  ].filter((line) => line !== "");
}

/** "First sign at 14:51:10 (metric-1); the metric most at fault is cpu." */
function sinceWords(diagnosis: Diagnosis, evidence: readonly string[]): string {
  const [first] = firstSigns(diagnosis.evidence.filter(({ id }) => evidence.includes(id)));
  const metric = diagnosis.metrics.find(({ service }) => service === diagnosis.causes[0]?.service);
  const since =
    first === undefined || first.isSignal === true
      ? ""
      : `First sign at ${timeWords(first.start, diagnosis.question.timeZone, diagnosis.window)} (${first.id})`;
  const noun = metric !== undefined && isCodeRegion(metric, diagnosis) ? "code region" : "metric";
  const most = metric === undefined ? "" : `the ${noun} most at fault is ${metric.metric}`;
  const said = [since, most].filter((part) => part !== "").join("; ");
  return said === "" ? "" : `${said.slice(0, 1).toUpperCase()}${said.slice(1)}.`;
}

/** A metric that rests on logs is the pair of log statements that enclose the faulty code. */
export function isCodeRegion({ evidence }: MetricCause, diagnosis: Diagnosis): boolean {
  const cited = diagnosis.evidence.filter(({ id }) => evidence.includes(id));
  return cited.length > 0 && cited.every(({ modality }) => modality === "log");
}

export function placeWords(service: string, instance: string | null): string {
  return instance === null || instance === service ? service : `${service} (instance ${instance})`;
}

/** "78 %"; "<1 %" rather than a zero that reads as certainty. */
export function percentWords(share: number): string {
  return share > 0 && share < 0.01 ? "<1 %" : `${Math.round(share * 100)} %`;
}

export function gapWords({ from, reason, detail }: Diagnosis["gaps"][number]): string {
  return `${from} (${reason.replace("-", " ")}): ${detail}`;
}

function inScope({ scope }: Diagnosis): string {
  return scope.services.length === 0 ? "" : ` in ${scope.services.join(", ")} or what it calls`;
}

function seenWords({ madeWith: { seen } }: Diagnosis): string {
  return `${counted(seen.series, "metric series", "metric series")}, ${counted(seen.logLines, "log line")} and ${counted(seen.traces, "trace")}`;
}

function referenceWords({ madeWith: { reference } }: Diagnosis): string {
  return reference.from === "declared" ? "periods declared fault-free" : "the time before the window";
}
