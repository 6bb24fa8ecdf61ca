import type { Diagnosis } from "../pipeline/diagnosis.ts";

const restingOnNothing = {
  model: "general knowledge, resting on nothing that was measured",
  template: "no piece of evidence: the template's words where nothing stands out",
} as const;

/**
 * Every sentence of the experts with what it rests on: whether the data says it or somebody concluded it, who
 * worded it, and the words of the evidence, where it is named first.
 */
export function explainSentences(diagnosis: Diagnosis): string[] {
  const lines = ["What each sentence rests on"];
  const told = new Set<string>();
  for (const { expert, by, sentences, dropped, repaired } of diagnosis.findings) {
    const model = diagnosis.model ?? "the model";
    const counts = by === "model" ? `, ${dropped} left out, ${repaired} given other evidence` : "";
    lines.push("", `${expert} (worded by ${by === "model" ? model : "a template"}${counts})`);
    for (const { text, basis, evidence } of sentences) {
      lines.push(`  [${basis}] ${text}`);
      if (evidence.length === 0) lines.push(`      ${restingOnNothing[by]}`);
      for (const id of evidence) {
        lines.push(told.has(id) ? `      ${id}, as above` : `      ${id}: ${evidenceWords(id, diagnosis)}`);
        told.add(id);
      }
    }
  }
  return lines;
}

function evidenceWords(id: string, { evidence, causes, metrics }: Diagnosis): string {
  const [kind, number] = id.split("-");
  switch (kind) {
    case "candidate": {
      const cause = causes.find(({ rank }) => String(rank) === number);
      return cause === undefined ? "a ranked service" : `${cause.service} is ranked ${number}. ${cause.why}`;
    }
    case "suspect": {
      const metric = metrics.find(({ rank }) => String(rank) === number);
      return metric === undefined
        ? "a ranked metric"
        : `${metric.metric} of ${metric.service} is ranked ${number} among the metrics.`;
    }
    case "calls":
      return "who calls whom, by the traces and what the sources say";
    default:
      return evidence.find((one) => one.id === id)?.text ?? "not shown";
  }
}
