import type { Gap, Modality } from "../types.ts";
import type { CaseFile } from "./case-file.ts";
import { conclusionExpert } from "./conclusion-expert.ts";
import type { Desk } from "./desk.ts";
import { type EvidenceBook, evidenceBook } from "./evidence-book.ts";
import { type Finding, templateFinding } from "./finding.ts";
import { localizationFinding } from "./localization-finding.ts";
import { filterByLogs, logFilterName } from "./log-filter.ts";
import { modalityExpert } from "./modality-expert.ts";
import { modalityFinding } from "./modality-finding.ts";

/** What the experts found. */
export interface Consultation {
  readonly findings: readonly Finding[];
  /** Experts and filters that the model could not speak for. */
  readonly gaps: readonly Gap[];
  /** What makes the model's words uncertain; empty where it said nothing. */
  readonly notes: readonly string[];
}

const modalities = ["trace", "metric", "log"] as const;

/**
 * The trace, metric and log experts side by side, then the failure localization expert (paper, III-C). With a
 * desk the model words what each finds; where it cannot, and without a desk, that expert's template does: made of
 * descriptions, counts and rankings, so that nothing in it can be invented. A modality without telemetry
 * has no finding. `onFindings` hears what the modalities' experts found before the last one is asked.
 *
 * Throws: BotError "cancelled", when aborted.
 */
export async function consult(
  file: CaseFile,
  desk: Desk | null,
  onFindings: (findings: readonly Finding[]) => void = () => {},
): Promise<Consultation> {
  const templates = modalities.flatMap((modality) =>
    modalityFinding(modality, file).map((finding) => ({ modality, finding: templateFinding(finding) })),
  );
  const conclusion = templateFinding(localizationFinding(file));
  // Where no cause is named there is nothing to explain, and a model would explain it.
  if (desk === null || !file.isNamed) {
    return { findings: [...templates.map(({ finding }) => finding), conclusion], gaps: [], notes: [] };
  }
  const book = evidenceBook(file);
  const gaps: Gap[] = [];
  const failed = (from: string, why: string) => {
    gaps.push({ from, reason: "failed", detail: `${why} What it would have said is worded by a template.` });
  };
  const focus = await focusOf(file, book, desk, gaps);
  const findings = await Promise.all(
    templates.map(async ({ modality, finding }) => {
      if (!hasAnomalies(modality, file)) return finding;
      const said = await modalityExpert(modality, finding.expert, file, focus, book, desk);
      if (!("why" in said)) return said;
      failed(finding.expert, said.why);
      return finding;
    }),
  );
  onFindings(findings);
  const last = await conclusionExpert(conclusion.expert, findings, file, focus, book, desk);
  if ("why" in last) {
    failed(conclusion.expert, last.why);
    return { findings: [...findings, conclusion], gaps: merged(gaps), notes: droppedNotes(findings) };
  }
  const { chosen, isInconclusive, ...finding } = last;
  const all = [...findings, finding];
  const first = file.fused.services[0]?.service;
  const other = chosen[0] !== undefined && chosen[0] !== first ? chosen[0] : null;
  return {
    findings: all,
    gaps: merged(gaps),
    notes: [
      ...(other === null
        ? []
        : [`The model holds ${other} likelier than ${first}; the order above is that of the methods.`]),
      ...(isInconclusive ? ["The model finds the evidence inconclusive."] : []),
      ...droppedNotes(all),
    ],
  };
}

/** The services that the experts look at first; where the traces name none, the model reads the logs for them. */
async function focusOf(
  file: CaseFile,
  book: EvidenceBook,
  desk: Desk,
  gaps: Gap[],
): Promise<readonly string[]> {
  const { narrowed } = file;
  if (narrowed.by === "trace" || !hasAnomalies("log", file)) return narrowed.services;
  const filtered = await filterByLogs(file, book, desk);
  if ("why" in filtered) {
    gaps.push({
      from: logFilterName,
      reason: "failed",
      detail: `${filtered.why} The services are those of the methods.`,
    });
    return narrowed.services;
  }
  return [...new Set([...filtered.services, ...narrowed.services])];
}

function hasAnomalies(modality: Modality, { anomalies }: CaseFile): boolean {
  return anomalies.some((anomaly) => anomaly.modality === modality);
}

/** One gap where several experts failed for the same reason, in an order that does not depend on who was first. */
function merged(gaps: readonly Gap[]): Gap[] {
  const byDetail = new Map<string, string[]>();
  for (const { from, detail } of gaps) byDetail.set(detail, [...(byDetail.get(detail) ?? []), from]);
  return [...byDetail]
    .map(([detail, from]): Gap => ({ from: from.sort().join(", "), reason: "failed", detail }))
    .sort((a, b) => (a.from < b.from ? -1 : 1));
}

function droppedNotes(findings: readonly Finding[]): string[] {
  const dropped = findings.reduce((sum, finding) => sum + finding.dropped, 0);
  if (dropped === 0) return [];
  return [
    `${dropped} ${dropped === 1 ? "sentence" : "sentences"} of the model ${dropped === 1 ? "is" : "are"} left out, since the evidence does not hold ${dropped === 1 ? "it" : "them"}.`,
  ];
}
