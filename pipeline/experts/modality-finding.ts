import { name } from "../describe/foreign-text.ts";
import { isEvent } from "../detect/significance.ts";
import { logScores } from "../localize/log-scores.ts";
import type { Anomaly, Candidate, ExpertFinding, Modality } from "../types.ts";
import type { CaseFile } from "./case-file.ts";

const shownCandidates = 3;
/** Weaker than three robust standard deviations: mentioned, but no cause is concluded from it. */
const clearStrength = 2;

const words = {
  trace: { expert: "trace expert", noun: "traces", one: "trace anomaly", many: "trace anomalies" },
  metric: { expert: "metric expert", noun: "metrics", one: "abnormal metric", many: "abnormal metrics" },
  log: { expert: "log expert", noun: "logs", one: "unusual log pattern", many: "unusual log patterns" },
} as const;

/** Whose rankings each expert explains. */
const localizersOf: Readonly<Record<Modality, readonly string[]>> = {
  trace: ["edge-delay", "trace-spectrum"],
  metric: ["robust-scorer"],
  log: ["event-pairs"],
};

/**
 * What one modality shows, as Observation, Reasoning and Final Answer (paper, III-C). Empty where the
 * window holds no telemetry of it: an expert that saw nothing says nothing.
 */
export function modalityFinding(modality: Modality, file: CaseFile): ExpertFinding[] {
  if (seen(modality, file) === 0) return [];
  const { expert, noun, one, many } = words[modality];
  const candidates = suspectsBy(modality, file);
  const clear = candidates.filter(({ score }) => score >= clearStrength);
  const texts = new Map(file.descriptions.map((description) => [description.anomalyId, description.text]));
  const evidence = [...new Set(candidates.flatMap((candidate) => candidate.evidence.slice(0, 1)))];
  const found = file.anomalies.filter(
    (anomaly) => origin(anomaly) === modality && (isEvent(anomaly) || evidence.includes(anomaly.id)),
  );
  const services = new Set(found.map(({ service }) => service)).size;
  const usual = compared(modality, file)
    ? `The ${noun} of this window look like those of the reference period.`
    : `The ${noun} of this window have no normal period to be compared with.`;
  const count =
    found.length === 0
      ? usual
      : `There ${found.length === 1 ? "is" : "are"} ${found.length} ${found.length === 1 ? one : many} in ${services} ${services === 1 ? "service" : "services"}.`;
  return [
    {
      expert,
      observation: [count, ...evidence.map((id) => texts.get(id) ?? "")]
        .filter((text) => text !== "")
        .join(" "),
      reasoning: [principle[modality], ...clear.map(({ service, why }) => `${name(service)}: ${why}`)].join(
        " ",
      ),
      finalAnswer:
        clear.length === 0
          ? `The ${noun} name no clear cause.`
          : `By the ${noun}, look at ${[...new Set(clear.map(({ service }) => name(service)))].join(", ")} first.`,
      evidence,
    },
  ];
}

const principle: Readonly<Record<Modality, string>> = {
  trace:
    "A caller waits for what it calls, so the deepest service that is slow or broken by itself comes before its callers.",
  metric:
    "A resource that ran out explains slow answers better than the other way round, so resources come before symptoms.",
  log: "A statement that no longer follows another marks the code between the two; new error lines mark where that was noticed.",
};

function suspectsBy(modality: Modality, file: CaseFile): Candidate[] {
  const ranked = file.rankings
    .filter(({ localizer }) => localizersOf[modality].includes(localizer))
    .flatMap(({ candidates }) => candidates);
  const all = modality === "log" ? [...ranked, ...logScores(file.anomalies)] : ranked;
  return all.sort((a, b) => b.score - a.score || (a.service < b.service ? -1 : 1)).slice(0, shownCandidates);
}

/** Delays between spans are metrics by their shape, but traces show them. */
function origin(anomaly: Anomaly): Modality {
  return anomaly.modality === "metric" && anomaly.detector === "call-delays" ? "trace" : anomaly.modality;
}

/** Whether there is anything normal to hold the window against. */
function compared(modality: Modality, { slice }: CaseFile): boolean {
  switch (modality) {
    case "trace":
      return slice.traces.reference.length > 0;
    case "metric":
      return slice.metrics.some(({ reference, before }) => reference.v.length + before.v.length > 0);
    case "log":
      return slice.logs.reference.length > 0;
  }
}

function seen(modality: Modality, { slice }: CaseFile): number {
  switch (modality) {
    case "trace":
      return slice.traces.window.length;
    case "metric":
      return slice.metrics.length;
    case "log":
      return slice.logs.window.length;
  }
}
