import { name, quote } from "../describe/foreign-text.ts";
import { failedReturn } from "../localize/event-pairs.ts";
import type { Candidate, ExpertFinding } from "../types.ts";
import type { CaseFile } from "./case-file.ts";
import { edgeText } from "./propagation.ts";

/**
 * The failure localization expert's conclusion from all rankings: the root cause service, instance
 * and metric, what speaks for it, and which callers suffer from it.
 */
export function localizationFinding(file: CaseFile): ExpertFinding {
  const { fused, rankings, narrowed, isNamed } = file;
  const first = fused.services[0];
  if (first === undefined) {
    return {
      expert: "failure localization expert",
      observation: "None of the methods ranks any service.",
      reasoning: "Without a deviation from the reference period there is nothing to name a cause by.",
      finalAnswer: "No root cause was found in this window.",
      evidence: [],
    };
  }
  const service = name(first.service);
  const agreeing = rankings.filter(({ candidates }) => candidates[0]?.service === first.service);
  const ranking = rankings.filter(({ candidates }) => candidates.length > 0);
  const observation = `${agreeing.length} of ${ranking.length} methods that rank anything put ${service} first${agreeing.length > 0 ? ` (${agreeing.map(({ localizer }) => localizer).join(", ")})` : ""}.${narrowedText(narrowed.by)}`;
  if (!isNamed) {
    return {
      expert: "failure localization expert",
      observation,
      reasoning: `What speaks for ${service} is too weak to tell from chance: ${first.why}`,
      finalAnswer: "No root cause was found in this window.",
      evidence: first.evidence,
    };
  }
  const metric = fused.metrics.find((candidate) => candidate.service === first.service);
  const second = fused.services[1];
  const where = first.instance === null ? service : `${service} (instance ${name(first.instance)})`;
  return {
    expert: "failure localization expert",
    observation,
    reasoning: [
      first.why,
      edgeText(first.service, file),
      second === undefined ? "" : `Next comes ${name(second.service)}: ${second.why}`,
    ]
      .filter((sentence) => sentence !== "")
      .join(" "),
    finalAnswer: `The most likely root cause is ${where}${metric === undefined ? "" : metricText(metric, file)}.`,
    evidence: first.evidence,
  };
}

function narrowedText(by: CaseFile["narrowed"]["by"]): string {
  switch (by) {
    case "trace":
      return " The traces narrowed the search.";
    case "log":
      return " The traces name no service, so the logs narrowed the search.";
    case "metric":
      return " Neither traces nor logs name a service, so every service's metrics were searched.";
    case "none":
      return "";
  }
}

/** What follows the service's name. A code region reads as the statements between which it broke; anything else is a metric's name. */
function metricText({ metric, evidence }: Candidate, { anomalies }: CaseFile): string {
  const broken = anomalies.find(
    (anomaly) =>
      anomaly.modality === "log" && anomaly.kind === "broken-sequence" && evidence.includes(anomaly.id),
  );
  if (broken?.modality === "log" && metric === `${broken.template}_${broken.expectedNext ?? ""}`) {
    return `, in the code between "${quote(broken.template)}" and "${quote(broken.expectedNext ?? "")}"`;
  }
  return metric === failedReturn
    ? ": its callers break off after calling it"
    : `, by its metric ${name(metric ?? "")}`;
}
